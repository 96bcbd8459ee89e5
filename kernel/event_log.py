"""The event log: one document per commit, one insert per append, dense positions, a hash chain.

Each commit takes the position after the head and the hash of the one before it. Two writers
that race for a position both insert; the unique index lets one win and the other re-reads the
head and tries the next. So positions are dense by construction, without a counter or a
sequencer (docs/adr/0001-optimistic-head.md), and a commit is in the global order the moment
it exists. Not guaranteed: that `recorded_at` grows with the position (clocks differ).
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from threading import Lock
from typing import Any

import msgspec
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from contracts.errors import Unavailable
from kernel.clock import jitter, monotonic, pause
from kernel.codec import StoredEvent
from kernel.database import AWAY, Db, Document

GENESIS = bytes(32)
"""The hash before the first commit."""

SETTLE_S = 5.0
"""How long an append keeps asking whether it happened when its connection was lost."""


class VersionConflict(Exception):
    """Another commit took this version of the stream first: read it and decide again."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A decision about to be stored: all its events, and who and what caused it."""

    stream: str
    version: int  # of its first event in the stream; 1 opens the stream
    events: tuple[StoredEvent, ...]
    recorded_at: datetime
    office: str
    actor: dict[str, str]  # {kind, id}
    command_id: str
    fingerprint: dict[str, str] | None  # {subject_id, mac}: notices a command id used again
    correlation_id: str
    causation_id: str


@dataclass(frozen=True, kw_only=True)
class Commit(Draft):
    """A decision in the log."""

    position: int
    hash: bytes

    @property
    def last(self) -> int:
        """The version of its last event."""
        return self.version + len(self.events) - 1


@dataclass(frozen=True)
class Head:
    """Where the log ends."""

    position: int = 0
    hash: bytes = GENESIS


def seal_of(previous: bytes, draft: Draft, position: int) -> bytes:
    """Return the hash of a commit: SHA-256 over the previous hash and the commit's own words."""
    words = {f.name: getattr(draft, f.name) for f in fields(Draft)}
    canonical = msgspec.json.encode({**words, "position": position}, order="deterministic")
    return hashlib.sha256(previous + canonical).digest()


class EventLog:
    """The append-only log of one service."""

    def __init__(self, db: Db) -> None:
        self._commits = db["commits"]
        self._head = Head()
        self._head_is_fresh = False
        self._tail = Lock()
        self._listeners: list[Callable[[], None]] = []

    def prepare(self) -> None:
        """Make the indexes; harmless when they exist."""
        self._commits.create_index([("position", ASCENDING)], unique=True)
        self._commits.create_index([("stream", ASCENDING), ("version", ASCENDING)], unique=True)

    def on_append(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each append of this process."""
        self._listeners.append(listener)

    def append(self, draft: Draft) -> Commit:
        """Store a decision; the same draft twice is one commit.

        `draft.version` must follow a version that a read returned. Raises `VersionConflict`
        when the stream has moved on, `Unavailable` when the database stayed away too long
        to know; the commit may then exist, and the same command finds it there.
        """
        give_up = monotonic() + SETTLE_S
        while True:
            try:
                with self._tail:  # writers of one process do not race for a position
                    commit = self._insert(draft)
            except DuplicateKeyError as error:
                if not _position_lost(error):
                    commit = self._own_earlier_try(draft, error)
                    break
                pause(jitter(0.002))
            except AWAY as error:  # outcome unknown: insert again, by the same id
                if monotonic() > give_up:
                    raise Unavailable("the database is away") from error
                pause(jitter(0.2))
            else:
                break
            if monotonic() > give_up:
                raise Unavailable("the log is busy")
        for listener in self._listeners:
            listener()
        return commit

    def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        """Return the commits of a stream whose first version lies beyond `after`, in order."""
        wanted = {"stream": stream, "version": {"$gt": after}}
        return [_commit(d) for d in self._commits.find(wanted).sort("version", ASCENDING)]

    def read_on(self, position: int, limit: int = 500) -> list[Commit]:
        """Return the commits after `position`, never stepping over a gap."""
        wanted = {"position": {"$gt": position}}
        found = self._commits.find(wanted).sort("position", ASCENDING).limit(limit)
        commits: list[Commit] = []
        for document in found:
            if document["position"] != position + len(commits) + 1:
                break
            commits.append(_commit(document))
        return commits

    def head(self) -> Head:
        """Return where the log ends now."""
        found = (
            self._commits.find({"position": {"$gt": self._head.position}})
            .sort("position", DESCENDING)
            .limit(1)
        )
        for document in found:
            self._advance(Head(document["position"], document["hash"]))
        return self._head

    def _insert(self, draft: Draft) -> Commit:
        head = self._head if self._head_is_fresh else self.head()
        self._head_is_fresh = False
        position = head.position + 1
        commit = Commit(
            **_words(draft), position=position, hash=seal_of(head.hash, draft, position)
        )
        self._commits.insert_one(_document(commit))
        self._advance(Head(commit.position, commit.hash))
        self._head_is_fresh = True  # until an insert fails, our own last one is the head
        return commit

    def _own_earlier_try(self, draft: Draft, error: DuplicateKeyError) -> Commit:
        """Return our own commit whose outcome had been unknown, or raise `VersionConflict`."""
        found = self._commits.find_one({"stream": draft.stream, "version": draft.version})
        if found and found["events"][0]["event_id"] == draft.events[0]["event_id"]:
            return _commit(found)
        raise VersionConflict(f"{draft.stream} is past version {draft.version - 1}") from error

    def _advance(self, head: Head) -> None:
        if head.position > self._head.position:
            self._head = head


def _position_lost(error: DuplicateKeyError) -> bool:
    return "position" in (error.details or {}).get("keyPattern", {})


def _words(draft: Draft) -> dict[str, Any]:
    return {f.name: getattr(draft, f.name) for f in fields(Draft)}


def _document(commit: Commit) -> Document:
    return {"_id": f"{commit.stream}:{commit.version}", **asdict(commit)}


def _commit(document: Document) -> Commit:
    words = {f.name: document[f.name] for f in fields(Commit)}
    return Commit(**{**words, "events": tuple(words["events"])})
