"""How far a follower of the log has come."""

from pymongo.errors import DuplicateKeyError

from kernel.database import Db


class Checkpoint:
    """A position that only moves forward, and only by the holder of the newest fence."""

    def __init__(self, db: Db, name: str) -> None:
        self._checkpoints = db["checkpoints"]
        self._name = name

    def read(self) -> int:
        """Return the position up to which all is done; 0 at the start."""
        found = self._checkpoints.find_one({"_id": self._name})
        return int(found["position"]) if found else 0

    def advance(self, position: int, fence: int) -> bool:
        """Move to `position`; False when a later leader has been here: step down."""
        mine = {"_id": self._name, "fence": {"$lte": fence}, "position": {"$lte": position}}
        try:
            self._checkpoints.update_one(
                mine, {"$set": {"position": position, "fence": fence}}, upsert=True
            )
        except DuplicateKeyError:  # it exists, but not as `mine`
            return False
        return True
