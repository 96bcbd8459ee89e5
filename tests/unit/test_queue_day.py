"""The rules of opening, suspending and closing a service day, one claim a test."""

from datetime import timedelta

import pytest

from contracts.errors import Code
from services.queue import commands, row
from services.queue.events import (
    ClosingBegun,
    Lane,
    ServiceDayClosed,
    ServiceDayOpened,
    Stop,
    TicketExpired,
    TicketIssued,
)
from services.queue.state import DayStatus
from tests.unit.service_day import (
    BUDI,
    ELSEWHERE,
    KIOSK,
    MONDAY,
    SARI,
    VISITOR,
    Day,
    one_stop,
    refused,
)


def test_first_use_opens_the_day():
    """And only the first."""
    day = Day()
    events = day.do(commands.Issue, KIOSK, ticket_id="t1")
    assert [type(e) for e in events] == [ServiceDayOpened, TicketIssued]
    assert [type(e) for e in day.do(commands.Issue, KIOSK, ticket_id="t2")] == [TicketIssued]


@pytest.mark.parametrize("clock", ["07:59", "15:00", "15:45"])
def test_no_number_outside_the_hours(clock):
    """Before the opening, and from half an hour before closing time on."""
    refused(Code.OFFICE_CLOSED, Day(clock=clock).issue)


def test_supervisor_opens_early():
    """Who comes before the opening waits, and the ten minutes begin with it."""
    day = one_stop(clock="07:30")
    day.do(commands.OpenDay, SARI)
    ticket = day.issue()
    assert day.clock() == (ticket, "08:00", "08:10")


def test_day_is_not_opened_after_its_end():
    """It would close at once."""
    refused(Code.OFFICE_CLOSED, Day(clock="16:00").do, commands.OpenDay, SARI)


def test_numbers_are_counted_by_lane_and_capped():
    """A001 and P001 begin anew each day; a full day gives out no more."""
    day = Day(tickets_a_day=3)
    day.issue(), day.issue(Lane.PRIORITY), day.issue()
    assert day.numbers() == ["A001", "P001", "A002"]
    refused(Code.DAY_FULL, day.issue)


def test_day_closes_when_the_last_one_leaves():
    """Who waits expires; who is served is served to the end."""
    day = one_stop(clock="14:50")
    first, second = day.issue(), day.issue()
    day.start(day.call() or "")
    events = day.at("16:00").do(commands.CloseByTime, None)
    assert [e.ticket_id for e in events if isinstance(e, TicketExpired)] == [second]
    assert day.state.status is DayStatus.OPEN
    done = day.do(commands.Finish, BUDI, ticket_id=first)
    assert isinstance(done[-1], ServiceDayClosed)
    assert done[-1].counts == {
        "issued": 2,
        "finished": 1,
        "referred": 0,
        "no_show": 0,
        "cancelled": 0,
        "expired": 1,
    }


def test_office_may_serve_who_still_waits():
    """Its policy: no new numbers, but everybody's turn comes."""
    day = one_stop(clock="14:50", at_close="serve")
    ticket = day.issue()
    day.at("15:30").do(commands.CloseDay, SARI)
    refused(Code.OFFICE_CLOSED, day.issue)
    assert day.served() == ticket
    assert day.state.status is DayStatus.CLOSED


def test_forgotten_tickets_end_with_the_date():
    """A desk that was left without a finish does not keep the day open for ever."""
    day = one_stop()
    day.issue()
    day.start(day.call() or "")
    events = day.at("23:59:59").do(commands.EndByTime, None)
    assert TicketExpired in map(type, events)
    assert day.state.status is DayStatus.CLOSED


def test_suspension_stops_calls_but_not_numbers():
    """People still come."""
    day = one_stop()
    day.do(commands.OpenDay, SARI)
    day.do(commands.Suspend, SARI, reason_code="power_cut")
    day.issue()
    refused(Code.SERVICE_SUSPENDED, day.call)
    day.do(commands.Resume, SARI)
    assert day.call() is not None


def test_officers_open_suspend_and_close_nothing():
    """That is the supervisor's."""
    day = Day()
    refused(Code.WRONG_ROLE, day.do, commands.OpenDay, BUDI)
    refused(Code.WRONG_OFFICE, day.do, commands.OpenDay, ELSEWHERE)
    refused(Code.WRONG_ROLE, day.do, commands.OpenDay, VISITOR)


@pytest.mark.parametrize("at_close", ["expire", "serve"])
def test_day_closed_in_a_power_cut_stays_suspended(at_close):
    """No ten minutes begin to run again, and it ends with who leaves last."""
    day = one_stop(clock="09:00", at_close=at_close)
    served, waiting = day.issue(), day.issue()
    day.call()
    day.start(served)
    day.do(commands.Suspend, SARI, reason_code="power_cut")
    day.do(commands.CloseDay, SARI)
    assert (day.state.status, day.state.clocks) == (DayStatus.SUSPENDED, {})
    day.finish(served)
    if at_close == "serve":
        assert day.ticket(waiting).is_waiting
        day.do(commands.Resume, SARI)
        assert day.served() == waiting
    assert day.state.status is DayStatus.CLOSED
    assert day.state.suspended_at is None


@pytest.mark.parametrize(
    ("on", "clock", "opens"),
    [
        (MONDAY, "07:59", False),
        (MONDAY, "08:00", True),
        (MONDAY, "15:00", False),
        (MONDAY - timedelta(days=1), "09:00", False),
    ],
)
def test_who_would_open_the_day_is_known_before(on, clock, opens):
    """As the command is then decided: nobody looks back for who is refused."""
    day = Day(on=on, clock=clock)
    assert row.would_open(day.office, day.state, day.now) is opens
    if not opens:
        refused(Code.OFFICE_CLOSED, day.issue)
        return
    day.issue()
    assert not row.would_open(day.office, day.state, day.now)


def not_opened():
    return one_stop()


def opened():
    day = not_opened()
    day.do(commands.OpenDay, SARI)
    return day


def suspended():
    day = opened()
    day.do(commands.Suspend, SARI, reason_code="power_cut")
    return day


def closing():
    day = opened()
    day.issue()
    day.start(day.call())
    day.do(commands.CloseDay, SARI)
    return day


def closed():
    day = opened()
    day.do(commands.CloseDay, SARI)
    return day


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (not_opened, Code.OFFICE_CLOSED),
        (suspended, Code.SERVICE_SUSPENDED),
        (closed, Code.OFFICE_CLOSED),
    ],
)
def test_only_an_open_day_is_suspended(day, code):
    """Not twice, not before it is opened, and not after its end."""
    refused(code, day().do, commands.Suspend, SARI, reason_code="network_down")


@pytest.mark.parametrize("day", [not_opened, opened, closing, closed])
def test_only_a_suspended_day_is_resumed(day):
    """A repeat is told so."""
    refused(Code.WRONG_STATE, day().do, commands.Resume, SARI)


@pytest.mark.parametrize("day", [not_opened, closing, closed])
def test_day_is_closed_once(day):
    """By the supervisor; the clock finds it done, and does nothing."""
    played = day()
    refused(Code.WRONG_STATE, played.do, commands.CloseDay, SARI)
    assert played.do(commands.CloseByTime, None) == []


def test_closed_day_is_not_opened_again():
    """An open one stays open."""
    refused(Code.WRONG_STATE, closed().do, commands.OpenDay, SARI)
    assert opened().do(commands.OpenDay, SARI) == []


@pytest.mark.parametrize("kind", [commands.CloseByTime, commands.CloseDay, commands.EndByTime])
def test_day_closed_while_suspended_ends_the_suspension_with_it(kind):
    """Nobody said that service goes on: no ten minutes begin to run again."""
    day = one_stop()
    day.issue()
    day.later(minutes=1).do(commands.Suspend, SARI, reason_code="power_cut")
    events = day.later(minutes=2).do(kind, SARI if kind is commands.CloseDay else None)
    assert [type(e) for e in events] == [
        ClosingBegun,
        TicketExpired,
        ServiceDayClosed,
    ]
    assert day.state.suspended_at is None
    assert [s.end for s in day.state.suspensions] == [day.now]


def test_closed_while_suspended_who_waits_is_served_when_service_goes_on():
    """Where the office serves who still waits; until the supervisor says so nobody is."""
    day = one_stop(at_close="serve")
    ticket = day.issue()
    day.later(minutes=1).do(commands.Suspend, SARI, reason_code="power_cut")
    events = day.later(minutes=2).do(commands.CloseByTime, None)
    assert [type(e) for e in events] == [ClosingBegun]
    refused(Code.SERVICE_SUSPENDED, day.call)
    day.do(commands.Resume, SARI)
    assert day.served() == ticket
    assert day.state.status is DayStatus.CLOSED


def test_office_that_serves_at_close_closes_with_the_last():
    """Not with the first, nor with one that is only called; both stops; nobody comes back."""
    day = Day(at_close="serve")
    first, second, gone = day.issue(), day.issue(), day.issue()
    assert day.call("FO-1", stop=Stop.FRONT_OFFICE) == first
    day.do(commands.CloseByTime, None)
    assert day.state.status is DayStatus.OPEN
    day.do(commands.Register, ticket_id=first)
    day.sign(first)
    assert day.served() == first
    assert day.call("FO-1", stop=Stop.FRONT_OFFICE) == second
    for _ in range(2):
        day.later(seconds=20).do(commands.Recall, ticket_id=second)
    day.do(commands.Miss, ticket_id=second)
    refused(Code.OFFICE_CLOSED, day.do, commands.Reinstate, ticket_id=second)
    assert day.state.status is DayStatus.OPEN
    events = day.do(commands.CancelTicket, ticket_id=gone)
    assert events[-1].counts == {
        "issued": 3,
        "finished": 1,
        "referred": 0,
        "no_show": 1,
        "cancelled": 1,
        "expired": 0,
    }
    assert day.state.status is DayStatus.CLOSED
