"""Reading a view: whole or not at all, and never behind what this process has seen of it."""

from collections.abc import Sequence

from pymongo.collection import Collection

from contracts.errors import Unavailable
from kernel.checkpoint import Checkpoint
from kernel.clock import monotonic, pause
from kernel.codec import EventTypes
from kernel.database import Db, Document
from kernel.event_log import EventLog
from kernel.views import View, live

PATIENCE_S = 0.5
LOOK_S = 0.02
"""A view that only lags when a process starts is there in a moment; no reason to refuse."""


class Reader:
    """The documents of one view, under the definition of this process.

    Refused with `Unavailable` while it is being built: from its first look on, until it has
    come to where the log then ended, and again when it stands further back than it did (its
    collection was dropped). Not refused is an answer that lags behind the log as usual. What
    was live when the question was asked is kept for a minute after a rebuild has replaced it.
    """

    def __init__(self, db: Db, event_log: EventLog, types: EventTypes, view: View) -> None:
        self.name = view.name
        self._log = event_log
        self._db = db
        self._definition = view.definition(types)
        self._seen: float = float("inf")
        self._goal = 0

    def find(
        self, wanted: Document, order: Sequence[tuple[str, int]], limit: int
    ) -> list[Document]:
        """Return the first `limit` of the documents that match."""
        return list(self._whole().find(wanted).sort(list(order)).limit(limit))

    def get(self, key: str) -> Document | None:
        """Return one document."""
        return self._whole().find_one({"_id": key})

    def lag(self) -> int:
        """Return how many commits have yet to be taken in."""
        return max(0, self._log.head().position - self.position())

    def position(self) -> int:
        """Return up to which commit all has been taken in."""
        return Checkpoint(live(self._db, self._definition)).read()

    def building(self) -> str | None:
        """Say how far it is while it is being built."""
        return self._look()[1]

    def _whole(self) -> Collection[Document]:
        """Return where the documents lie, once they are whole; wait a moment for it."""
        give_up = monotonic() + PATIENCE_S
        while True:
            collection, text = self._look()
            if not text:
                return collection
            if monotonic() > give_up:
                raise Unavailable(text)
            pause(LOOK_S)

    def _look(self) -> tuple[Collection[Document], str | None]:
        seen = self._seen  # before we ask: whoever else asks meanwhile may see more
        collection = live(self._db, self._definition)
        position = Checkpoint(collection).read()
        if position < seen:
            self._goal = self._log.head().position
        self._seen = position
        if position >= self._goal:
            return collection, None
        return collection, f"view {self.name} is being built: {position} of {self._goal} commits"
