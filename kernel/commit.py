"""A commit: all events of one decision, its place in the log, and the hash that chains it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import msgspec

from kernel.codec import StoredEvent
from kernel.database import Document

GENESIS = bytes(32)
"""The hash before the first commit."""


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

    @property
    def last(self) -> int:
        """The version of its last event."""
        return self.version + len(self.events) - 1


@dataclass(frozen=True, kw_only=True)
class Commit(Draft):
    """A decision in the log."""

    position: int
    hash: bytes

    def repeats(self, draft: Draft) -> bool:
        """Tell whether this is the same decision, stored by an earlier try, here or elsewhere."""
        return bool(self.events[0]["event_id"] == draft.events[0]["event_id"])

    def holds(self, draft: Draft) -> bool:
        """Tell whether this is this very draft, and not another try at the same decision."""
        return _words(self) == _words(draft)


@dataclass(frozen=True)
class Stored:
    """What became of drafts that follow one on the other: some, from the first on, are commits."""

    commits: Sequence[Commit]
    error: Exception | None = None  # what stopped the next


@dataclass(frozen=True)
class Head:
    """Where the log ends."""

    position: int = 0
    hash: bytes = GENESIS


_DRAFT = tuple(f.name for f in fields(Draft))
_COMMIT = tuple(f.name for f in fields(Commit))


def seal_of(previous: bytes, draft: Draft, position: int) -> bytes:
    """Return the hash of a commit: SHA-256 over the previous hash and the commit's own words."""
    words = {**_words(draft), "position": position}
    canonical = msgspec.json.encode(words, order="deterministic")
    return hashlib.sha256(previous + canonical).digest()


def chained(drafts: Sequence[Draft], head: Head) -> list[Commit]:
    """Return the drafts as the commits that follow the head, in their order."""
    commits: list[Commit] = []
    for draft in drafts:
        position = head.position + 1
        head = Head(position, seal_of(head.hash, draft, position))
        commits.append(Commit(**_words(draft), position=position, hash=head.hash))
    return commits


def id_of(stream: str, version: int) -> str:
    """Return the id under which the commit that begins with this version is stored."""
    return f"{stream}:{version}"


def to_document(commit: Commit) -> Document:
    """Return a commit as it is stored."""
    return {"_id": id_of(commit.stream, commit.version), **vars(commit)}


def from_document(document: Document) -> Commit:
    """Return a commit as it was stored."""
    words = {name: document[name] for name in _COMMIT}
    return Commit(**{**words, "events": tuple(words["events"])})


def _words(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in _DRAFT}
