"""Views: documents made from facts, followed by position; they can be thrown away and rebuilt.

A view's documents lie in a collection named after its definition, so that no process ever
reads or writes what was made with other code: after a change, old and new stand side by side
until nobody follows the old one (docs/adr/0016-views-by-shape.md).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from kernel.checkpoint import Checkpoint
from kernel.clock import new_id
from kernel.codec import EventTypes
from kernel.database import Db, Document
from kernel.event_log import Commit
from kernel.facts import Fact, facts_of
from kernel.shape import shape_of
from kernel.view_batch import Batch

ERASED = "subject_erased"
"""The fact that a person is forgotten; it stands in every service's log."""


@dataclass(frozen=True)
class View:
    """One collection of documents.

    `key(fact)` names the document a fact belongs to, None if none; `project(document, fact)`
    returns the document after it, given None before its first fact. Both are pure. Personal
    fields reach a view sealed and stay so; who answers a reader opens them. Those named in
    `personal` are redacted when their person is forgotten: in the documents whose `subject_id`
    or key is that person's id.
    """

    name: str
    key: Callable[[Fact], str | None]
    project: Callable[[Document | None, Fact], Document]
    indexes: Sequence[Sequence[tuple[str, int]]] = ()
    personal: tuple[str, ...] = ()

    def collection(self, db: Db, types: EventTypes) -> Collection[Document]:
        """Return where its documents lie: the name changes with what they are made by."""
        upcasters: tuple[Callable[..., Any], ...] = ()  # of `types`: they change what a view sees
        words = (shape_of(self.key, self.project, *upcasters), self.indexes, self.personal)
        shape = hashlib.sha256(repr(words).encode()).hexdigest()[:8]
        return db[f"view_{self.name}_{shape}"]


class Documents:
    """The documents of a view in one collection, and how far in the log they stand."""

    def __init__(self, collection: Collection[Document], view: View, types: EventTypes) -> None:
        self.checkpoint = Checkpoint(collection)
        self._collection = collection
        self._view = view
        self._types = types
        self._me = new_id()

    def prepare(self) -> None:
        """Make the indexes; harmless when they exist."""
        for keys in self._view.indexes:
            self._collection.create_index(list(keys))

    def take_in(self, commits: Sequence[Commit], since: int, fence: int) -> int:
        """Fold in the commits after `since`; return how many were.

        0 when somebody else was at work here: look where the checkpoint stands, and go on from
        there. Commits before one that cannot be folded in are, and only then its error is raised.
        """
        if not commits:
            return 0
        try:
            facts = [fact for commit in commits for fact in facts_of(commit, self._types)]
            written = self._write(facts)
        except PyMongoError:
            raise
        except Exception:
            if len(commits) == 1:
                raise
            return self.take_in(commits[: len(commits) // 2], since, fence)
        moved = written and self.checkpoint.advance(since, commits[-1].position, fence)
        return len(commits) if moved else 0

    def _write(self, facts: Iterable[Fact]) -> bool:
        batch = Batch(self._collection, self._view.personal, self._me)
        keyed = [(self._view.key(fact), fact) for fact in facts]
        batch.load({"_id": {"$in": sorted({key for key, _ in keyed if key is not None})}})
        for key, fact in keyed:
            if fact.name == ERASED:
                batch.redact(fact)
            elif key is not None:
                batch.fold(key, fact, self._view.project)
        return batch.write()
