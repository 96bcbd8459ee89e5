"""Files that people send: bytes under an id, in a directory or in GridFS, by setting.

What lies there is sealed before it comes (`files/sealing.py`), is never changed, and is
there whole or not at all. A store knows nothing of whose a file is: facts tell, and what no fact
tells of is swept (`services/consultation/sweeping.py`).
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class NoSuchFile(Exception):
    """There is nothing under this id, or not yet all of it."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """One entry of a store; `whole` is false for what was begun and not (yet) ended."""

    id: str
    size: int  # bytes on disk; 0 where it is not known
    since: datetime  # real time, also in a system that travels
    whole: bool = True


class Source(Protocol):
    """What a stored file is read from."""

    def read(self, size: int, /) -> bytes: ...


class Files(Protocol):
    """A store. Ids are 1 to 64 letters and digits, and each is written once."""

    def write(self, id: str, pieces: Iterable[bytes]) -> None:
        """Keep the pieces, safe from a power cut when this returns.

        What `pieces` raises is raised, and nothing is kept then; only a process that dies leaves
        something behind, which `held` tells of.
        """

    def open(self, id: str) -> AbstractContextManager[Source]:
        """Return what to read a file from; raise `NoSuchFile`."""

    def remove(self, id: str) -> None:
        """Take away what there is under an id, whole or not; harmless when there is nothing."""

    def held(self) -> Iterator[Held]:
        """Tell what there is, in no order; what comes or goes meanwhile may be told or not."""
