"""A batch of a view's documents in memory: read once, folded by many facts."""

from collections.abc import Callable
from typing import Any

from pymongo.collection import Collection

from kernel.database import Document
from kernel.facts import Fact
from kernel.personal import FORGOTTEN

Changed = dict[str, Document | None]
"""Key → the document as it is to be, None for one that goes."""


class Batch:
    """Documents between a read and a write; `kernel.views` writes them."""

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
        old = self._now.get(key)
        made = {"_id": key, **project(old and {k: old[k] for k in old if k != "_id"}, fact)}
        if made != old:
            self._now[key] = made

    def redact(self, fact: Fact) -> None:
        """Take out what is personal of somebody who is forgotten; a field never given stays so."""
        person = fact.event.subject_id
        if not self._personal:
            return
        self.load({"_id": person})
        self.load({"subject_id": person})
        for key, old in self._now.items():
            if person in (key, old.get("subject_id")):
                gone = {n: FORGOTTEN for n in self._personal if old.get(n) is not None}
                self._now[key] = {**old, **gone}

    def changed(self) -> Changed:
        """Return what is to be written."""
        return {key: d for key, d in self._now.items() if d != self._read.get(key)}
