"""Moves everybody's clock through a morning, and stops wherever the queue service has a date."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from pymongo.errors import PyMongoError

from deploy.demo.tour import Tour
from deploy.problem import Problem
from host.travelled_time import TravelledTime
from kernel.database import connect, database
from kernel.deadlines import Deadline, Deadlines

A_MOMENT = timedelta(milliseconds=5)
LOOK_S = 0.03
PATIENCE_S = 20.0
SOONEST = timedelta(seconds=30)
"""No rule of the queue sets a date that is nearer."""

DATES = 20
"""So many are looked at: those of the day, and of days before that failed."""


class Timekeeper:
    """Does what `pst clock advance` does, without a process for each of some hundred moves."""

    def __init__(self, tour: Tour, travelled: TravelledTime) -> None:
        self._now = tour.now
        self._travelled = travelled
        settings = tour.system.settings
        db = database(connect(settings), settings, "queue")
        self._commits = db["commits"]
        self._dates = Deadlines(db)
        self._settled = tour.now()
        """All dates are known that were set until then."""

    def until(self, moment: datetime) -> None:
        """Move to a moment, if it has not come yet, by way of all dates before it.

        A date must fire at its time, as in life: a limit that is over is not noticed afterwards.
        """
        with _told():
            while (now := self._now()) < moment:
                if moment - self._settled >= SOONEST:
                    self._settle(now)
                due = self._next_date(now, moment)
                self._travelled.advance((due or moment) - now + A_MOMENT)
                time.sleep(TravelledTime.REREAD_S)  # until every process has read it
                if due is not None:
                    self._fired(due)

    def _settle(self, now: datetime) -> None:
        """Wait until the service has taken up all that has happened, and set the dates of it."""
        done = self._dates.checkpoint()
        _wait(
            lambda: self._commits.find_one({"position": done.read() + 1}) is None,
            "The queue service does not take up what has happened.",
        )
        self._settled = now

    def _next_date(self, now: datetime, until: datetime) -> datetime | None:
        return min((d.due_at for d in self._pending(until) if d.due_at > now), default=None)

    def _fired(self, due: datetime) -> None:
        _wait(
            lambda: all(date.due_at != due for date in self._pending(self._now())),
            "The queue service does not carry out what has come due.",
        )

    def _pending(self, before: datetime) -> list[Deadline]:
        return self._dates.pending(before, DATES)[0]


def _wait(until: Callable[[], bool], problem: str) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not until():
        if time.monotonic() > give_up:
            raise Problem(problem)
        time.sleep(LOOK_S)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except PyMongoError as error:
        raise Problem(f"PST_MONGO_URL: the clock cannot be moved ({error}).") from error
