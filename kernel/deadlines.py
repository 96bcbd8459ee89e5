"""Deadlines: dates kept in the database, keyed (stream, name), that come due on the clock.

A date may fire late, twice, or after it lost its point: the decider alone judges whether it
still applies. Long delays never live in the broker.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DeleteMany, ReplaceOne
from pymongo.errors import BulkWriteError

from kernel.aggregate import Meta
from kernel.checkpoint import Checkpoint
from kernel.clock import derive_id
from kernel.database import DUPLICATE, Db, Document, among

RETRY_AFTER = timedelta(seconds=5)
DOUBLED = 7
"""After each failure in a row the wait is doubled, so many times: up to eleven minutes."""


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
    failures: int = 0  # in a row, since it came due

    @property
    def command_id(self) -> str:
        """The id under which its effect is committed: fired twice, it is one commit."""
        by, at = str(self.sequence), self.due_at.isoformat()
        return derive_id("deadline", self.stream, self.name, by, at)

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


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """A date that the fact of version `sequence` has made pointless."""

    stream: str
    sequence: int
    name: str


Change = Deadline | Cancelled


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

    def apply(self, changes: Iterable[Change]) -> None:
        """Set, move and drop dates, as if one after the other.

        A date that a later fact has set stays: a late leader is no reason to undo it.
        """
        last = list(_last_words(changes))
        if deletes := list(_deletes(last)):
            self._dates.bulk_write(deletes, ordered=False)
        if dates := [_document(each) for each in last if isinstance(each, Deadline)]:
            self._insert(dates)

    def _insert(self, dates: list[Document]) -> None:
        try:
            self._dates.insert_many(dates, ordered=False)
        except BulkWriteError as error:
            self._replace([dates[index] for index in _duplicates(error)])

    def _replace(self, dates: list[Document]) -> None:
        """Set dates where others lie: those that later facts have set stay."""
        writes = [
            ReplaceOne({"_id": d["_id"], "sequence": {"$lte": d["sequence"]}}, d, upsert=True)
            for d in dates
        ]
        try:
            self._dates.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            _duplicates(error)

    def due(self, now: datetime, limit: int = 2000) -> list[Deadline]:
        """Return what has come due, the oldest first.

        So many at once, as the embedded server goes through all that is due to find the first.
        """
        found = self._dates.find({"look_at": {"$lte": now}}).sort("look_at", ASCENDING)
        return [_deadline(document) for document in found.limit(limit)]

    def done(self, deadline: Deadline) -> None:
        """Forget a date that fired, unless a later fact has set it, be it to the same moment."""
        self._dates.delete_one(_same(deadline))

    def later(self, deadline: Deadline, now: datetime) -> None:
        """Look at a date again soon: what it needs is away."""
        self._dates.update_one(_same(deadline), {"$set": {"look_at": now + RETRY_AFTER}})

    def failed(self, deadline: Deadline, now: datetime) -> None:
        """Look at a date again in a while, a longer one each time: firing it failed."""
        again = now + RETRY_AFTER * 2 ** min(deadline.failures, DOUBLED)
        words = {"look_at": again, "failures": deadline.failures + 1}
        self._dates.update_one(_same(deadline), {"$set": words})

    def pending(self, before: datetime | None, limit: int) -> tuple[list[Deadline], int]:
        """Return the first dates, or those before a moment, and how many there are in all.

        For a person who asks, not for every second: it may read them all.
        """
        wanted: Document = {"look_at": {"$lt": before} if before else {"$exists": True}}
        found = self._dates.find(wanted).sort("look_at", ASCENDING).limit(limit)
        return [_deadline(d) for d in found], self._dates.count_documents(wanted)


def _last_words(changes: Iterable[Change]) -> Iterable[Change]:
    """Return what remains to be done for each date, given the changes in the order of the log."""
    last: dict[str, Change] = {}
    for change in changes:
        before = last.get(key := _id(change.stream, change.name))
        own = isinstance(before, Deadline) and before.sequence == change.sequence
        if not (own and isinstance(change, Cancelled)):  # no fact drops what it has itself set
            last[key] = change
    return last.values()


def _deletes(changes: Iterable[Change]) -> Iterator[DeleteMany]:
    """Yield what takes away the dates that earlier facts have set: to delete and insert thousands
    takes a few statements, to replace them one each. What the same fact has set is left alone: a
    leader that is late, and dies before it inserts, takes nothing away that holds.
    """
    gone: dict[int, list[str]] = defaultdict(list)
    for change in changes:
        gone[change.sequence].append(_id(change.stream, change.name))
    for sequence, keys in gone.items():
        for some in among(keys):
            yield DeleteMany({"_id": some, "sequence": {"$lt": sequence}})


def _duplicates(error: BulkWriteError) -> list[int]:
    """Return which writes met a date that lies there already; raise the error if it says more."""
    failed, unsure = error.details["writeErrors"], error.details["writeConcernErrors"]
    if unsure or any(each["code"] != DUPLICATE for each in failed):
        raise error
    return [each["index"] for each in failed]


def _document(date: Deadline) -> Document:
    return {"_id": _id(date.stream, date.name), **vars(date), "look_at": date.due_at}


def _deadline(document: Document) -> Deadline:
    return Deadline(**{k: v for k, v in document.items() if k not in ("_id", "look_at")})


def _id(stream: str, name: str) -> str:
    return f"{stream}/{name}"


def _same(deadline: Deadline) -> dict[str, Any]:
    key = _id(deadline.stream, deadline.name)
    return {"_id": key, "sequence": deadline.sequence, "due_at": deadline.due_at}
