"""When an office serves: effective-dated rows per weekday, with breaks and special periods."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True, order=True)
class Span:
    """A part of a day in local time, `start` included, `end` not."""

    start: time
    end: time

    def __contains__(self, at: time) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, kw_only=True)
class HoursRow:
    """The hours of some weekdays (Monday is 0) between two dates, both included.

    `special` names a period that stands above the ordinary rows, such as Ramadan.
    """

    weekdays: frozenset[int]
    intervals: tuple[Span, ...]
    breaks: tuple[Span, ...] = ()
    valid_from: date = date.min
    valid_until: date = date.max
    special: str | None = None

    def applies(self, day: date) -> bool:
        return day.weekday() in self.weekdays and self.in_effect(day)

    def in_effect(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_until

    def closing_time(self) -> time:
        return max(span.end for span in self.intervals)


@dataclass(frozen=True)
class OpeningHours:
    """All rows of an office; says nothing about holidays (`offices/calendar.py` does)."""

    rows: tuple[HoursRow, ...] = ()

    def row(self, day: date) -> HoursRow | None:
        """Return the row that rules `day`: a special one first, then the latest to begin."""
        rows = [row for row in self.rows if row.applies(day)]
        return max(rows, key=lambda r: (r.special is not None, r.valid_from), default=None)

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return when `day` is served: its intervals without the breaks, in order."""
        row = self.row(day)
        return tuple(_without_breaks(row)) if row else ()

    def is_open(self, day: date, at: time, until: time) -> bool:
        """Tell whether the hours of `day` hold all from `at` `until` there; breaks are not open."""
        return any(at in span and until <= span.end for span in self.spans(day))

    def closing_time(self, day: date) -> time:
        """Return when service ends on `day`.

        A day without hours of its own (an extra working Saturday) ends like the latest
        ordinary day of the week; an office without any hours, with the day: 23:59:59.
        """
        row = self.row(day)
        if row is not None:
            return row.closing_time()
        ordinary = [r for r in self.rows if r.special is None and r.in_effect(day)]
        return max((r.closing_time() for r in ordinary), default=time(23, 59, 59))


def _without_breaks(row: HoursRow) -> Iterator[Span]:
    for interval in sorted(row.intervals):
        start = interval.start
        for pause in sorted(row.breaks):
            if start < pause.end and pause.start < interval.end:
                if start < pause.start:
                    yield Span(start, pause.start)
                start = pause.end
        if start < interval.end:
            yield Span(start, interval.end)
