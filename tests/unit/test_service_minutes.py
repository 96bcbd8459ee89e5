"""Service minutes: breaks, prayer, suspensions, other time zones; against counting seconds."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offices.calendar import WorkingCalendar
from offices.office import load_offices
from offices.opening_hours import HoursRow, OpeningHours, Span
from offices.service_minutes import ServiceMinutes, Stretch

CALENDAR = load_offices(Path(__file__).parents[2] / "deploy/offices")["1471"].calendar
MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)
TEN = timedelta(minutes=10)


def local(day, clock):
    """Return a local wall time of Pekanbaru in UTC."""
    return CALENDAR.at(day, time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("day", "start", "due"),
    [
        (MONDAY, "09:00", "09:10"),
        (MONDAY, "07:15", "08:10"),  # before the opening
        (MONDAY, "11:58", "13:08"),  # two minutes before the break
        (MONDAY, "11:50", "12:00"),  # to the last second of the interval
        (MONDAY, "12:59", "13:10"),  # in the break
        (FRIDAY, "11:29", "13:09"),  # Friday prayer
    ],
)
def test_ten_minutes_end_where_the_hours_say(day, start, due):
    """Breaks do not count, and neither does the time before the opening."""
    minutes = ServiceMinutes.of(CALENDAR, day)
    assert minutes.after(local(day, start), TEN) == local(day, due)
    assert minutes.between(local(day, start), local(day, due)) == TEN


def test_ten_minutes_do_not_end_after_closing():
    """15:29 with closing at 15:30: one minute is left, and the clock stands."""
    minutes = ServiceMinutes.of(CALENDAR, MONDAY)
    assert minutes.after(local(MONDAY, "15:29"), TEN) is None
    assert minutes.between(local(MONDAY, "15:29"), local(MONDAY, "17:00")) == timedelta(minutes=1)


def test_suspension_across_the_break_is_left_out_once():
    """From 11:55 to 13:05: five minutes before it count, the rest after it."""
    suspended = Stretch(local(MONDAY, "11:55"), local(MONDAY, "13:05"))
    minutes = ServiceMinutes.of(CALENDAR, MONDAY, [suspended])
    assert minutes.after(local(MONDAY, "11:50"), TEN) == local(MONDAY, "13:10")


def test_nothing_counts_on_a_day_off():
    """A Sunday has no service minutes."""
    sunday = date(2026, 11, 22)
    minutes = ServiceMinutes.of(CALENDAR, sunday)
    at = local(sunday, "09:00")
    assert (minutes.after(at, TEN), minutes.begins(at)) == (None, at)


def test_office_in_eastern_time_begins_two_hours_earlier():
    """WIT is UTC+9: 08:00 there is 23:00 UTC of the day before."""
    row = HoursRow(weekdays=frozenset(range(5)), intervals=(Span(time(8), time(15, 30)),))
    jayapura = WorkingCalendar("Asia/Jayapura", OpeningHours((row,)))
    minutes = ServiceMinutes.of(jayapura, MONDAY)
    opening = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert minutes.begins(opening - timedelta(hours=1)) == opening


SECONDS = st.integers(6 * 3600, 18 * 3600)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([MONDAY, FRIDAY]),
    SECONDS,
    SECONDS,
    st.lists(st.tuples(SECONDS, st.integers(0, 3600)), max_size=3),
)
def test_clock_equals_counting_every_second(day, one, other, pauses):
    """An oracle that looks at each second alone."""
    midnight = CALENDAR.at(day, time(0))
    start, end = sorted((one, other))
    holes = [(at, at + length) for at, length in pauses]
    suspensions = [
        Stretch(midnight + timedelta(seconds=a), midnight + timedelta(seconds=b)) for a, b in holes
    ]
    counted = sum(
        CALENDAR.is_open(midnight + timedelta(seconds=second))
        and not any(a <= second < b for a, b in holes)
        for second in range(start, end)
    )
    minutes = ServiceMinutes.of(CALENDAR, day, suspensions)
    began, ended = (midnight + timedelta(seconds=s) for s in (start, end))
    assert minutes.between(began, ended) == timedelta(seconds=counted)
    due = minutes.after(began, TEN)
    assert due is None or minutes.between(began, due) == TEN
