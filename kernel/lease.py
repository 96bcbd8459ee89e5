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
NOW = {"$toLong": "$$NOW"}


class Lease:
    """One holder at a time for `name`; `fence` grows with every change of holder."""

    def __init__(self, db: Db, name: str) -> None:
        self._leases = db["leases"]
        self._name = name
        self._me = f"{gethostname()}:{getpid()}:{new_id()}"
        self._ask_at = 0.0
        self._asking = Lock()
        self.fence = 0
        nobody_waits = {"$lte": [{"$ifNull": ["$wanted_until", 0]}, NOW]}
        self._ours = {"$or": [{"$eq": ["$wanted", self._me]}, nobody_waits]}

    def held(self) -> bool:
        """Take, renew or confirm the lease; asks the database once a second.

        True is no promise for long: what a leader writes must carry its `fence`.
        """
        with self._asking:  # threads of one process hear the same answer
            now = monotonic()
            if now >= self._ask_at:
                renewed = self._renewed()
                if renewed is None:
                    self._let_go()  # lost, or asked for by another
                self.fence = renewed or self._taken() or 0
                self._ask_at = now + RENEW_S
            return bool(self.fence)

    def ask_for(self) -> None:
        """Have the holder let go at its next renewal, and nobody but us follow it.

        Holds for a few seconds only: repeat it together with `held` until that is true.
        """
        wish = {"wanted": self._me, "wanted_until": {"$add": [NOW, LEASE_MS]}}
        self._leases.update_one({"_id": self._name}, [{"$set": wish}], upsert=True)
        self._ask_at = 0.0

    def taken_if_abandoned(self, for_ms: int) -> bool:
        """Take it if nobody has held it for so long, or been seen to, on the database's clock."""
        self.fence = self._taken(for_ms) or 0
        return bool(self.fence)

    def release(self, stand_back_s: float = 0.0) -> None:
        """Let the next one in, and do not ask again for so long."""
        with self._asking:
            self._let_go()
            self._ask_at = monotonic() + stand_back_s

    def _let_go(self) -> None:
        held, self.fence = self.fence, 0
        if held:
            mine = {"_id": self._name, "holder": self._me}
            self._leases.update_one(mine, [{"$set": {"until": NOW}}])

    def _renewed(self) -> int | None:
        return self._update({"_id": self._name, "holder": self._me, "$expr": self._ours}, {})

    def _taken(self, over_for_ms: int = 0) -> int | None:
        over = {"$lte": [{"$add": [{"$ifNull": ["$until", 0]}, over_for_ms]}, NOW]}
        first = {"until": {"$ifNull": ["$until", NOW]}, "fence": {"$ifNull": ["$fence", 0]}}
        with suppress(DuplicateKeyError):  # another process made it in the same instant
            self._leases.update_one({"_id": self._name}, [{"$set": first}], upsert=True)
        return self._update(
            {"_id": self._name, "$expr": {"$and": [over, self._ours]}},
            {
                "holder": self._me,
                "wanted_until": 0,
                # the clock, so that they grow even if this collection was lost
                "fence": {"$max": [{"$add": ["$fence", 1]}, NOW]},
            },
        )

    def _update(self, wanted: dict[str, object], change: dict[str, object]) -> int | None:
        until = {"$add": [NOW, LEASE_MS]}
        found = self._leases.find_one_and_update(
            wanted, [{"$set": {**change, "until": until}}], return_document=ReturnDocument.AFTER
        )
        return int(found["fence"]) if found else None
