"""Working days of an office: which dates count, and when a limit of so many of them ends.

Pure: every moment comes in as an argument, and is read in the office's time zone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from zoneinfo import ZoneInfo

from offices.opening_hours import OpeningHours
from offices.public_holidays import DayKind, DayOff, national_days, tables_version

WEEKEND_NAMES = {5: "Sabtu", 6: "Minggu"}
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Override(DayOff):
    """A date an office or a later decree decides otherwise than the national tables."""

    decree_no: str


@dataclass(frozen=True)
class Skipped:
    """A date that did not count: a holiday's name, a closure's, or "Sabtu"/"Minggu"."""

    date: date
    reason: str


@dataclass(frozen=True)
class Due:
    """When a limit ends (UTC), by which calendar, and what was not counted on the way."""

    due_at: datetime
    calendar_version: str
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class WorkingCalendar:
    """Monday to Friday, less national holidays, joint leave and closures, as overridden.

    Of two overrides of one date the later in the tuple holds. Every method raises
    `OutsideTables` (a ValueError) beyond the year 2100. Not guaranteed: joint leave of
    years after the one named in `version`, for which there is no decree yet.
    """

    time_zone: str
    hours: OpeningHours = field(default_factory=OpeningHours)
    overrides: tuple[Override, ...] = ()

    def due(self, start: datetime, working_days: int) -> Due:
        """Return the closing time of service on the n-th working day after `start`'s.

        The local date of `start` is day 0; if it does not count, the working day before
        it is. With 0 days the limit ends on day 0 itself, which may lie before `start`.
        """
        if working_days < 0:
            raise ValueError(f"a limit of {working_days} working days")
        day, left = self._day_zero(self.local_date(start)), working_days
        skipped = []
        while left:
            day += ONE_DAY
            reason = self.reason_off(day)
            if reason is None:
                left -= 1
            else:
                skipped.append(Skipped(day, reason))
        return Due(self.closing(day), self.version, tuple(skipped))

    def working_days_between(self, start: datetime, end: datetime) -> int:
        """Count the working dates after the local date of `start`, up to that of `end`."""
        return sum(map(self.is_working_day, _dates(self.local_date(start), self.local_date(end))))

    def days_off(self, year: int) -> tuple[DayOff, ...]:
        """Return the named days of a year in order; plain week-ends are not named.

        Holidays that fall on a week-end are listed too, and what an override turned
        into a working day is listed as `working`; an `Override` says by which decree.
        """
        named = dict(national_days(year))
        named |= {day: entry for day, entry in self._overridden.items() if day.year == year}
        return tuple(day for _, day in sorted(named.items()))

    def is_working_day(self, day: date) -> bool:
        return self.reason_off(day) is None

    def reason_off(self, day: date) -> str | None:
        """Say in Indonesian why `day` does not count; None if it does."""
        named = self._overridden.get(day) or national_days(day.year).get(day)
        if named is not None:
            return None if named.kind is DayKind.WORKING else named.name
        return WEEKEND_NAMES.get(day.weekday())

    def closing(self, day: date) -> datetime:
        """Return the closing time of service of `day`, in UTC."""
        return self.at(day, self.hours.closing_time(day))

    def is_open(self, at: datetime, until: datetime | None = None) -> bool:
        """Tell whether `at`, and all from there `until`, lies in the hours of a working day."""
        local, end = self.local(at), self.local(until or at)
        if local.date() != end.date() or not self.is_working_day(local.date()):
            return False
        return self.hours.is_open(local.date(), local.time(), end.time())

    def local_date(self, moment: datetime) -> date:
        """Return the date it is at the office; a `moment` without offset is refused."""
        return self.local(moment).date()

    def at(self, day: date, clock_time: time) -> datetime:
        """Return a local wall time as UTC."""
        return datetime.combine(day, clock_time, ZoneInfo(self.time_zone)).astimezone(UTC)

    def end_of_day(self, day: date) -> datetime:
        """Return 23:59:59 local of `day`, in UTC."""
        return self.at(day, time(23, 59, 59))

    @cached_property
    def version(self) -> str:
        """Name what the calendar is made of, such as `id-0.109-to-2027-9f2c41d0a7be`.

        Library version, last year whose joint leave is decreed, and a hash of time zone,
        hours and overrides: if any of them changes, so does the version.
        """
        overrides = [asdict(entry) for entry in self._overridden.values()]
        made_of = [self.time_zone, asdict(self.hours), overrides]
        canonical = json.dumps(made_of, default=_scalar, sort_keys=True)
        return f"{tables_version()}-{sha256(canonical.encode()).hexdigest()[:12]}"

    @cached_property
    def _overridden(self) -> Mapping[date, Override]:
        return {entry.date: entry for entry in sorted(self.overrides, key=lambda o: o.date)}

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the office's time zone; one without offset is refused."""
        if moment.tzinfo is None:
            raise ValueError("a moment without UTC offset")
        return moment.astimezone(ZoneInfo(self.time_zone))

    def _day_zero(self, day: date) -> date:
        while not self.is_working_day(day):
            day -= ONE_DAY
        return day


def national_calendar(overrides: tuple[Override, ...] = ()) -> WorkingCalendar:
    """Return the calendar no office has touched, in Western Indonesian Time."""
    return WorkingCalendar("Asia/Jakarta", overrides=overrides)


def _dates(after: date, until: date) -> Iterator[date]:
    return (after + timedelta(days=n) for n in range(1, (until - after).days + 1))


def _scalar(value: object) -> object:
    # Sorted, because the order of a set differs from process to process.
    return sorted(value) if isinstance(value, frozenset) else str(value)
