"""The event log: one document per commit, dense positions, a hash chain, no counter.

Each commit takes the position after the head and the hash of the one before it. Two writers
that race for a position both insert; the unique index lets one win and the other re-reads the
head and tries the next. So positions are dense by construction
(docs/adr/0001-optimistic-head.md), and a commit is in the global order the moment it exists.

Group commit: what the threads of a process append at the same time stands in one line, and
whoever comes to the front carries a whole group in one insert; each caller gets its own
result. Not guaranteed: that `recorded_at` grows with the position (clocks differ).
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import BulkWriteError, OperationFailure, WTimeoutError

from contracts.errors import Unavailable
from kernel.clock import jitter, monotonic, pause
from kernel.commit import (
    Commit,
    Draft,
    Head,
    VersionConflict,
    chained,
    from_document,
    id_of,
    to_document,
)
from kernel.database import AWAY, Db

SETTLE_S = 5.0
"""How long an append keeps asking whether it happened when its connection was lost."""

GROUP = 100
"""So many commits travel in one insert at most."""

DUPLICATE = 11000


class Log(Protocol):
    """What the kernel needs of a log; `kernel/memory_log.py` is the one without a server."""

    def append(self, draft: Draft) -> Commit:
        """Store a decision; the same draft twice is one commit.

        `draft.version` must follow a version that a read returned. Raises `VersionConflict`
        when the stream has moved on, `Unavailable` when the database stayed away too long
        to know; the commit may then exist, and the same command finds it there.
        """

    def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        """Return the commits of a stream whose first version lies beyond `after`, in order."""

    def find(self, stream: str, version: int) -> Commit | None:
        """Return the commit whose first version this is."""

    def read_on(self, position: int, limit: int = 500) -> list[Commit]:
        """Return at most `limit` commits after `position`, never stepping over a gap."""

    def head(self) -> Head:
        """Return where the log ends now."""

    def on_append(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each append of this process."""


@dataclass(eq=False)
class _Waiting:
    """A draft in the line, and what became of it."""

    draft: Draft
    give_up: float
    commit: Commit | None = None
    error: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.commit is not None or self.error is not None


class EventLog:
    """The append-only log of one service, in a database; see `Log`."""

    def __init__(self, db: Db) -> None:
        self._commits = db["commits"]
        self._head = Head()
        self._head_is_fresh = False
        self._line: deque[_Waiting] = deque()
        self._tail = Lock()
        self._listeners: list[Callable[[], None]] = []

    def prepare(self) -> None:
        """Make the indexes; harmless when they exist.

        A version is unique by the `_id` it is part of; a second unique index costs inserts.
        """
        self._commits.create_index([("position", ASCENDING)], unique=True)
        self._commits.create_index([("stream", ASCENDING), ("version", ASCENDING)])

    def on_append(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def append(self, draft: Draft) -> Commit:
        mine = _Waiting(draft, monotonic() + SETTLE_S)
        self._line.append(mine)
        try:
            while not mine.settled:
                with self._tail:  # writers of one process do not race for a position
                    if not mine.settled:  # nobody before us has carried it
                        self._carry(self._next_group())
        finally:  # a thread that is ended while it waits does not leave its draft to others
            with suppress(ValueError):
                self._line.remove(mine)
        if mine.commit is None:
            raise mine.error or AssertionError("settled without a result")
        for listener in self._listeners:
            listener()
        return mine.commit

    def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        wanted = {"stream": stream, "version": {"$gt": after}}
        return [from_document(d) for d in self._commits.find(wanted).sort("version", ASCENDING)]

    def find(self, stream: str, version: int) -> Commit | None:
        found = self._commits.find_one({"_id": id_of(stream, version)})
        return from_document(found) if found else None

    def read_on(self, position: int, limit: int = 500) -> list[Commit]:
        # positions are dense: bounded on both sides, the server reads what it returns
        wanted = {"position": {"$gt": position, "$lte": position + limit}}
        commits: list[Commit] = []
        for document in self._commits.find(wanted).sort("position", ASCENDING):
            if document["position"] != position + len(commits) + 1:
                break
            commits.append(from_document(document))
        return commits

    def head(self) -> Head:
        near = self._head.position or self._gallop()
        end = self._commits.find({"position": {"$gt": near - 1}}, {"position": 1, "hash": 1})
        for document in end.sort("position", DESCENDING).limit(1):
            self._advance(Head(document["position"], document["hash"]))
        return self._head

    def _gallop(self) -> int:
        """Return where dense positions end: to look from there costs little on any server."""
        end, step = 0, 1
        while self._exists(end + step):
            end, step = end + step, step * 2
        while step := step // 2:
            end += step if self._exists(end + step) else 0
        return end

    def _exists(self, position: int) -> bool:
        return self._commits.find_one({"position": position}, {"_id": 1}) is not None

    def _next_group(self) -> list[_Waiting]:
        """Take what stands first in the line, one draft a stream: fair, and independent."""
        group: dict[str, _Waiting] = {}
        later: list[_Waiting] = []
        while self._line and len(group) < GROUP:
            waiting = self._line.popleft()
            if waiting.draft.stream in group:
                later.append(waiting)
            else:
                group[waiting.draft.stream] = waiting
        self._line.extendleft(reversed(later))
        return list(group.values())

    def _carry(self, group: list[_Waiting]) -> None:
        """Insert a group; who is not settled then stands in line again, at the front."""
        try:
            self._insert(group)
            _give_up(group, Unavailable("the log is busy"))
        except AWAY as error:  # outcome unknown: insert again, by the same ids
            _give_up(group, Unavailable("the database is away"), error)
            pause(jitter(0.2))
        except Exception as error:  # one of them cannot be stored: find out which
            if len(group) == 1:
                group[0].error = error
            else:
                for waiting in group:
                    self._carry([waiting])
                group = []
        finally:
            self._line.extendleft(reversed([w for w in group if not w.settled]))

    def _insert(self, group: list[_Waiting]) -> None:
        head = self._head if self._head_is_fresh else self.head()
        self._head_is_fresh = False
        commits = chained([w.draft for w in group], head)
        try:
            self._commits.insert_many([to_document(c) for c in commits], ordered=True)
        except BulkWriteError as error:
            self._insert_broke_off(group, commits, error)
        else:
            self._settle(group, commits)
            self._head_is_fresh = True  # until an insert fails, our own last one is the head

    def _insert_broke_off(
        self, group: list[_Waiting], commits: list[Commit], error: BulkWriteError
    ) -> None:
        """Ordered: what stands before the one that failed is stored, nothing after it is."""
        if not error.details["writeErrors"]:
            raise WTimeoutError("not on a majority in time") from error
        failed = error.details["writeErrors"][0]
        index = failed["index"]
        self._settle(group[:index], commits[:index])
        if failed["code"] != DUPLICATE:
            group[index].error = OperationFailure(failed["errmsg"], failed["code"])
        elif "position" in failed["keyPattern"]:  # another process was faster: take the next
            pause(jitter(0.002))
        else:
            self._settle_rival(group[index])

    def _settle(self, group: list[_Waiting], commits: list[Commit]) -> None:
        for waiting, commit in zip(group, commits, strict=True):
            waiting.commit = commit
            self._advance(Head(commit.position, commit.hash))

    def _settle_rival(self, waiting: _Waiting) -> None:
        """Its version is taken: by our own try whose outcome had been unknown, or by another."""
        draft = waiting.draft
        commit = self.find(draft.stream, draft.version)
        if commit and commit.repeats(draft):
            waiting.commit = commit
        else:
            waiting.error = VersionConflict(f"{draft.stream} is past version {draft.version - 1}")

    def _advance(self, head: Head) -> None:
        if head.position > self._head.position:
            self._head = head


def _give_up(group: list[_Waiting], refusal: Unavailable, cause: Exception | None = None) -> None:
    """Tell those whose time is over."""
    refusal.__cause__ = cause
    for waiting in group:
        if not waiting.settled and monotonic() > waiting.give_up:
            waiting.error = refusal
