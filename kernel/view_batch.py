"""A batch of a view's documents in memory: read once, folded by many facts, written once."""

from collections.abc import Callable
from typing import Any

from pymongo import InsertOne, ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from kernel.database import DUPLICATE, Document
from kernel.facts import Fact
from kernel.personal import FORGOTTEN

OURS = ("_id", "_at")


class Batch:
    """Documents between a read and a write.

    Each carries `_at`, the fact it stands at, in the same write: a fact taken in twice (a crash
    before the checkpoint, two leaders for a moment) changes nothing, and what somebody else
    has changed since it was read is not overwritten.
    """

    def __init__(self, collection: Collection[Document], personal: tuple[str, ...]) -> None:
        self._collection = collection
        self._personal = personal
        self._read: dict[str, Document] = {}
        self._now: dict[str, Document] = {}

    def load(self, wanted: dict[str, Any]) -> None:
        """Read the documents that are not here yet."""
        for document in self._collection.find(wanted):
            if document["_id"] not in self._now:
                self._read[document["_id"]] = self._now[document["_id"]] = document

    def fold(self, key: str, fact: Fact, project: Callable[..., Document]) -> None:
        """Take one more fact into its document; where it changes nothing, nothing is written."""
        old, at = self._now.get(key), _at(fact)
        if old is not None and old["_at"] >= at:
            return
        content = old and {k: v for k, v in old.items() if k not in OURS}
        made = project(content, fact)
        if made != content:
            self._now[key] = {"_id": key, "_at": at, **made}

    def redact(self, fact: Fact) -> None:
        """Take out what is personal of somebody who is forgotten; a field never given stays so."""
        person, at = fact.event.subject_id, _at(fact)
        if not self._personal:
            return
        self.load({"_id": person})
        self.load({"subject_id": person})
        for key, old in self._now.items():
            if person in (key, old.get("subject_id")) and old["_at"] < at:
                gone = {n: FORGOTTEN for n in self._personal if old.get(n) is not None}
                self._now[key] = {**old, **gone, "_at": at}

    def write(self) -> bool:
        """Write what has changed; False when some of it had been changed by somebody else."""
        changed = [d for key, d in self._now.items() if d is not self._read.get(key)]
        if not changed:
            return True
        try:
            done = self._collection.bulk_write([self._write(d) for d in changed], ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != DUPLICATE for e in error.details["writeErrors"]):
                raise
            return False
        return done.matched_count + done.inserted_count == len(changed)

    def _write(self, document: Document) -> InsertOne[Document] | ReplaceOne[Document]:
        read = self._read.get(document["_id"])
        if read is None:
            return InsertOne(document)
        return ReplaceOne({k: read[k] for k in OURS}, document)


def _at(fact: Fact) -> list[int]:
    return [fact.position, fact.sequence]
