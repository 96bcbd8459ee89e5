"""The time that a system for tests and tours has travelled; it lies in the database for all."""

from datetime import UTC, datetime, timedelta
from threading import Lock

from pymongo.errors import PyMongoError

from kernel.clock import Clock, monotonic
from kernel.database import Db

LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Nobody's clock travels beyond it: dates reckoned from there must still be dates."""


class TravelledTime:
    """The offset of `pst clock advance`, re-read at most ten times a second.

    While the database is away the last known offset holds. One that is stored beyond `LATEST`,
    which nobody could have asked for, ends there.
    """

    REREAD_S = 0.1

    def __init__(self, clock_db: Db) -> None:
        self._offsets = clock_db["offset"]
        self._value = timedelta()
        self._read_at = -1.0
        self._reading = Lock()

    def __call__(self) -> timedelta:
        """Return by how much this system is ahead."""
        if self._is_old():
            with self._reading:  # who asks meanwhile waits for the same answer
                if self._is_old():
                    self._value = self._read()
                    self._read_at = monotonic()
        return self._value

    def _is_old(self) -> bool:
        return monotonic() - self._read_at >= self.REREAD_S

    def advance(self, by: timedelta) -> timedelta:
        """Move everybody's clock forward by `by`; return the new offset.

        Raises `ValueError` for a step back, and for one beyond `LATEST`.
        """
        if by <= timedelta():
            raise ValueError("time only moves forward")
        if by > LATEST - Clock(self._read).now():
            raise ValueError(f"time goes no further than the year {LATEST.year}")
        step = int(by.total_seconds() * 1000)
        self._offsets.update_one({"_id": "offset"}, {"$inc": {"ms": step}}, upsert=True)
        with self._reading:  # what is read meanwhile may be older
            self._value = self._read()
        return self._value

    def _read(self) -> timedelta:
        try:
            found = self._offsets.find_one({"_id": "offset"})
        except PyMongoError:
            return self._value
        furthest = (LATEST - Clock().now()) // timedelta(milliseconds=1)
        return timedelta(milliseconds=min(found["ms"], furthest)) if found else timedelta()
