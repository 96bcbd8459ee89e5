"""A clock that steps back: no time is negative, nothing is lost."""

from contracts.errors import Code
from services.queue import commands, report
from services.queue.events import Stop
from services.queue.views import WAITS
from tests.unit.service_day import ANI, SARI, one_stop, refused


def test_called_and_started_before_it_was_issued():
    """The clock of another machine is behind: nobody waited less than not at all."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.later(minutes=-2).call()
    begun = day.later(minutes=-1).start(ticket)
    assert (begun.waited_s, begun.within_limit, begun.t0) == (0, True, day.now)
    assert day.later(minutes=-1).finish(ticket).duration_s == 0
    found = report.waiting(day.office, day.documents(WAITS))
    assert found["wait"] == {"p50_s": 0, "p90_s": 0, "max_s": 0}


def test_held_until_before_it_was_held():
    """Held for no time, and not for less."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.call()
    day.start(ticket)
    day.later(minutes=5).do(commands.Hold, ticket_id=ticket)
    events = day.later(minutes=-2).do(commands.GoOn, ticket_id=ticket)
    assert events[0].held_s == 0
    assert day.ticket(ticket).held_s == 0
    assert day.later(minutes=3).finish(ticket).duration_s == 6 * 60


def test_resumed_before_it_was_suspended():
    """No minute counts twice."""
    day = one_stop(clock="09:00")
    day.do(commands.OpenDay, SARI)
    day.at("09:10").do(commands.Suspend, SARI, reason_code="power_cut")
    day.at("09:05").do(commands.Resume, SARI)
    ticket = day.at("09:06").issue()
    day.at("09:15").call()
    begun = day.start(ticket)
    assert (begun.waited_s, begun.within_limit) == (9 * 60, True)


def test_number_taken_while_the_clock_is_behind_keeps_its_place():
    """The row is in the order of the numbers."""
    day = one_stop(clock="09:00")
    first = day.issue()
    second = day.later(minutes=-1).issue()
    assert [day.call(), day.call("K-2", ANI)] == [first, second]
    assert day.numbers() == ["A001", "A002"]


def test_nobody_is_overtaken_because_a_clock_stepped_back():
    """The second came later, whatever its stamp says."""
    day = one_stop(clock="09:00")
    day.issue()
    day.later(minutes=-1).issue()
    call = day.do(commands.CallNext, counter="K-1", stop=Stop.DESK)[0]
    assert (call.overtook, call.overtake_reason) == (0, None)


def test_begun_at_the_other_desk_before_they_were_sent_there():
    """The way there took no time, and adds none to the service."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.call()
    day.start(ticket)
    day.at("09:10").do(commands.Transfer, ticket_id=ticket, to_counter="K-2")
    day.at("09:08").call("K-2", ANI)
    day.start(ticket, ANI)
    assert day.ticket(ticket).held_s == 0
    assert day.at("09:12").finish(ticket, ANI).duration_s == 12 * 60


def test_recall_and_the_way_back_are_open_while_the_clock_is_behind():
    """A recall waits until twenty seconds have passed; nobody is too late."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.call()
    refused(Code.RECALL_TOO_SOON, day.later(minutes=-1).do, commands.Recall, ticket_id=ticket)
    day.later(minutes=2)
    for _ in range(2):
        day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
    day.do(commands.Miss, ticket_id=ticket)
    assert day.later(minutes=-5).do(commands.Reinstate, ticket_id=ticket) != []
