"""What hangs on the wall."""

from contracts.queue import BoardSchema
from services.queue import commands, queries
from services.queue.events import Stop
from tests.unit.service_day import ANI, MONDAY, Day


def board(day):
    """Return it, after it was held against its shape."""
    found = queries.board(day.state, day.office, MONDAY, 1, day.now)
    assert BoardSchema().validate(found) == {}
    return found


def calls(day):
    """Return the calls on it: number and counter."""
    return [(call["number"], call["counter"]) for call in board(day)["recent_calls"]]


def test_board_shows_the_last_three_calls_newest_first():
    """And who is at which counter now."""
    day = Day(clock="09:00", single_stop=True)
    for _ in range(4):
        day.issue()
    assert (board(day)["recent_calls"], board(day)["now_serving"]) == ([], [])
    for _ in range(3):
        day.served(minutes=1)
    day.call("K-2", ANI)
    assert calls(day) == [("A004", "K-2"), ("A003", "K-1"), ("A002", "K-1")]
    assert [(s["number"], s["counter"]) for s in board(day)["now_serving"]] == [("A004", "K-2")]
    assert board(day)["waiting"] == {"regular": 0, "priority": 0}


def test_call_stays_what_it_was_when_the_visitor_has_gone_on():
    """Called to the front office, and in the row of the desk by now."""
    day = Day(clock="09:00")
    ticket = day.issue()
    day.call("FO-1", stop=Stop.FRONT_OFFICE)
    day.do(commands.Register, ticket_id=ticket)
    day.sign(ticket)
    (call,) = board(day)["recent_calls"]
    assert (call["number"], call["counter"], call["stop"]) == ("A001", "FO-1", "front_office")
    day.later(minutes=1).call()
    assert calls(day) == [("A001", "K-1"), ("A001", "FO-1")]


def test_call_that_is_repeated_hangs_there_once():
    """On top, at its new time."""
    day = Day(clock="09:00", single_stop=True)
    first, _ = day.issue(), day.issue()
    day.call()
    day.later(seconds=1).call("K-2", ANI)
    day.later(seconds=20).do(commands.Recall, ticket_id=first)
    assert calls(day) == [("A001", "K-1"), ("A002", "K-2")]


def test_order_of_the_calls_is_the_logs():
    """The clock was put back by ten minutes: the last call is still on top."""
    day = Day(clock="09:00", single_stop=True)
    for _ in range(4):
        day.issue()
    for _ in range(3):
        day.served(minutes=1)
    day.later(minutes=-10).call("K-2", ANI)
    assert calls(day)[0] == ("A004", "K-2")
