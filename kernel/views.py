"""Views: documents made from facts, followed by position; they can be thrown away and rebuilt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.collection import Collection

from kernel.checkpoint import Checkpoint
from kernel.codec import EventTypes
from kernel.database import Db, Document
from kernel.event_log import EventLog
from kernel.facts import Fact, facts_of

BATCH = 200


@dataclass(frozen=True)
class View:
    """One collection of documents.

    `key(fact)` names the document a fact belongs to, None if none; `project(document, fact)`
    returns the document after it, given None before its first fact. Both are pure. Personal
    fields reach a view sealed and stay so; who answers a reader opens them.
    """

    name: str
    key: Callable[[Fact], str | None]
    project: Callable[[Document | None, Fact], Document]
    indexes: Sequence[Sequence[tuple[str, int]]] = ()

    def collection(self, db: Db) -> Collection[Document]:
        """Return where its documents lie."""
        return db[f"view_{self.name}"]


class Follower:
    """Keeps the views of one service up with its log."""

    def __init__(self, db: Db, log: EventLog, types: EventTypes, views: Sequence[View]) -> None:
        self._db = db
        self._log = log
        self._types = types
        self._views = views
        self._checkpoint = Checkpoint(db, "views")

    def prepare(self) -> None:
        """Make the indexes; harmless when they exist."""
        for view in self._views:
            for keys in view.indexes:
                view.collection(self._db).create_index(list(keys))

    def step(self, fence: int) -> int:
        """Take in the next facts; return how many commits they were."""
        done = self._checkpoint.read()
        commits = self._log.read_on(done, BATCH)
        for commit in commits:
            for fact in facts_of(commit, self._types):
                for view in self._views:
                    self._take(view, fact)
        if commits:
            self._checkpoint.advance(commits[-1].position, fence)
        return len(commits)

    def position(self) -> int:
        """Return how far the views have come."""
        return self._checkpoint.read()

    def _take(self, view: View, fact: Fact) -> None:
        key = view.key(fact)
        if key is None:
            return
        # The document carries the fact it stands at, in the same write: a fact taken in
        # twice (a crash before the checkpoint, two leaders for a moment) changes nothing.
        at = [fact.position, fact.sequence]
        documents = view.collection(self._db)
        old = documents.find_one({"_id": key})
        if old is not None and old["_at"] >= at:
            return
        content = None if old is None else _without(old, "_id", "_at")
        new = {"_id": key, "_at": at, **view.project(content, fact)}
        expected: dict[str, Any] = {"_id": key} if old is None else {"_id": key, "_at": old["_at"]}
        documents.replace_one(expected, new, upsert=old is None)


def _without(document: Document, *names: str) -> Document:
    return {k: v for k, v in document.items() if k not in names}
