"""The event log: one document per commit, dense positions, a hash chain, no counter.

Each commit takes the position after the head and the hash of the one before it. Two writers
that race for a position both insert; the unique index lets one win and the other re-reads the
head and tries the next. So positions are dense by construction
(docs/adr/0001-optimistic-head.md), and a commit is in the global order the moment it exists.

Not guaranteed: that `recorded_at` grows with the position (clocks differ).
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Protocol

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import BulkWriteError, OperationFailure, WTimeoutError

from kernel.clock import jitter, pause
from kernel.commit import (
    Commit,
    Draft,
    Head,
    Stored,
    VersionConflict,
    chained,
    from_document,
    id_of,
    to_document,
)
from kernel.database import DUPLICATE, Db, Document
from kernel.group_commit import Chain, GroupCommit

RECENT = 2_000
"""So many commits are kept for who follows the log in the process that has appended them: relay and
views fall so far behind a decree before each has to ask the server for itself."""

RIVAL_S = 0.004
RIVAL_STEPS = 5
"""Who loses a position to another process pauses for up to so long, doubled with each loss in a
row: rivals who hurry only lose again, and eight processes then write a quarter as much."""


class Log(Protocol):
    """What the kernel needs of a log; `tests/memory_log.py` is the one without a server."""

    def append(self, draft: Draft) -> Commit:
        """Store a decision; the same draft twice is one commit.

        `draft.version` must follow a version that a read returned. Raises `VersionConflict`
        when the stream has moved on, `Unavailable` when the database stayed away too long
        to know; the commit may then exist, and the same command finds it there.
        """

    def append_chain(self, drafts: Sequence[Draft]) -> Stored:
        """Store decisions about one stream, each made on the one before, up to the first that
        cannot be; its error is what `append` would raise."""

    def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        """Return the commits of a stream whose first version lies beyond `after`, in order."""

    def read_streams(self, streams: Sequence[str]) -> list[Commit]:
        """Return all commits of these streams, stream by stream, each in order."""

    def find(self, stream: str, version: int) -> Commit | None:
        """Return the commit whose first version this is."""

    def find_command(self, stream: str, command_id: str) -> Commit | None:
        """Return the commit of a command; may read the whole stream."""

    def read_on(self, position: int, limit: int = 500) -> list[Commit]:
        """Return commits after `position`, at most `limit`, never stepping over a gap.

        None only at the end of the log; fewer than `limit` need not mean that it ends there.
        """

    def head(self) -> Head:
        """Return where the log ends now."""

    def on_append(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each append of this process."""


class EventLog:
    """The append-only log of one service, in a database; see `Log`."""

    def __init__(self, db: Db) -> None:
        self._commits = db["commits"]
        self._head = Head()
        self._head_is_fresh = False
        self._lost = 0  # races for a position, in a row
        self._line = GroupCommit(self._insert)
        self._recent: OrderedDict[int, Commit] = OrderedDict()
        self._listeners: list[Callable[[], None]] = []

    def prepare(self) -> None:
        """Make the indexes; harmless when they exist.

        A version is unique by the `_id` it is part of; a second unique index costs inserts.
        """
        self._commits.create_index([("position", ASCENDING)], unique=True)
        self._commits.create_index([("stream", ASCENDING), ("version", ASCENDING)])

    def on_append(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def known_beyond(self, position: int) -> bool:
        """Tell, without asking the server, whether there are later commits."""
        return self._head.position > position

    def append(self, draft: Draft) -> Commit:
        stored = self.append_chain([draft])
        if stored.error:
            raise stored.error
        return stored.commits[0]

    def append_chain(self, drafts: Sequence[Draft]) -> Stored:
        stored = self._line.append(drafts)
        for listener in self._listeners if stored.commits else ():
            listener()
        return stored

    def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        wanted = {"stream": stream, "version": {"$gt": after}}
        return [from_document(d) for d in self._commits.find(wanted).sort("version", ASCENDING)]

    def read_streams(self, streams: Sequence[str]) -> list[Commit]:
        found = self._commits.find({"stream": {"$in": streams}})
        return [from_document(d) for d in found.sort([("stream", 1), ("version", 1)])]

    def find(self, stream: str, version: int) -> Commit | None:
        found = self._commits.find_one({"_id": id_of(stream, version)})
        return from_document(found) if found else None

    def find_command(self, stream: str, command_id: str) -> Commit | None:
        found = self._commits.find_one({"stream": stream, "command_id": command_id})
        return from_document(found) if found else None

    def read_on(self, position: int, limit: int = 500) -> list[Commit]:
        if recent := self._read_recent(position, limit):
            return recent
        # positions are dense: bounded on both sides, the server reads what it returns
        wanted = {"position": {"$gt": position, "$lte": position + limit}}
        commits: list[Commit] = []
        for document in self._commits.find(wanted).sort("position", ASCENDING):
            if document["position"] != position + len(commits) + 1:
                break
            commits.append(from_document(document))
        self._remember(commits)
        return commits

    def head(self) -> Head:
        near = self._head.position or self._gallop()
        end = self._commits.find({"position": {"$gt": near - 1}}, {"position": 1, "hash": 1})
        for document in end.sort("position", DESCENDING).limit(1):
            self._advance(Head(document["position"], document["hash"]))
        return self._head

    def _read_recent(self, position: int, limit: int) -> list[Commit]:
        after = (self._recent.get(p) for p in range(position + 1, position + limit + 1))
        return list(takewhile(bool, after))  # type: ignore[arg-type]  # ends at None

    def _remember(self, commits: list[Commit]) -> None:
        """Keep the last for the followers in this process: what is in the log does not change."""
        self._recent.update((c.position, c) for c in commits)
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)

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

    def _insert(self, group: list[Chain]) -> None:
        head = self._head if self._head_is_fresh else self.head()
        self._head_is_fresh = False
        whose = [chain for chain in group for _ in chain.left()]
        commits = chained([draft for chain in group for draft in chain.left()], head)
        try:
            self._commits.insert_many([to_document(c) for c in commits], ordered=True)
        except BulkWriteError as error:
            self._insert_broke_off(whose, commits, error)
        else:
            self._settle(whose, commits)
            self._lost = 0
            self._head_is_fresh = True  # until an insert fails, our own last one is the head

    def _insert_broke_off(
        self, whose: list[Chain], commits: list[Commit], error: BulkWriteError
    ) -> None:
        """Ordered: what stands before the one that failed is stored, nothing after it is."""
        if error.details["writeConcernErrors"]:  # what is stored may yet be lost: ask again
            raise WTimeoutError("not on a majority in time") from error
        failed = error.details["writeErrors"][0]
        index = failed["index"]
        self._settle(whose[:index], commits[:index])
        if failed["code"] != DUPLICATE:
            whose[index].refuse(OperationFailure(failed["errmsg"], failed["code"]))
        elif self._position_lost(failed, commits[index]):  # to another process: take the next
            self._lost += 1
            pause(jitter(RIVAL_S * 2 ** min(self._lost, RIVAL_STEPS)))
        else:
            self._settle_rival(whose[index])

    def _position_lost(self, failed: Document, draft: Draft) -> bool:
        if key := failed.get("keyPattern"):
            return "position" in key
        return self.find(draft.stream, draft.version) is None  # not every server says which key

    def _settle(self, whose: list[Chain], commits: list[Commit]) -> None:
        self._remember(commits)
        for chain, commit in zip(whose, commits, strict=True):
            chain.store(commit)
            self._advance(Head(commit.position, commit.hash))

    def _settle_rival(self, chain: Chain) -> None:
        """Its version is taken: by our own try whose outcome had been unknown, or by another."""
        draft = chain.left()[0]
        commit = self.find(draft.stream, draft.version)
        if commit is None or not commit.repeats(draft):
            chain.refuse(VersionConflict(f"{draft.stream} is past version {draft.version - 1}"))
            return
        chain.store(commit)
        if not commit.holds(draft):  # another's try, in other words: nothing can follow on them
            chain.refuse(VersionConflict(f"{draft.stream} went on otherwise"))
            return
        further = self.read_stream(draft.stream, commit.last) if chain.left() else []
        for wanted, there in zip(chain.left(), further, strict=False):
            if not there.holds(wanted):
                break  # the next insert tells
            chain.store(there)

    def _advance(self, head: Head) -> None:
        if head.position > self._head.position:
            self._head = head
