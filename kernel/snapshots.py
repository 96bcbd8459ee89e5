"""Snapshots: folded states kept aside, so that a long stream is not read from its beginning.

They can be thrown away at any time. Each carries the shape of the code that folded it
(`kernel/shape.py`); one of another shape is not read, and is overwritten in time.
"""

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from bson.errors import BSONError
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from kernel.database import Db

S = TypeVar("S")

log = structlog.get_logger()

EVERY = 100
"""So many events are read from the log at most, beside a snapshot."""

DIGEST = 8
"""Bytes that remain of a command id once it lies in a snapshot: a stream of 100,000 commands
is kept in 0.8 MB, and searched in less than a millisecond."""


@dataclass(frozen=True)
class Folded(Generic[S]):
    """A stream as far as it has been read.

    `commands` is shared with later folds and only ever grows, so it may know a little more
    than `state`: whoever finds a command there reads its commit from the log. Of those before
    the last snapshot digests are left: one that is not among them has not been stored, one that
    is among them has been, but for a chance of one in 10¹⁴ at 100,000.
    """

    state: S
    version: int = 0
    commands: dict[str, int] = field(default_factory=dict)  # command id → first version
    older: bytes = b""  # digests, in the order of the stream
    kept: int = 0  # the version of its last snapshot

    def may_know(self, command_id: str) -> bool:
        """Tell whether the log has to be asked for a commit of this command."""
        if command_id in self.commands:
            return True
        wanted = _digest(command_id)
        found = self.older.find(wanted)
        while found > 0 and found % DIGEST:  # across the border of two
            found = self.older.find(wanted, found + 1)
        return found >= 0

    def to_keep(self) -> "Folded[S]":
        """Return it as a snapshot has it."""
        older = self.older + b"".join(map(_digest, self.commands))
        return replace(self, commands={}, older=older, kept=self.version)


def _digest(command_id: str) -> bytes:
    return blake2b(command_id.encode(), digest_size=DIGEST).digest()


class Snapshots:
    """The snapshots of one service."""

    def __init__(self, db: Db) -> None:
        # losing some costs a longer read, so their writes are not waited for on disk
        self._kept = db["snapshots"].with_options(write_concern=WriteConcern(1))

    def read(self, stream: str, shape: str, kind: type[S]) -> Folded[S] | None:
        """Return the stream as it was kept, None if it was not, or in another shape."""
        found = self._kept.find_one({"_id": stream, "shape": shape})
        if found is None:
            return None
        folded = tuple[kind, bytes]  # type: ignore[valid-type]  # known at run time
        try:
            state, older = msgspec.msgpack.decode(found["folded"], type=folded)
        except msgspec.DecodeError as error:
            log.warning("snapshot_not_readable", stream=stream, error=str(error))
            return None
        return Folded(state, found["version"], {}, older, found["version"])

    def keep(self, stream: str, shape: str, folded: Folded[Any]) -> None:
        """Keep the stream as `to_keep` has it; a failure is no more than a longer read later."""
        words = {
            "shape": shape,
            "version": folded.version,
            "folded": msgspec.msgpack.encode((folded.state, folded.older)),
        }
        try:
            self._kept.replace_one({"_id": stream}, words, upsert=True)
        except (PyMongoError, BSONError) as error:  # away, or too large to be kept
            log.warning("snapshot_not_kept", stream=stream, error=type(error).__name__)
