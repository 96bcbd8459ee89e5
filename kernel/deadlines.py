"""Deadlines: dates kept in the database, keyed (stream, name), that come due on the clock.

A date may fire late, twice, or after it lost its point: the decider alone judges whether it
still applies. Long delays never live in the broker.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from kernel.aggregate import Meta
from kernel.checkpoint import Checkpoint
from kernel.clock import derive_id
from kernel.database import Db

RETRY_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """One date of one stream; `sequence` is the version of the fact that set it."""

    stream: str
    sequence: int
    name: str
    due_at: datetime
    data: dict[str, Any]
    office: str
    correlation_id: str
    causation_id: str

    @property
    def command_id(self) -> str:
        """The id under which its effect is committed: fired twice, it is one commit."""
        return derive_id("deadline", self.stream, self.name, self.due_at.isoformat())

    @property
    def key(self) -> str:
        """The aggregate's id: the stream's name without its category."""
        return self.stream.split("-", 1)[1]

    def meta(self) -> Meta:
        """What the commit of its effect records: nobody asked, the clock did."""
        return Meta(
            actor_kind="system",
            actor_id="clock",
            office=self.office,
            command_id=self.command_id,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
        )


class Deadlines:
    """The pending dates of one service."""

    def __init__(self, db: Db) -> None:
        self._dates = db["deadlines"]

    def checkpoint(self) -> Checkpoint:
        """Return the relay's checkpoint: dropped with the dates, it makes them again."""
        return Checkpoint(self._dates)

    def prepare(self) -> None:
        """Make the index; harmless when it exists."""
        self._dates.create_index([("look_at", ASCENDING)])

    def schedule(self, deadline: Deadline) -> None:
        """Set or move a date; one that a later fact has set stays."""
        words = {**vars(deadline), "look_at": deadline.due_at}
        older = {
            "_id": _id(deadline.stream, deadline.name),
            "sequence": {"$lte": deadline.sequence},
        }
        with suppress(DuplicateKeyError):  # a later fact's: a late leader is no reason to undo it
            self._dates.replace_one(older, words, upsert=True)

    def cancel(self, stream: str, name: str, sequence: int) -> None:
        """Drop a date, if it is there and was set before the fact of this version."""
        self._dates.delete_one({"_id": _id(stream, name), "sequence": {"$lt": sequence}})

    def due(self, now: datetime, limit: int = 100) -> Iterator[Deadline]:
        """Yield what has come due, the oldest first."""
        found = self._dates.find({"look_at": {"$lte": now}}).sort("look_at", ASCENDING)
        for document in list(found.limit(limit)):
            words = {k: v for k, v in document.items() if k not in ("_id", "look_at")}
            yield Deadline(**words)

    def done(self, deadline: Deadline) -> None:
        """Forget a date that fired, unless it has been moved meanwhile."""
        self._dates.delete_one(_same(deadline))

    def later(self, deadline: Deadline, now: datetime) -> None:
        """Look at a date again in a while: firing it failed."""
        self._dates.update_one(_same(deadline), {"$set": {"look_at": now + RETRY_AFTER}})

    def pending(self) -> int:
        """Return how many dates are kept."""
        return self._dates.count_documents({"look_at": {"$exists": True}})


def _id(stream: str, name: str) -> str:
    return f"{stream}/{name}"


def _same(deadline: Deadline) -> dict[str, Any]:
    return {"_id": _id(deadline.stream, deadline.name), "due_at": deadline.due_at}
