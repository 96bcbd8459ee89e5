"""Service minutes: the clock that runs only while an office serves.

The 10-minute limit is counted in them. It stands still before opening, in breaks, on days off,
after closing, and while service is suspended. Pure, and within one day of service.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from offices.calendar import WorkingCalendar


@dataclass(frozen=True, order=True)
class Stretch:
    """A stretch of time in UTC, `start` included, `end` not."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class ServiceMinutes:
    """When an office serves on one date: stretches in order, apart from each other."""

    stretches: tuple[Stretch, ...]

    @classmethod
    def of(
        cls, calendar: WorkingCalendar, day: date, suspensions: Iterable[Stretch] = ()
    ) -> "ServiceMinutes":
        """Return the service minutes of a local date; none on a day off."""
        spans = calendar.hours.spans(day) if calendar.is_working_day(day) else ()
        open_ = [Stretch(calendar.at(day, s.start), calendar.at(day, s.end)) for s in spans]
        for suspended in sorted(s for s in suspensions if s.start < s.end):  # clocks may step back
            open_ = [left for stretch in open_ for left in _without(stretch, suspended)]
        return cls(tuple(open_))

    def begins(self, at: datetime) -> datetime:
        """Return the first moment from `at` on at which the clock runs; `at` if none is left."""
        return next((max(s.start, at) for s in self.stretches if at < s.end), at)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return how long the clock ran from `start` to `end`; nothing if `end` is earlier."""
        ran = (min(s.end, end) - max(s.start, start) for s in self.stretches)
        return sum((t for t in ran if t > timedelta(0)), timedelta(0))

    def after(self, start: datetime, minutes: timedelta) -> datetime | None:
        """Return when the clock, from `start` on, has run so long; None if not on this day."""
        left = minutes
        for stretch in self.stretches:
            begin = max(stretch.start, start)
            if begin + left <= stretch.end:
                return begin + left
            left -= max(stretch.end - begin, timedelta(0))
        return None


def _without(stretch: Stretch, hole: Stretch) -> Iterator[Stretch]:
    if hole.end <= stretch.start or stretch.end <= hole.start:
        yield stretch
        return
    if stretch.start < hole.start:
        yield Stretch(stretch.start, hole.start)
    if hole.end < stretch.end:
        yield Stretch(hole.end, stretch.end)
