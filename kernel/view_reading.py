"""Reading a view: whole or not at all, and never behind what this process has seen of it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pymongo.errors import OperationFailure

from contracts.errors import Unavailable
from kernel.checkpoint import Checkpoint
from kernel.clock import monotonic, pause
from kernel.codec import EventTypes
from kernel.database import Db, Document
from kernel.event_log import EventLog
from kernel.views import View

T = TypeVar("T")

PATIENCE_S = 0.5
LOOK_S = 0.02
"""A view that only lags when a process starts is there in a moment; no reason to refuse."""


class Reader:
    """The documents of one view, under the definition of this process.

    Refused with `Unavailable` while it is being built: from its first look on, until it has
    come to where the log then ended, and again when it stands further back than it did (its
    collection was dropped). Not refused is an answer that lags behind the log as usual.
    """

    def __init__(self, db: Db, event_log: EventLog, types: EventTypes, view: View) -> None:
        self.name = view.name
        self._log = event_log
        self._collection = view.collection(db, types)
        self._checkpoint = Checkpoint(self._collection)
        self._seen: float = float("inf")
        self._goal = 0

    def find(
        self, wanted: Document, order: Sequence[tuple[str, int]], limit: int
    ) -> list[Document]:
        """Return the first `limit` of the documents that match."""
        return self._ask(lambda: list(self._collection.find(wanted).sort(list(order)).limit(limit)))

    def get(self, key: str) -> Document | None:
        """Return one document."""
        return self._ask(lambda: self._collection.find_one({"_id": key}))

    def lag(self) -> int:
        """Return how many commits have yet to be taken in."""
        return max(0, self._log.head().position - self._checkpoint.read())

    def building(self) -> str | None:
        """Say how far it is while it is being built."""
        seen = self._seen  # before we ask: whoever else asks meanwhile may see more
        position = self._checkpoint.read()
        if position < seen:
            self._goal = self._log.head().position
        self._seen = position
        if position >= self._goal:
            return None
        return f"view {self.name} is being built: {position} of {self._goal} commits"

    def _ask(self, question: Callable[[], T]) -> T:
        give_up = monotonic() + PATIENCE_S
        while text := self.building():
            if monotonic() > give_up:
                raise Unavailable(text)
            pause(LOOK_S)
        try:
            return question()
        except OperationFailure:  # a rebuilt collection took its place under our cursor
            return question()
