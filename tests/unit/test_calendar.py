"""Working days: the vectors of the domain, a slow independent count, zones, versions."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offices import public_holidays
from offices.calendar import Override, Skipped, WorkingCalendar, national_calendar
from offices.opening_hours import HoursRow, OpeningHours, Span
from offices.public_holidays import (
    DayKind,
    OutsideTables,
    decreed_through,
    national_days,
)

HOURS = OpeningHours(
    (
        HoursRow(
            weekdays=frozenset({0, 1, 2, 3}),
            intervals=(Span(time(8), time(15, 30)),),
            breaks=(Span(time(12), time(13)),),
        ),
        HoursRow(
            weekdays=frozenset({4}),
            intervals=(Span(time(8), time(16)),),
            breaks=(Span(time(11, 30), time(13)),),
        ),
    )
)
PEKANBARU = WorkingCalendar("Asia/Jakarta", HOURS)
JAYAPURA = WorkingCalendar("Asia/Jayapura", HOURS)

VECTORS = [
    (date(2026, 11, 20), 3, date(2026, 11, 25)),
    (date(2026, 11, 21), 3, date(2026, 11, 25)),
    (date(2026, 12, 22), 3, date(2026, 12, 29)),
    (date(2026, 12, 31), 3, date(2027, 1, 7)),
    (date(2026, 3, 17), 3, date(2026, 3, 27)),
    (date(2027, 5, 14), 3, date(2027, 5, 25)),
    (date(2026, 11, 23), 14, date(2026, 12, 11)),
]


@cache
def library(year: int) -> set[date]:
    """Ask the library itself, in the way the domain prescribes."""
    categories = ("public", "government")
    return set(holidays.country_holidays("ID", years=year, categories=categories, language="id"))


def morning(day: date, calendar: WorkingCalendar = PEKANBARU) -> datetime:
    return calendar.at(day, time(9))


def closed(day: date, kind: DayKind = DayKind.CLOSURE, name: str = "Pindah gedung") -> Override:
    return Override(day, kind, name, decree_no="B-1/1471/2026")


@pytest.mark.parametrize(("start", "days", "due"), VECTORS)
def test_limit_ends_on_the_day_the_domain_says(start, days, due):
    """The vectors of the domain hold at any hour of the first day."""
    for hour in (time(0), time(9), time(23, 59, 59)):
        answer = PEKANBARU.due(PEKANBARU.at(start, hour), days)
        assert PEKANBARU.local_date(answer.due_at) == due


@pytest.mark.parametrize(
    ("start", "due_at"),
    [
        (date(2026, 11, 20), datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),  # Wed 15:30 WIB
        (date(2026, 3, 17), datetime(2026, 3, 27, 9, 0, tzinfo=UTC)),  # Fri 16:00 WIB
    ],
)
def test_limit_ends_at_the_closing_time_of_its_last_day(start, due_at):
    """Fridays close later than other days."""
    assert PEKANBARU.due(morning(start), 3).due_at == due_at


def test_skipped_days_are_named_in_indonesian():
    """Each date between day 0 and the due date which did not count, in order."""
    skipped = PEKANBARU.due(morning(date(2026, 12, 31)), 3).skipped
    assert skipped == (
        Skipped(date(2027, 1, 1), "Tahun Baru Masehi"),
        Skipped(date(2027, 1, 2), "Sabtu"),
        Skipped(date(2027, 1, 3), "Minggu"),
        Skipped(date(2027, 1, 5), "Isra Mikraj Nabi Muhammad"),
    )


def test_a_start_on_saturday_lists_that_saturday_as_skipped():
    """Day 0 is the Friday before."""
    dates = [day.date for day in PEKANBARU.due(morning(date(2026, 11, 21)), 3).skipped]
    assert dates == [date(2026, 11, 21), date(2026, 11, 22)]


def test_zero_days_end_on_day_zero():
    """The closing time of the day itself, even if it has passed."""
    late = PEKANBARU.at(date(2026, 11, 20), time(20))
    assert PEKANBARU.due(late, 0).due_at == PEKANBARU.at(date(2026, 11, 20), time(16))
    assert PEKANBARU.due(late, 0).skipped == ()


def test_a_negative_limit_is_refused():
    with pytest.raises(ValueError, match="-1 working days"):
        PEKANBARU.due(morning(date(2026, 11, 20)), -1)


def test_the_local_day_decides_not_the_day_in_utc():
    """23:59 UTC of a Thursday is Friday in Pekanbaru and in Jayapura."""
    start = datetime(2026, 11, 19, 23, 59, tzinfo=UTC)
    assert PEKANBARU.local_date(start) == date(2026, 11, 20)
    assert PEKANBARU.local_date(PEKANBARU.due(start, 3).due_at) == date(2026, 11, 25)


def test_offices_in_other_zones_have_other_days_and_closing_times():
    """At 15:30 UTC it is still Friday in Pekanbaru and already Saturday in Jayapura."""
    friday_late = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    assert PEKANBARU.local_date(friday_late) == date(2026, 11, 20)
    assert JAYAPURA.local_date(friday_late) == date(2026, 11, 21)
    assert JAYAPURA.due(friday_late, 3).due_at == datetime(2026, 11, 25, 6, 30, tzinfo=UTC)


def test_the_offset_of_the_moment_does_not_matter():
    """The same moment written with another offset gives the same answer."""
    start = datetime(2026, 11, 20, 2, tzinfo=UTC)
    elsewhere = start.astimezone(timezone(timedelta(hours=-11)))
    assert PEKANBARU.due(elsewhere, 3) == PEKANBARU.due(start, 3)


def test_a_moment_without_offset_is_refused():
    with pytest.raises(ValueError, match="without UTC offset"):
        PEKANBARU.local_date(datetime(2026, 11, 20))


def test_end_of_day_is_a_second_before_local_midnight():
    assert PEKANBARU.end_of_day(date(2026, 11, 27)) == datetime(
        2026, 11, 27, 16, 59, 59, tzinfo=UTC
    )


def test_a_closure_moves_the_limit_and_is_named():
    office = replace(PEKANBARU, overrides=(closed(date(2026, 11, 24)),))
    answer = office.due(morning(date(2026, 11, 20)), 3)
    assert office.local_date(answer.due_at) == date(2026, 11, 26)
    assert Skipped(date(2026, 11, 24), "Pindah gedung") in answer.skipped


def test_a_day_off_can_be_made_a_working_day():
    """A joint leave taken back counts again, and is listed as working."""
    entry = closed(date(2026, 12, 24), DayKind.WORKING, "Cuti bersama dibatalkan")
    office = replace(PEKANBARU, overrides=(entry,))
    assert office.local_date(office.due(morning(date(2026, 12, 22)), 2).due_at) == date(
        2026, 12, 24
    )
    listed = {day.date: day.kind for day in office.days_off(2026)}
    assert listed[date(2026, 12, 24)] is DayKind.WORKING


def test_a_working_saturday_ends_like_the_latest_day_of_the_week():
    """It has no hours of its own: 16:00 as on Fridays."""
    office = replace(PEKANBARU, overrides=(closed(date(2026, 11, 21), DayKind.WORKING, "Lembur"),))
    due_at = office.due(morning(date(2026, 11, 20)), 1).due_at
    assert due_at == office.at(date(2026, 11, 21), time(16))
    assert not office.is_open(office.at(date(2026, 11, 21), time(10)))


def test_an_office_without_hours_ends_its_limits_with_the_day():
    due_at = national_calendar().due(morning(date(2026, 11, 20)), 3).due_at
    assert due_at == PEKANBARU.end_of_day(date(2026, 11, 25))


def test_the_later_of_two_overrides_holds():
    day = date(2026, 11, 24)
    office = replace(PEKANBARU, overrides=(closed(day), closed(day, DayKind.WORKING, "Batal")))
    assert office.is_working_day(day)


def test_holidays_and_joint_leave_are_told_apart():
    kinds = {day.date: day.kind for day in PEKANBARU.days_off(2026)}
    assert kinds[date(2026, 12, 24)] is DayKind.JOINT_LEAVE
    assert kinds[date(2026, 12, 25)] is DayKind.HOLIDAY
    assert list(kinds) == sorted(kinds)


@pytest.mark.parametrize("year", range(2002, 2028))
def test_the_tables_are_those_of_the_library(year):
    """Nothing of the library is lost, and joint leave is joint leave by name."""
    days = national_days(year)
    assert set(days) == library(year)
    for day in days.values():
        joint = day.kind is DayKind.JOINT_LEAVE
        assert ("Cuti Bersama" in day.name) == joint


def test_years_beyond_the_tables_are_refused():
    with pytest.raises(OutsideTables, match="2101"):
        PEKANBARU.due(datetime(2100, 12, 30, tzinfo=UTC), 10)


def test_the_version_says_how_far_joint_leave_is_known():
    """After that year a limit is counted without it."""
    year = decreed_through()
    assert f"-to-{year}-" in PEKANBARU.version
    assert not [d for d in PEKANBARU.days_off(year + 1) if d.kind is DayKind.JOINT_LEAVE]


def test_the_version_changes_with_whatever_the_calendar_is_made_of(monkeypatch):
    """Zone, hours, overrides, library; the same parts give the same version."""
    later = OpeningHours((replace(HOURS.rows[0], intervals=(Span(time(8), time(16)),)),))
    versions = [
        PEKANBARU.version,
        JAYAPURA.version,
        replace(PEKANBARU, hours=later).version,
        replace(PEKANBARU, overrides=(closed(date(2026, 11, 24)),)).version,
        replace(PEKANBARU, overrides=(closed(date(2026, 11, 25)),)).version,
    ]
    assert len(set(versions)) == len(versions)
    assert replace(PEKANBARU).version == PEKANBARU.version
    monkeypatch.setattr(public_holidays, "library_version", "9.9")
    assert replace(PEKANBARU).version != PEKANBARU.version


def test_the_version_does_not_depend_on_the_order_of_overrides():
    one, two = closed(date(2026, 11, 24)), closed(date(2026, 11, 26))
    assert (
        replace(PEKANBARU, overrides=(one, two)).version
        == replace(PEKANBARU, overrides=(two, one)).version
    )


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 11, 20, 0, 59, 59, tzinfo=UTC), False),  # Fri 07:59:59
        (datetime(2026, 11, 20, 1, 0, tzinfo=UTC), True),  # Fri 08:00
        (datetime(2026, 11, 20, 4, 30, tzinfo=UTC), False),  # Fri 11:30, prayer
        (datetime(2026, 11, 20, 6, 0, tzinfo=UTC), True),  # Fri 13:00
        (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), False),  # Fri 16:00
        (datetime(2026, 11, 21, 2, 0, tzinfo=UTC), False),  # Saturday
        (datetime(2026, 12, 24, 2, 0, tzinfo=UTC), False),  # joint leave
    ],
)
def test_open_means_a_working_day_in_hours_outside_breaks(at, is_open):
    assert PEKANBARU.is_open(at) is is_open


# An independent count: every date one by one, against the library itself.

DATES = st.dates(date(2020, 1, 1), date(2040, 12, 31))
CLOSURES = st.frozensets(DATES, max_size=10)


def counts(day: date, closures: frozenset[date]) -> bool:
    return day.weekday() < 5 and day not in library(day.year) and day not in closures


@given(start=DATES, days=st.integers(0, 40), closures=CLOSURES, near=st.integers(0, 20))
def test_due_agrees_with_a_count_day_by_day(start, days, closures, near):
    """Between day 0 and the due date lie as many working days as asked, all else is skipped."""
    closures |= {start + timedelta(days=near)}
    office = replace(PEKANBARU, overrides=tuple(map(closed, closures)))
    answer = office.due(morning(start), days)
    day, walked, skipped = start, 0, []
    while not counts(day, closures):
        day -= timedelta(days=1)
    while walked < days:
        day += timedelta(days=1)
        if counts(day, closures):
            walked += 1
        else:
            skipped.append(day)
    assert office.local_date(answer.due_at) == day
    assert [entry.date for entry in answer.skipped] == skipped
    assert answer.due_at.utcoffset() == timedelta(0)


@given(start=DATES, length=st.integers(-5, 60), closures=CLOSURES)
def test_working_days_between_counts_after_the_start_up_to_the_end(start, length, closures):
    """The pause rule: dates d with start < d <= end; none when the end lies before."""
    office = replace(PEKANBARU, overrides=tuple(map(closed, closures)))
    end = start + timedelta(days=length)
    expected = [start + timedelta(days=n) for n in range(1, length + 1)]
    assert office.working_days_between(morning(start), morning(end)) == sum(
        counts(day, closures) for day in expected
    )


@given(start=DATES, days=st.integers(0, 40), more=st.integers(1, 10))
def test_a_longer_limit_ends_later_by_so_many_working_days(start, days, more):
    early, late = (PEKANBARU.due(morning(start), n).due_at for n in (days, days + more))
    assert PEKANBARU.working_days_between(early, late) == more
