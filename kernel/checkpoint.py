"""How far a follower of the log has come."""

from contextlib import suppress
from typing import Any

import structlog
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from kernel.database import Document

log = structlog.get_logger()

ID = "_checkpoint"


class Checkpoint:
    """A position that only moves forward, and only by the holder of the newest fence.

    It lies in the collection that its follower fills, so that who drops the one drops the
    other, and what was lost is made again from the log.
    """

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection

    def read(self) -> int:
        """Return the position up to which all is done; 0 at the start."""
        found = self._collection.find_one({"_id": ID})
        return int(found["position"]) if found else 0

    def advance(
        self, since: int, position: int, fence: int, session: ClientSession | None = None
    ) -> bool:
        """Move from `since` to `position`; False when it is not, or no more, ours to move.

        That is so when a later leader has been here, or when the collection was dropped
        meanwhile: look where it stands, and go on from there.
        """
        mine = {"_id": ID, "fence": {"$lte": fence}, "position": since}
        # always a change, also from 0 to 0: what changes nothing is in nobody's way
        step = {"$set": {"position": position, "fence": fence}, "$inc": {"moves": 1}}
        moved: Any = None
        with suppress(DuplicateKeyError):  # it is there, but not at the start
            done = self._collection.update_one(mine, step, upsert=since == 0, session=session)
            moved = done.matched_count or done.upserted_id
        if not moved:
            log.warning("checkpoint_not_ours", at=position, collection=self._collection.name)
        return bool(moved)
