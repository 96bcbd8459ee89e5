"""The files of a backup, laid out as mongodump does: `<database>/<collection>.bson.gz`.

`manifest.json` says what belongs to it. Its digests find damage; they do not find what somebody
changed with care, who can write them anew. Against that, keep the heads elsewhere.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeVar, cast

import bson
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON

from kernel.database import Document

MANIFEST = "manifest.json"
FORMAT = 1
COMPRESSION = 3  # sealed texts hardly get smaller; what compresses does so quickly

_OPTIONS: CodecOptions[Document] = CodecOptions(dict, tz_aware=True, tzinfo=UTC)


T = TypeVar("T")


class BackupError(Exception):
    """A backup is damaged or incomplete, or does not fit here; one line."""


class DocumentFile:
    """Takes documents one by one; `close` has them on the disk and returns their digest."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._file = path.open("xb")
        self._digest = _Digest(self._file)
        self._packed = gzip.GzipFile("", "wb", COMPRESSION, self._digest, mtime=0)
        self.count = 0

    def write(self, document: Document) -> None:
        """Add one."""
        self._packed.write(bson.encode(document))
        self.count += 1

    def close(self) -> str:
        """Finish the file; return its SHA-256."""
        self._packed.close()
        synced(self._file)
        return self._digest.sha256.hexdigest()


class _Digest:
    """A file that is only written to, and knows the digest of what was."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def documents(path: Path) -> Iterator[Document]:
    """Yield what a file holds; raise `BackupError` where it is damaged."""
    try:
        with gzip.open(path) as packed:
            yield from bson.decode_file_iter(cast(IO[bytes], packed), _OPTIONS)
    except (OSError, EOFError, zlib.error, InvalidBSON) as error:
        raise BackupError(f"{path} is damaged: {error}") from error


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of at most `size`."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def check_digest(path: Path, expected: str) -> None:
    """Raise `BackupError` unless the file is as it was written."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}") from error
    if found != expected:
        raise BackupError(f"{path} is damaged: it is not the file that was written")


def write_manifest(directory: Path, words: dict[str, Any]) -> None:
    """Write what belongs to the backup, sealed with its own digest."""
    words = {"format": FORMAT, **words}
    with (directory / MANIFEST).open("xb") as file:
        file.write(json.dumps({**words, "sha256": _seal(words)}, indent=2).encode() + b"\n")
        synced(file)


def read_manifest(directory: Path) -> dict[str, Any]:
    """Return what belongs to a backup; raise `BackupError` if that cannot be known."""
    path = directory / MANIFEST
    try:
        words: dict[str, Any] = json.loads(path.read_text())
        said = words.pop("sha256")
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}; this is no backup of ours") from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise BackupError(f"{path} is damaged: it cannot be read") from error
    if said != _seal(words):
        raise BackupError(f"{path} is damaged: it is not the file that was written")
    if words["format"] != FORMAT:
        raise BackupError(f"{path}: of format {words['format']}; this program reads {FORMAT}")
    return words


def _seal(words: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def synced(file: BinaryIO) -> None:
    """Close a file when the disk has it."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def sync_directory(path: Path) -> None:
    """Have the names in a directory on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
