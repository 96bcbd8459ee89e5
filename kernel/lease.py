"""Leadership: who holds the lease works; judged on the database's clock alone."""

from contextlib import suppress
from os import getpid
from socket import gethostname
from threading import Lock

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from kernel.clock import monotonic, new_id
from kernel.database import Db

LEASE_MS = 4000
RENEW_S = 1.0


class Lease:
    """One holder at a time for `name`; `fence` grows with every change of holder."""

    def __init__(self, db: Db, name: str) -> None:
        self._leases = db["leases"]
        self._name = name
        self._me = f"{gethostname()}:{getpid()}:{new_id()}"
        self._ask_at = 0.0
        self._asking = Lock()
        self.fence = 0

    def held(self) -> bool:
        """Take, renew or confirm the lease; asks the database once a second.

        True is no promise for long: what a leader writes must carry its `fence`.
        """
        with self._asking:  # threads of one process hear the same answer
            now = monotonic()
            if now >= self._ask_at:
                self.fence = self._renewed() or self._taken() or 0
                self._ask_at = now + RENEW_S
            return bool(self.fence)

    def release(self, stand_back_s: float = 0.0) -> None:
        """Let the next one in, and do not ask again for so long."""
        with self._asking:
            held, self.fence = self.fence, 0
            self._ask_at = monotonic() + stand_back_s
            if held:
                mine = {"_id": self._name, "holder": self._me}
                self._leases.update_one(mine, {"$set": {"until": 0}})

    def _renewed(self) -> int | None:
        return self._update({"_id": self._name, "holder": self._me}, {})

    def _taken(self) -> int | None:
        now = {"$toLong": "$$NOW"}  # in fences too: they grow even if this collection was lost
        over = {"$lte": [{"$ifNull": ["$until", 0]}, now]}
        with suppress(DuplicateKeyError):  # another process made it in the same instant
            self._leases.update_one(
                {"_id": self._name}, {"$setOnInsert": {"until": 0, "fence": 0}}, upsert=True
            )
        return self._update(
            {"_id": self._name, "$expr": over},
            {"holder": self._me, "fence": {"$max": [{"$add": ["$fence", 1]}, now]}},
        )

    def _update(self, wanted: dict[str, object], change: dict[str, object]) -> int | None:
        until = {"$add": [{"$toLong": "$$NOW"}, LEASE_MS]}
        found = self._leases.find_one_and_update(
            wanted, [{"$set": {**change, "until": until}}], return_document=ReturnDocument.AFTER
        )
        return int(found["fence"]) if found else None
