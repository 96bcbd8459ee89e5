"""The edges of hours, days and zones, by the clock on the office's wall and over HTTP."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from contracts.errors import Code
from offices.calendar import WorkingCalendar
from offices.office import load_offices
from tests.api import problem
from tests.e2e.walk_in import JAYAPURA, PEKANBARU, Office
from tests.support import Stack, eventually

FRIDAY = 4
SLACK = 5
"""Seconds that a handful of calls may take; each vector keeps further off its edge."""


class Wall:
    """The clock on an office's wall; it is only ever put forward."""

    def __init__(self, stack: Stack, office: str) -> None:
        self.stack = stack
        self.office = Office(stack, office)
        found = load_offices(stack.settings.offices)[office]
        self.calendar: WorkingCalendar = found.calendar
        self.day = self.calendar.local_date(stack.now())

    def next_day(self, weekday: int | None = None) -> "Wall":
        """Turn to the next working day, or the next one that is no Friday."""
        self.day = max(self.day, self.calendar.local_date(self.stack.now())) + timedelta(days=1)
        if not self.calendar.is_working_day(self.day) or (self.day.weekday() == FRIDAY) != (
            weekday == FRIDAY
        ):
            return self.next_day(weekday)
        return self

    def at(self, clock: str) -> datetime:
        """Put it to a local time of the day."""
        moment = self.calendar.at(self.day, time.fromisoformat(clock))
        self.stack.travel_to(moment)
        return moment

    def begin(self, counter: str = "K-1") -> dict[str, Any]:
        """Call who is next, and begin."""
        return self.office.step(self.office.call_next(counter).json(), "start")


@pytest.fixture
def jayapura(walk_in: Stack) -> Wall:
    """A day of its own for each test, where it is two hours later than in Pekanbaru."""
    return Wall(walk_in, JAYAPURA).next_day()


@pytest.fixture
def pekanbaru(walk_in: Stack) -> Wall:
    return Wall(walk_in, PEKANBARU).next_day()


def served(wall: Wall, arrives: str, begins: str) -> dict[str, Any]:
    """Somebody comes at one time and is served from another on; their ticket then."""
    wall.at(arrives)
    wall.office.issue()
    wall.at(begins)
    return wall.begin()


VECTORS = [
    ("just before the break", None, "11:58", "13:07:50", 590),
    ("just before the break, and ten seconds too late", None, "11:58", "13:08:10", 610),
    ("in the last minute of the break", None, "12:59", "13:09:50", 590),
    ("in the last minute of the break, too late", None, "12:59", "13:10:10", 610),
    ("just before the Friday prayer", FRIDAY, "11:29", "13:08:50", 590),
    ("just before the Friday prayer, too late", FRIDAY, "11:29", "13:09:10", 610),
    ("before the opening, by a supervisor's early day", None, "07:30", "08:09:50", 590),
]


@pytest.mark.parametrize(
    ("weekday", "arrives", "begins", "waited_s"),
    [v[1:] for v in VECTORS],
    ids=[v[0] for v in VECTORS],
)
def test_ten_minutes_run_while_the_office_serves(
    walk_in: Stack, weekday: int | None, arrives: str, begins: str, waited_s: int
) -> None:
    """By the hours of Jayapura, which are not those of Pekanbaru."""
    wall = Wall(walk_in, JAYAPURA).next_day(weekday)
    wall.at("07:00")
    assert wall.office.sari.post(f"/offices/{JAYAPURA}/day/open").is_success
    ticket = served(wall, arrives, begins)
    assert ticket["waited_s"] in range(waited_s - SLACK, waited_s + SLACK)
    assert ticket["within_limit"] is (waited_s < 600)


def test_closing_time_stops_the_clock(jayapura: Wall) -> None:
    """The one ahead leaves at 15:29; who begins at 15:41 has waited a minute of service."""
    jayapura.at("14:50")
    jayapura.office.issue()
    jayapura.office.issue()
    ahead = jayapura.begin()
    jayapura.at("15:29")
    problem(jayapura.office.kiosk.post(f"/offices/{JAYAPURA}/tickets"), Code.OFFICE_CLOSED)
    jayapura.office.step(ahead, "finish")
    jayapura.at("15:41")
    ticket = jayapura.begin()
    assert ticket["waited_s"] in range(60 - SLACK, 61)
    assert ticket["within_limit"] is True


def test_suspension_across_the_break_is_left_out_once(jayapura: Wall) -> None:
    """Five minutes before 11:55, and those from 13:05 on."""
    jayapura.at("11:50")
    jayapura.office.issue()
    jayapura.at("11:55")
    path = f"/offices/{JAYAPURA}/day"
    assert jayapura.office.sari.post(f"{path}/suspend", {"reason_code": "power_cut"}).is_success
    jayapura.at("13:05")
    assert jayapura.office.sari.post(f"{path}/resume").is_success
    jayapura.at("13:09:50")
    ticket = jayapura.begin()
    assert ticket["waited_s"] in range(590 - SLACK, 590 + SLACK)
    assert ticket["within_limit"] is True


def test_only_officer_at_lunch_is_told_to_the_second(jayapura: Wall) -> None:
    """The break ends at one, nobody is back: warned at 13:05, breached at 13:08."""
    with jayapura.stack.subscriber("9471.queue.*") as subscriber:
        jayapura.at("11:58")
        ticket = jayapura.office.issue()
        jayapura.at("13:04:55")
        assert told(subscriber, ticket) == {}
        jayapura.at("13:07:55")
        eventually(lambda: set(told(subscriber, ticket)) == {"start_limit_approaching"})
        jayapura.at("13:08:05")
        eventually(lambda: "start_limit_breached" in told(subscriber, ticket))
        breach = told(subscriber, ticket)["start_limit_breached"]
    t0 = jayapura.calendar.at(jayapura.day, time(11, 58))
    began = datetime.fromisoformat(breach["t0"])
    assert abs(began - t0) < timedelta(seconds=SLACK)


def told(subscriber: Any, ticket: dict[str, Any]) -> dict[str, Any]:
    """Return the data of the events of a ticket's limit, by kind."""
    mine = [e for _, e in subscriber.drain() if e["subject"] == ticket["ticket_id"]]
    kinds = {e["type"].split(".")[-2]: e["data"] for e in mine}
    return {kind: data for kind, data in kinds.items() if kind.startswith("start_limit")}


def test_utc_midnight_is_an_hour_like_any_other(jayapura: Wall) -> None:
    """08:59 in Jayapura is 23:59 UTC: the numbers go on, on the same date."""
    assert jayapura.at("08:59:50").hour == 23
    before = jayapura.office.issue()
    assert jayapura.at("09:00:05").hour == 0
    after = jayapura.office.issue()
    assert [t["number"] for t in (before, after)] == ["A001", "A002"]
    assert {before["service_date"], after["service_date"]} == {jayapura.day.isoformat()}


def test_local_midnight_begins_the_numbers_anew(pekanbaru: Wall) -> None:
    """At five in the afternoon UTC; until then the day that was is over and no new one begins."""
    path = f"/offices/{PEKANBARU}/day/open"
    pekanbaru.at("10:00")
    assert pekanbaru.office.issue()["number"] == "A001"
    pekanbaru.at("23:59:50")
    place = f"/offices/{PEKANBARU}/queue"
    eventually(lambda: pekanbaru.office.budi.get(place).json()["day_status"] == "closed")
    problem(pekanbaru.office.sari.post(path), Code.WRONG_STATE)
    pekanbaru.day += timedelta(days=1)
    assert pekanbaru.at("00:00:05").hour == 17
    opened = pekanbaru.office.sari.post(path).json()
    assert opened["service_date"] == pekanbaru.day.isoformat()
    ticket = pekanbaru.office.issue()
    assert (ticket["number"], ticket["service_date"]) == ("A001", pekanbaru.day.isoformat())
    assert date.fromisoformat(ticket["issued_at"][:10]) < pekanbaru.day
