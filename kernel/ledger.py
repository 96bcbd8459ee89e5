"""The erasure ledger: a file outside the database that says who has been forgotten.

One JSON object a line, `{subject_id, forgotten_at, offices}`, only ever appended to. A backup
knows nothing of who was forgotten after it; this file does, and a restore applies it.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from contracts.common import rfc3339


@dataclass(frozen=True)
class Entry:
    """Somebody has been forgotten; `offices` are those whose facts told of them."""

    subject_id: str
    forgotten_at: Annotated[datetime, msgspec.Meta(tz=True)]
    offices: tuple[str, ...]


class LedgerError(Exception):
    """A line cannot be read: whom it names would come back."""


class Ledger:
    """The file; it need not exist before the first line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """Return all lines, the oldest first; raise `LedgerError` if one cannot be read.

        Only what a crash cut short is left out (`cut_short` has it): whoever was writing it had
        not yet given up the key. A last line that lacks nothing but its end counts.
        """
        return [entry for line in self._lines() if (entry := self._read(*line)) is not None]

    def cut_short(self) -> list[str]:
        """Return the lines that `entries` leaves out, as far as they go."""
        return [line[1].decode(errors="replace") for line in self._lines() if not self._read(*line)]

    def append(self, entry: Entry) -> None:
        """Add a line and have it on the disk before returning."""
        line = _line(entry)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with open(handle, "rb+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            if file.read() not in (b"", b"\n"):  # a crash cut the last line short
                line = f"{_CUT.decode()}\n{line}"
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        _sync_directory(self.path.parent)

    def names(self, subject_id: str) -> bool:
        """Tell whether somebody is in it."""
        return any(entry.subject_id == subject_id for entry in self.entries())

    def _lines(self) -> list[tuple[int, bytes, bool]]:
        """Return (number, line, a crash may have cut it short) of all that are not empty."""
        *whole, last = (self.path.read_bytes() if self.path.exists() else b"").split(b"\n")
        lines = [(line.removesuffix(_CUT), line.endswith(_CUT)) for line in whole] + [(last, True)]
        return [(n, line, cut) for n, (line, cut) in enumerate(lines, start=1) if line]

    def _read(self, number: int, line: bytes, cut: bool) -> Entry | None:
        try:
            return msgspec.json.decode(line, type=Entry)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if cut:
                return None
            raise LedgerError(f"{self.path}, line {number}: cannot be read; mend it") from error


_CUT = b" (cut short)"


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
