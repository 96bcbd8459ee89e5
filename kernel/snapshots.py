"""Snapshots: folded states kept aside, so that a long stream is not read from its beginning.

They can be thrown away at any time. Each carries the shape of the code that folded it
(`kernel/shape.py`); one of another shape is not read, and is overwritten in time.
"""

from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Folded(Generic[S]):
    """A stream as far as it has been read.

    `commands` is shared with later folds and only ever grows, so it may know a little more
    than `state`: whoever finds a command there reads its commit from the log.
    """

    state: S
    version: int = 0
    commands: dict[str, int] = field(default_factory=dict)  # command id → first version
    kept: int = 0  # the version of its last snapshot


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
        folded = tuple[kind, dict[str, int]]  # type: ignore[valid-type]
        try:
            state, commands = msgspec.msgpack.decode(found["folded"], type=folded)
        except msgspec.DecodeError as error:
            log.warning("snapshot_not_readable", stream=stream, error=str(error))
            return None
        return Folded(state, found["version"], commands, found["version"])

    def keep(self, stream: str, shape: str, folded: Folded[Any]) -> None:
        """Keep the stream as it is; a failure is no more than a longer read later."""
        words = {
            "shape": shape,
            "version": folded.version,
            "folded": msgspec.msgpack.encode((folded.state, folded.commands)),
        }
        try:
            self._kept.replace_one({"_id": stream}, words, upsert=True)
        except (PyMongoError, BSONError) as error:  # away, or too large to be kept
            log.warning("snapshot_not_kept", stream=stream, error=type(error).__name__)
