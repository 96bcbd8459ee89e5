"""Firing: what has come due is carried out side by side, each stream's dates in their order."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from threading import Event

import structlog

from contracts.errors import Unavailable
from kernel.deadlines import Deadline, Deadlines
from kernel.metrics import DATES_PUT_OFF

log = structlog.get_logger()

SIDE_BY_SIDE = 8
"""So many streams at once: a mail server that says nothing for long holds up few others."""

LOOK_S = 0.25

Fire = Callable[[Deadline], None]


class Firing:
    """Fires the dates of one service while `leads()`; one thread calls `step`.

    A date is forgotten after it fired: cut off between the two, it fires again.
    """

    def __init__(
        self, deadlines: Deadlines, now: Callable[[], datetime], leads: Callable[[], bool]
    ) -> None:
        self._deadlines = deadlines
        self._now = now
        self._leads = leads
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="firing")
        self._at_it: dict[Future[None], str] = {}
        self._stopping = Event()
        self._oldest: datetime | None = None

    def step(self, fire: Fire) -> int:
        """Begin what has come due, wait a moment; return how many streams were at it."""
        if len(self._at_it) < SIDE_BY_SIDE and not self._stopping.is_set():
            self._begin(fire)
        at_it = len(self._at_it)
        ended, _ = wait(self._at_it, timeout=LOOK_S, return_when=FIRST_COMPLETED)
        for each in ended:
            del self._at_it[each]
        for each in ended:
            each.result()  # raises what kept a date from being forgotten or put off
        return at_it

    def late_s(self) -> float:
        """Return for how long the oldest date has been due that is, or waits to be, fired.

        One that was put off counts while it is looked at, every eleven minutes at least; that it
        was is counted by itself.
        """
        return (self._now() - self._oldest).total_seconds() if self._oldest else 0.0

    def stop(self) -> None:
        """Begin no more, and wait for those that are being fired."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def _begin(self, fire: Fire) -> None:
        busy = set(self._at_it.values())
        streams: dict[str, list[Deadline]] = {}
        dates = self._deadlines.due(self._now())
        self._oldest = min((date.due_at for date in dates), default=None)
        for date in dates:
            if date.stream not in busy:
                streams.setdefault(date.stream, []).append(date)
        for stream, dates in streams.items():
            self._at_it[self._pool.submit(self._fire_all, fire, dates)] = stream

    def _fire_all(self, fire: Fire, dates: list[Deadline]) -> None:
        for date in dates:
            if self._stopping.is_set() or not self._leads():
                return  # it stays due, for whoever leads
            self._fire(fire, date)

    def _fire(self, fire: Fire, date: Deadline) -> None:
        try:
            fire(date)
        except Unavailable as error:
            log.warning("deadline_waits", deadline=date.name, error=str(error))
            DATES_PUT_OFF.labels("unavailable").inc()
            self._deadlines.later(date, self._now())
        except Exception:  # one that fails must not hold up the others
            log.exception("deadline_failed", stream=date.stream, deadline=date.name)
            DATES_PUT_OFF.labels("failed").inc()
            self._deadlines.failed(date, self._now())
        else:
            self._deadlines.done(date)
