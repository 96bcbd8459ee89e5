"""Views: documents made from facts, followed by position; they can be thrown away and rebuilt."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

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
    """Keeps one view up with the log."""

    def __init__(self, db: Db, log: EventLog, types: EventTypes, view: View) -> None:
        self._log = log
        self._types = types
        self._view = view
        self._documents = view.collection(db)
        self._checkpoint = Checkpoint(self._documents)

    def prepare(self) -> None:
        """Make the indexes; harmless when they exist."""
        for keys in self._view.indexes:
            self._documents.create_index(list(keys))

    def step(self, fence: int) -> int:
        """Take in the next facts; return how many commits they were."""
        done = self._checkpoint.read()
        if done == 0:  # new, or dropped and to be made again
            self.prepare()
        commits = self._log.read_on(done, BATCH)
        for commit in commits:
            for fact in facts_of(commit, self._types):
                self._take(fact)
        if commits and not self._checkpoint.advance(done, commits[-1].position, fence):
            return 0
        return len(commits)

    def lag(self) -> int:
        """Return how many commits have yet to be taken in."""
        return self._log.head().position - self._checkpoint.read()

    def _take(self, fact: Fact) -> None:
        key = self._view.key(fact)
        if key is None:
            return
        # The document carries the fact it stands at, in the same write: a fact taken in
        # twice (a crash before the checkpoint, two leaders for a moment) changes nothing.
        at = [fact.position, fact.sequence]
        old = self._documents.find_one({"_id": key})
        if old is not None and old["_at"] >= at:
            return
        content = None if old is None else _without(old, "_id", "_at")
        new = {"_id": key, "_at": at, **self._view.project(content, fact)}
        if old is not None:
            self._documents.replace_one({"_id": key, "_at": old["_at"]}, new)
        else:
            with suppress(DuplicateKeyError):
                self._documents.insert_one(new)


def _without(document: Document, *names: str) -> Document:
    return {k: v for k, v in document.items() if k not in names}
