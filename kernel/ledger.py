"""The erasure ledger: a file outside the database that says who has been forgotten.

One JSON object a line, `{subject_id, forgotten_at, offices}`, only ever appended to. A backup
knows nothing of who was forgotten after it; this file does, and a restore applies it.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.common import rfc3339


@dataclass(frozen=True)
class Entry:
    """Somebody has been forgotten; `offices` are those whose facts told of them."""

    subject_id: str
    forgotten_at: datetime
    offices: tuple[str, ...]


class LedgerError(Exception):
    """A line cannot be read: whom it names would come back."""


class Ledger:
    """The file; it need not exist before the first line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """Return all lines, the oldest first; a last one cut short by a crash does not count.

        Whoever was writing that one had not yet given up the key, and does it all again.
        """
        text = self.path.read_text() if self.path.exists() else ""
        lines = text.split("\n")
        return [
            self._read(number, line)
            for number, line in enumerate(lines[:-1], start=1)
            if line and not line.endswith(_CUT)
        ]

    def append(self, entry: Entry) -> None:
        """Add a line and have it on the disk before returning."""
        line = _line(entry)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with open(handle, "rb+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            if file.read() not in (b"", b"\n"):  # a crash cut the last line short
                line = f"{_CUT}\n{line}"
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        _sync_directory(self.path.parent)

    def names(self, subject_id: str) -> bool:
        """Tell whether somebody is in it."""
        return any(entry.subject_id == subject_id for entry in self.entries())

    def _read(self, number: int, line: str) -> Entry:
        try:
            words = json.loads(line)
            at = datetime.fromisoformat(words["forgotten_at"])
            return Entry(words["subject_id"], at, tuple(words["offices"]))
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(f"{self.path}, line {number}: cannot be read") from error


_CUT = " (cut short)"


def _line(entry: Entry) -> str:
    words = {
        "subject_id": entry.subject_id,
        "forgotten_at": rfc3339(entry.forgotten_at),
        "offices": list(entry.offices),
    }
    return json.dumps(words) + "\n"


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
