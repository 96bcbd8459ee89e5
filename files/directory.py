"""Files in a directory: written beside their place, and moved there when they are safe on disk."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from files.store import Held, NoSuchFile

DRAFT = ".draft"

Aside = Callable[..., Any]
"""`aside(work, *args)` does what the disk may hold up, so that others are served meanwhile."""


def here(work: Callable[..., Any], *args: Any) -> Any:
    """Do it at once: for who serves nobody else."""
    return work(*args)


class DirectoryFiles:
    """A directory that is this system's alone; several processes may share it.

    On several machines it must be a file system that renames within a directory in one step and
    keeps what was synced, as NFS does.
    """

    def __init__(self, place: Path, aside: Aside = here) -> None:
        self._place = place
        self._aside = aside
        place.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, id: str, pieces: Iterable[bytes]) -> None:
        """Keep the pieces; see `Files`."""
        place = self._path(id)
        draft = place.with_name(place.name + DRAFT)
        try:
            self._fill(draft, pieces)
            os.rename(draft, place)
            self._aside(_sync, self._place)
        except BaseException:  # also a thread that is told to end
            draft.unlink(missing_ok=True)
            raise

    def open(self, id: str) -> "closing[_Slow]":
        """Return what to read a file from; raise `NoSuchFile`."""
        try:
            return closing(_Slow(self._path(id), self._aside))
        except FileNotFoundError as error:
            raise NoSuchFile(id) from error

    def remove(self, id: str) -> None:
        """Take away what there is under an id."""
        place = self._path(id)
        place.unlink(missing_ok=True)
        place.with_name(place.name + DRAFT).unlink(missing_ok=True)

    def held(self) -> Iterator[Held]:
        """Tell what there is; not of what others keep here, as `.nfs…` or `lost+found`."""
        with os.scandir(self._place) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # gone since it was listed
                    if _is_ours(entry):
                        yield _held(entry)

    def _path(self, id: str) -> Path:
        if not _is_id(id):
            raise NoSuchFile(id)
        return self._place / id

    def _fill(self, draft: Path, pieces: Iterable[bytes]) -> None:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb", buffering=0) as file:
            for piece in pieces:
                self._aside(_write, file, piece)
            self._aside(os.fsync, handle)


class _Slow:
    """A file whose reads may have to wait for the disk."""

    def __init__(self, path: Path, aside: Aside) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - `close` does
        self._aside = aside

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer at the end only."""
        piece: bytes = self._aside(self._file.read, size)
        return piece

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


def _write(file: FileIO, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]


def _sync(directory: Path) -> None:
    """Have a name outlive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_id(name: str) -> bool:
    return name.isascii() and name.isalnum() and len(name) <= 64


def _is_ours(entry: "os.DirEntry[str]") -> bool:
    return _is_id(entry.name.removesuffix(DRAFT)) and entry.is_file(follow_symlinks=False)


def _held(entry: "os.DirEntry[str]") -> Held:
    found = entry.stat()
    return Held(
        id=entry.name.removesuffix(DRAFT),
        size=found.st_size,
        since=datetime.fromtimestamp(found.st_mtime, UTC),
        whole=not entry.name.endswith(DRAFT),
    )
