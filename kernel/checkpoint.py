"""How far a follower of the log has come."""

import structlog
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

    def advance(self, position: int, fence: int) -> bool:
        """Move to `position`; False when a later leader has been here: step down."""
        mine = {"_id": ID, "fence": {"$lte": fence}, "position": {"$lte": position}}
        try:
            self._collection.update_one(
                mine, {"$set": {"position": position, "fence": fence}}, upsert=True
            )
        except DuplicateKeyError:  # it exists, but not as `mine`
            log.warning("leadership_lost", at=position, collection=self._collection.name)
            return False
        return True
