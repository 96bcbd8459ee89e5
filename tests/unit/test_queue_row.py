"""The rules of calling, missing and coming back, one claim a test."""

from contracts.errors import Code
from services.queue import commands
from services.queue.events import Lane, Stop, TicketCalled, TicketMissed
from services.queue.state import Status
from tests.unit.service_day import ANI, BUDI, SARI, VISITOR, Day, one_stop, refused


def test_two_counters_never_get_the_same_ticket():
    """With one ticket left, the second gets nobody."""
    day = one_stop()
    ticket = day.issue()
    assert day.call("K-1", BUDI) == ticket
    assert day.call("K-2", ANI) is None


def test_counter_with_a_visitor_calls_nobody():
    """Finish first."""
    day = one_stop()
    day.issue(), day.issue()
    day.call()
    refused(Code.COUNTER_BUSY, day.call)


def test_counter_serves_its_own_stop():
    """A desk calls nobody to the front office, and an unknown counter nobody at all."""
    day = one_stop()
    day.issue()
    refused(Code.WRONG_COUNTER, day.call, "FO-1")
    refused(Code.NOT_FOUND, day.call, "K-9")


def test_priority_goes_first_but_not_more_than_twice_in_a_row():
    """Then a regular ticket's turn comes, and every overtaking says why."""
    day = one_stop()
    regular = [day.issue() for _ in range(2)]
    urgent = [day.later(seconds=1).issue(Lane.PRIORITY, "pregnant") for _ in range(3)]
    called = [day.served() for _ in range(5)]
    assert called == [urgent[0], urgent[1], regular[0], urgent[2], regular[1]]
    calls = [e for _, e in day.log if isinstance(e, TicketCalled)]
    told = [(call.overtook, call.overtake_reason) for call in calls]
    assert told == [(2, "pregnant"), (2, "pregnant"), (0, None), (1, "pregnant"), (0, None)]


def test_recall_waits_and_ends():
    """Twenty seconds between two calls, three calls in all."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    refused(Code.RECALL_TOO_SOON, day.later(seconds=19).do, commands.Recall, ticket_id=ticket)
    day.later(seconds=1).do(commands.Recall, ticket_id=ticket)
    refused(Code.CALLS_LEFT, day.do, commands.Miss, ticket_id=ticket)
    day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
    refused(Code.NO_CALLS_LEFT, day.later(minutes=1).do, commands.Recall, ticket_id=ticket)


def test_nobody_came_by_the_clock():
    """A minute after the third call, unless they came or it was called anew."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    for _ in range(2):
        day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
    called_at = day.now
    day.later(minutes=1)
    stale = {"ticket_id": ticket, "called_at": called_at - day.now.resolution}
    assert day.do(commands.MissByTime, None, **stale) == []
    missed = day.do(commands.MissByTime, None, ticket_id=ticket, called_at=called_at)
    assert isinstance(missed[0], TicketMissed)
    assert day.do(commands.MissByTime, None, ticket_id=ticket, called_at=called_at) == []


def test_who_comes_back_is_placed_after_the_next_one():
    """And overtakes who came after them, with the reason on record."""
    day = one_stop()
    back, second, third = (day.later(seconds=1).issue() for _ in range(3))
    assert day.missed() == back
    day.later(minutes=5).do(commands.Reinstate, ticket_id=back)
    assert [day.served() for _ in range(3)] == [second, back, third]
    recalled = [e for _, e in day.log if isinstance(e, TicketCalled) and e.ticket_id == back][-1]
    assert (recalled.overtook, recalled.overtake_reason) == (1, "recall")


def test_who_comes_back_too_late_takes_a_new_number():
    """Thirty minutes."""
    day = one_stop()
    day.issue()
    ticket = day.missed()
    refused(Code.TOO_LATE, day.later(minutes=31).do, commands.Reinstate, ticket_id=ticket)


def test_time_to_come_back_is_counted_from_the_last_miss():
    """Not from an earlier one, also where no desk had called them yet."""
    day = Day()
    ticket = day.issue()
    for _ in range(2):
        day.call("FO-1", stop=Stop.FRONT_OFFICE)
        for _ in range(2):
            day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
        day.do(commands.Miss, ticket_id=ticket)
        day.later(minutes=29).do(commands.Reinstate, ticket_id=ticket)
    assert day.ticket(ticket).status is Status.WAITING_FRONT_OFFICE


def test_cancelled_by_token_but_not_in_service():
    """Without the token only an officer can; twice is once."""
    day = one_stop()
    ticket = day.issue()
    refused(Code.WRONG_ROLE, day.do, commands.CancelTicket, VISITOR, ticket_id=ticket)
    by_token = {"ticket_id": ticket, "holds_token": True}
    assert day.do(commands.CancelTicket, VISITOR, **by_token) != []
    assert day.do(commands.CancelTicket, VISITOR, **by_token) == []
    served = day.issue()
    day.call()
    day.start(served)
    refused(Code.WRONG_STATE, day.do, commands.CancelTicket, ticket_id=served)


def test_nobody_is_missed_by_the_clock_in_a_power_cut():
    """They could not have begun; afterwards the officer says whether they are there."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.call()
    for _ in range(2):
        day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
    called = {"ticket_id": ticket, "called_at": day.now}
    day.do(commands.Suspend, SARI, reason_code="power_cut")
    assert day.later(minutes=1).do(commands.MissByTime, None, **called) == []
    day.do(commands.Resume, SARI)
    assert day.start(ticket).within_limit


def test_who_came_back_to_the_front_office_is_no_recall_at_the_desk():
    """Passing somebody there is for what the ticket is: a priority one's reason."""
    day = Day(clock="09:00")
    urgent, regular = day.issue(Lane.PRIORITY, "elderly"), day.issue()
    for _ in range(2):
        day.call("FO-1", stop=Stop.FRONT_OFFICE)
        ticket = day.state.counters["FO-1"]
        if ticket == urgent and not day.ticket(urgent).reinstated:
            for _ in range(2):
                day.later(seconds=20).do(commands.Recall, ticket_id=urgent)
            day.do(commands.Miss, ticket_id=urgent)
            continue
        day.do(commands.Register, ticket_id=ticket)
        day.sign(ticket)
    day.later(minutes=1).do(commands.Reinstate, ticket_id=urgent)
    day.call("FO-1", stop=Stop.FRONT_OFFICE)
    day.do(commands.Register, ticket_id=urgent)
    day.sign(urgent)
    call = day.do(commands.CallNext, counter="K-1", stop=Stop.DESK)[0]
    assert (call.ticket_id, call.overtook, call.overtake_reason) == (urgent, 1, "elderly")
    assert day.ticket(regular).is_waiting


def test_priority_calls_count_only_while_a_regular_ticket_waits():
    """Two were called when nobody else was there: the third still goes before who came later."""
    day = one_stop(clock="09:00")
    for _ in range(2):
        day.issue(Lane.PRIORITY)
        day.served(minutes=1)
    third = day.issue(Lane.PRIORITY)
    day.issue()
    assert day.call() == third
