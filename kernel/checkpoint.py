"""How far a follower of the log has come."""

import structlog
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure

from kernel.database import WRITE_CONFLICT, Document

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
        step = {"$set": {"position": position, "fence": fence}}
        try:
            moved = self._collection.update_one(mine, step, upsert=since == 0, session=session)
        except DuplicateKeyError:  # it is there, but not at the start
            moved = None
        except OperationFailure as error:
            if error.code != WRITE_CONFLICT:
                raise
            moved = None  # another transaction is moving it
        if moved is None or not (moved.matched_count or moved.upserted_id):
            log.warning("checkpoint_not_ours", at=position, collection=self._collection.name)
            return False
        return True
