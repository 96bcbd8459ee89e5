"""Views: documents made from facts, followed by position; they can be thrown away and rebuilt.

A view's documents lie in a collection named after its definition, so that no process ever
reads or writes what was made with other code: after a change, old and new stand side by side
until nobody follows the old one. A rebuild fills another collection of the same definition, and
one small write makes it the live one (docs/adr/0016-views-by-definition.md).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from pymongo import DeleteMany
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError

from kernel.checkpoint import ID as CHECKPOINT
from kernel.checkpoint import Checkpoint
from kernel.codec import EventTypes
from kernel.commit import Commit
from kernel.database import TRANSIENT, Db, Document, among, transaction
from kernel.facts import Fact, facts_of
from kernel.shape import shape_of
from kernel.view_batch import Batch, Changed

log = structlog.get_logger()

ERASED = "subject_erased"
"""The fact that a person is forgotten; it stands in every service's log."""

SLICE = 200

STRAY = {"_id": {"$ne": CHECKPOINT}}

KEPT = "with the checkpoint, in one transaction"
"""How documents are kept; what was kept otherwise is another definition, and made again."""


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

    def definition(self, types: EventTypes) -> str:
        """Return the name of its definition: it changes with the code the documents are made by."""
        code = shape_of(self.key, self.project, *types.upcasters())  # they change what it is given
        words = (KEPT, code, self.indexes, self.personal)
        return f"view_{self.name}_{hashlib.sha256(repr(words).encode()).hexdigest()[:8]}"


def live(db: Db, definition: str) -> Collection[Document]:
    """Return where the documents of a definition lie: in the collection last made for it."""
    found = db["views"].find_one({"_id": definition})
    return db[found["live"] if found else definition]


def make_live(db: Db, definition: str, collection: str, fence: int) -> bool:
    """Have a definition's documents lie elsewhere from now on; False if a later leader did so."""
    older = {"_id": definition, "fence": {"$lte": fence}}
    with suppress(DuplicateKeyError):
        change = {"$set": {"live": collection, "fence": fence}}
        db["views"].update_one(older, change, upsert=True)
        return True
    return False


def stepped_back(error: OperationFailure, collection: Collection[Document]) -> bool:
    """Return False when a transaction may be tried again, and raise what is another trouble."""
    if not error.has_error_label(TRANSIENT):
        raise error
    log.warning("view_stepped_back", code=error.code, collection=collection.name)
    return False


def discard(collection: Collection[Document], ours: Callable[[], bool]) -> None:
    """Drop a collection as long as it is ours to drop.

    In slices: the embedded server does nothing else while it deletes.
    """
    while ours() and (found := list(collection.find({}, {"_id": 1}).limit(SLICE))):
        collection.delete_many({"_id": {"$in": [document["_id"] for document in found]}})
    if ours():
        collection.drop()


class Documents:
    """The documents of a view in one collection, and how far in the log they stand."""

    def __init__(self, collection: Collection[Document], view: View, types: EventTypes) -> None:
        self.checkpoint = Checkpoint(collection)
        self._collection = collection
        self._view = view
        self._types = types

    def prepare(self, fence: int) -> bool:
        """Make what an empty view needs; False when somebody else was at work here.

        What lies there without a checkpoint counts for nothing, and goes: in slices, each under
        the fence.
        """
        for keys in self._view.indexes:
            self._collection.create_index(list(keys))
        ours = self.checkpoint.advance(0, 0, fence)
        while ours and (stray := list(self._collection.find(STRAY, {"_id": 1}).limit(SLICE))):
            ours = self._write({document["_id"]: None for document in stray}, 0, 0, fence)
        return ours

    def take_in(self, commits: Sequence[Commit], since: int, fence: int) -> int:
        """Fold in the commits after `since`; return how many were.

        0 when somebody else was at work here: look where the checkpoint stands, and go on from
        there. Commits before one that cannot be folded in are, and only then its error is raised.
        """
        if not commits:
            return 0
        try:
            facts = [fact for commit in commits for fact in facts_of(commit, self._types)]
            moved = self._write(self._folded(facts), since, commits[-1].position, fence)
        except PyMongoError:
            raise
        except Exception:
            if len(commits) == 1:
                raise
            return self.take_in(commits[: len(commits) // 2], since, fence)
        return len(commits) if moved else 0

    def _folded(self, facts: Iterable[Fact]) -> Changed:
        batch = Batch(self._collection, self._view.personal)
        keyed = [(self._view.key(fact), fact) for fact in facts]
        for some in among(sorted({key for key, _ in keyed if key is not None})):
            batch.load({"_id": some})
        for key, fact in keyed:
            if fact.name == ERASED:
                batch.redact(fact)
            elif key is not None:
                batch.fold(key, fact, self._view.project)
        return batch.changed()

    def _write(self, changed: Changed, since: int, position: int, fence: int) -> bool:
        """Write documents and checkpoint together: what moved meanwhile was moved by somebody else,
        and what has been read of the documents was only good if the checkpoint still stands."""
        if not changed:
            return self.checkpoint.advance(since, position, fence)
        try:
            with transaction(self._collection.database) as session:
                if moved := self.checkpoint.advance(since, position, fence, session):
                    self._replace(changed, session)
                else:
                    session.abort_transaction()
            return moved
        except OperationFailure as error:
            return stepped_back(error, self._collection)

    def _replace(self, changed: Changed, session: ClientSession) -> None:
        """In few statements: one a document is three times the work for the embedded server."""
        deletes = [DeleteMany({"_id": some}) for some in among(list(changed))]
        self._collection.bulk_write(deletes, ordered=False, session=session)
        if documents := [document for document in changed.values() if document]:
            self._collection.insert_many(documents, ordered=False, session=session)
