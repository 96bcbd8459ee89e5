"""The rules of a service day, one claim a test."""

from datetime import timedelta

import pytest

from contracts.errors import Code
from services.queue import commands, row
from services.queue.events import (
    GuestBookSigned,
    Lane,
    ServiceDayClosed,
    ServiceDayOpened,
    StartLimitApproaching,
    StartLimitBreached,
    StartLimitSet,
    Stop,
    TicketCalled,
    TicketExpired,
    TicketIssued,
    TicketMissed,
    TicketQueuedForDesk,
)
from services.queue.state import DayStatus, Status
from tests.unit.service_day import (
    ANI,
    BUDI,
    ELSEWHERE,
    FRIDAY,
    KIOSK,
    MONDAY,
    SARI,
    VISITOR,
    Day,
    refused,
)


def one_stop(**words):
    """Return a day at whose desk visitors wait at once."""
    return Day(single_stop=True, **words)


# the day


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


# calling


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


def missed_ticket(day):
    """Call the first one until it is missed; its id."""
    ticket = day.call()
    for _ in range(2):
        day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
    day.do(commands.Miss, ticket_id=ticket)
    return ticket


def test_who_comes_back_is_placed_after_the_next_one():
    """And overtakes who came after them, with the reason on record."""
    day = one_stop()
    back, second, third = (day.later(seconds=1).issue() for _ in range(3))
    assert missed_ticket(day) == back
    day.later(minutes=5).do(commands.Reinstate, ticket_id=back)
    assert [day.served() for _ in range(3)] == [second, back, third]
    recalled = [e for _, e in day.log if isinstance(e, TicketCalled) and e.ticket_id == back][-1]
    assert (recalled.overtook, recalled.overtake_reason) == (1, "recall")


def test_who_comes_back_too_late_takes_a_new_number():
    """Thirty minutes."""
    day = one_stop()
    day.issue()
    ticket = missed_ticket(day)
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


# both stops


def test_two_stops_lead_over_the_guest_book():
    """Front office, guest book, row of the desk, desk."""
    day = Day()
    ticket = day.issue()
    assert day.call() is None
    assert day.call("FO-1", stop=Stop.FRONT_OFFICE) == ticket
    assert day.ticket(ticket).status is Status.CALLED_FRONT_OFFICE
    day.do(commands.Register, ticket_id=ticket)
    assert [type(e) for e in day.sign(ticket)] == [
        GuestBookSigned,
        TicketQueuedForDesk,
        StartLimitSet,
    ]
    assert day.call("FO-1", stop=Stop.FRONT_OFFICE) is None
    assert day.served() == ticket
    assert day.ticket(ticket).status is Status.AWAITING_FEEDBACK


def test_guest_book_is_signed_once():
    """Also where the desk is the only stop."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    assert [type(e) for e in day.sign(ticket)] == [GuestBookSigned]
    refused(Code.WRONG_STATE, day.sign, ticket)


def test_visitor_signs_at_the_kiosk():
    """Before the front office has called, and is in the row of the desk then."""
    day = Day()
    ticket = day.issue()
    day.sign(ticket, KIOSK)
    assert day.ticket(ticket).status is Status.WAITING_DESK
    assert day.call("FO-1", stop=Stop.FRONT_OFFICE) is None
    assert day.call() == ticket


# at the desk


def test_only_the_owner_or_a_supervisor_goes_on():
    """Another officer is told whose it is."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    refused(Code.NOT_YOUR_TICKET, day.start, ticket, ANI)
    day.start(ticket, SARI)
    day.finish(ticket, BUDI)


def test_held_time_is_no_service():
    """The desk is free meanwhile, and they come back to a free one."""
    day = one_stop()
    ticket, other = day.issue(), day.issue()
    day.call()
    day.start(ticket)
    day.later(minutes=3).do(commands.Hold, ticket_id=ticket)
    assert day.call() == other
    refused(Code.COUNTER_BUSY, day.do, commands.GoOn, ticket_id=ticket)
    day.later(minutes=4).do(commands.GoOn, ticket_id=ticket, counter="K-2")
    assert day.later(minutes=2).finish(ticket).duration_s == 5 * 60


def test_transferred_goes_first_at_the_other_desk_only():
    """K-1 does not get them back, K-2 takes nobody before them."""
    day = one_stop()
    ticket, other = day.issue(), day.issue()
    day.call()
    day.start(ticket)
    day.do(commands.Transfer, ticket_id=ticket, to_counter="K-2")
    assert day.call("K-1") == other
    assert day.call("K-2", ANI) == ticket


def test_note_needs_a_signed_guest_book():
    """It is sealed with the visitor's key."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    day.start(ticket)
    note = {"ticket_id": ticket, "text": "Inflasi"}
    refused(Code.GUEST_BOOK_MISSING, day.do, commands.WriteNote, **note)
    day.sign(ticket)
    day.do(commands.WriteNote, **note)


def test_finish_is_undone_soon_by_the_officer_and_later_by_the_supervisor():
    """And durations are counted on."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    day.start(ticket)
    day.later(minutes=4).finish(ticket)
    refused(Code.TOO_LATE, day.later(minutes=3).do, commands.UndoFinish, ticket_id=ticket)
    day.do(commands.UndoFinish, SARI, ticket_id=ticket)
    assert day.later(minutes=1).finish(ticket).duration_s == 8 * 60


def test_finish_is_not_undone_at_a_desk_that_is_taken():
    """Two visitors would be at one counter."""
    day = one_stop()
    ticket = day.issue()
    day.issue()
    day.served()
    day.call()
    refused(Code.COUNTER_BUSY, day.do, commands.UndoFinish, ticket_id=ticket)


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


# ten minutes


def test_time_begins_when_the_one_ahead_is_finished():
    """Not while they are served."""
    day = one_stop(clock="09:00")
    first, second = day.issue(), day.issue()
    assert day.clock() == (first, "09:00", "09:10")
    day.call()
    day.start(first)
    assert day.clock() is None
    day.later(minutes=30).finish(first)
    assert day.clock() == (second, "09:30", "09:40")
    day.later(minutes=9).call()
    assert day.clock() == (second, "09:30", "09:40")  # called is not begun
    begun = day.later(minutes=1).start(second)
    assert (begun.waited_s, begun.within_limit) == (600, True)


def test_a_second_over_ten_minutes_is_over():
    """The limit is met at 600 seconds, and missed at 601."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.later(seconds=601).call()
    begun = day.start(ticket)
    assert (begun.waited_s, begun.within_limit) == (601, False)


def test_miss_of_the_one_ahead_begins_it():
    """As their finish would have."""
    day = one_stop(clock="09:00")
    day.issue()
    second = day.issue()
    missed_ticket(day)
    ticket_id, since, _ = day.clock() or ("", "", None)
    assert (ticket_id, since) == (second, "09:00")
    assert day.state.clocks[second].t0 == day.now


def test_arrival_after_the_finish_begins_it():
    """An empty row: the next one's own arrival."""
    day = one_stop(clock="09:00")
    day.issue()
    day.served()
    assert day.clock() is None
    late = day.at("11:00").issue()
    assert day.clock() == (late, "11:00", "11:10")


@pytest.mark.parametrize(
    ("on", "clock", "ends"),
    [(None, "11:58", "13:08"), (None, "12:59", "13:10"), (FRIDAY, "11:29", "13:09")],
)
def test_breaks_do_not_count(on, clock, ends):
    """Nor does the Friday prayer."""
    day = one_stop(clock=clock, **({"on": on} if on else {}))
    day.issue()
    assert (day.clock() or ("", "", ""))[2] == ends


def test_the_only_officer_at_lunch_is_no_excuse_outside_the_break():
    """No desk open still counts: told at seven minutes, and at ten."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    t0 = day.now
    assert day.later(minutes=6).do(commands.TellLimit, None, ticket_id=ticket, t0=t0) == []
    warned = day.later(minutes=1).do(commands.TellLimit, None, ticket_id=ticket, t0=t0)
    assert warned[0] == StartLimitApproaching(ticket_id=ticket, counter_open=False)
    assert day.do(commands.TellLimit, None, ticket_id=ticket, t0=t0) == []
    assert day.later(minutes=3).do(commands.TellLimit, None, ticket_id=ticket, t0=t0) == []
    breached = day.later(seconds=1).do(commands.TellLimit, None, ticket_id=ticket, t0=t0)
    assert breached == [StartLimitBreached(ticket_id=ticket, t0=t0, ahead=None)]
    assert day.do(commands.TellLimit, None, ticket_id=ticket, t0=t0) == []


def test_warning_that_comes_too_late_is_left_out():
    """The process was down from the sixth minute to the eleventh."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    t0 = day.now
    told = day.later(minutes=11).do(commands.TellLimit, None, ticket_id=ticket, t0=t0)
    assert told[0] == StartLimitBreached(ticket_id=ticket, t0=t0, ahead=None)
    assert not any(isinstance(event, StartLimitApproaching) for event in told)


def test_suspension_pauses_it():
    """What had run before is kept; after it the rest is left."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    t0 = day.now
    day.later(minutes=4).do(commands.Suspend, SARI, reason_code="power_cut")
    assert day.clock() is None
    assert day.later(minutes=30).do(commands.TellLimit, None, ticket_id=ticket, t0=t0) == []
    day.do(commands.Resume, SARI)
    assert day.clock() == (ticket, "09:00", "09:40")
    assert day.do(commands.TellLimit, None, ticket_id=ticket, t0=t0) == []
    day.later(minutes=6).call()
    assert day.start(ticket).within_limit


def test_breach_is_told_once_whatever_follows():
    """A suspension afterwards does not tell it again."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    t0 = day.now
    day.later(minutes=11).do(commands.TellLimit, None, ticket_id=ticket, t0=t0)
    day.do(commands.Suspend, SARI, reason_code="power_cut")
    day.do(commands.Resume, SARI)
    assert day.do(commands.TellLimit, None, ticket_id=ticket, t0=t0) == []


def test_lanes_have_clocks_of_their_own():
    """A priority ticket's ten minutes do not wait for the regular ones."""
    day = one_stop(clock="09:00")
    regular, urgent = day.issue(), day.issue(Lane.PRIORITY)
    assert day.clock(Lane.REGULAR) == (regular, "09:00", "09:10")
    assert day.clock(Lane.PRIORITY) == (urgent, "09:00", "09:10")


def test_two_desks_each_wait_for_the_one_ahead():
    """Called while the one ahead is still served: nobody had to begin earlier."""
    day = one_stop(clock="09:00")
    first, second = day.issue(), day.issue()
    day.call("K-1")
    day.start(first)
    day.later(minutes=20).call("K-2", ANI)
    begun = day.start(second, ANI)
    assert (begun.waited_s, begun.within_limit) == (0, True)


def test_undone_finish_takes_the_time_back():
    """The one ahead was not finished after all."""
    day = one_stop(clock="09:00")
    first, second = day.issue(), day.issue()
    day.call()
    day.start(first)
    day.later(minutes=5).finish(first)
    assert day.clock() == (second, "09:05", "09:15")
    day.later(minutes=1).do(commands.UndoFinish, ticket_id=first)
    assert day.clock() is None


def test_who_waits_behind_one_that_is_held_does_not_wait_longer_for_it():
    """The desk was free: that counts, though it is taken up again."""
    day = one_stop(clock="09:00")
    first, second = day.issue(), day.issue()
    day.call()
    day.start(first)
    day.later(minutes=5).do(commands.Hold, ticket_id=first)
    assert day.clock() == (second, "09:05", "09:15")
    day.later(minutes=1).do(commands.GoOn, ticket_id=first)
    assert day.clock() == (second, "09:05", "09:15")


def test_undone_finish_after_a_hold_takes_nothing_back():
    """Who is behind waits since the hold, not since the finish."""
    day = one_stop(clock="09:00")
    first, second = day.issue(), day.issue()
    day.call()
    day.start(first)
    day.later(minutes=5).do(commands.Hold, ticket_id=first)
    day.do(commands.GoOn, ticket_id=first)
    day.later(minutes=1).finish(first)
    day.do(commands.UndoFinish, ticket_id=first)
    assert day.clock() == (second, "09:05", "09:15")


def test_who_comes_back_is_not_behind_themselves():
    """Called before and next again: the time runs since they are back."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    missed_ticket(day)
    back = day.at("09:05")
    back.do(commands.Reinstate, ticket_id=ticket)
    assert day.clock() == (ticket, "09:05", "09:15")
    day.later(minutes=11).call()
    begun = day.start(ticket)
    assert (begun.waited_s, begun.within_limit) == (660, False)


def test_each_of_two_who_were_called_has_ten_minutes():
    """The second call does not stop the clock of the first, who has not begun either."""
    day = one_stop(clock="09:00")
    first, second = day.issue(), day.issue()
    day.call("K-1")
    day.call("K-2", ANI)
    assert set(day.state.clocks) == {first}  # the second is behind them
    told = day.later(minutes=10, seconds=1).do(
        commands.TellLimit, None, ticket_id=first, t0=day.state.clocks[first].t0
    )
    assert StartLimitBreached(ticket_id=first, t0=day.at("09:00").now, ahead=None) in told
    day.at("09:12").start(first)
    day.finish(first)
    assert day.state.clocks[second].t0 == day.now


def test_who_comes_back_and_is_called_again_takes_nobody_their_ten_minutes():
    """A001 is missed, back behind A002, and called to another desk: each was behind the other."""
    day = one_stop(clock="08:00")
    first, second = day.issue(), day.issue()
    missed_ticket(day)
    missed_at = day.now
    day.later(minutes=2).do(commands.Reinstate, ticket_id=first)
    assert day.later(minutes=1).call("K-1") == second
    assert day.later(seconds=30).call("K-2", ANI) == first
    assert day.state.clocks[second].t0 == missed_at
    begun = day.later(minutes=9).start(second)
    assert (begun.t0, begun.within_limit) == (missed_at, False)
    assert first not in day.state.clocks  # behind the other, who is served


def test_undone_finish_of_the_one_ahead_begins_other_ten_minutes():
    """Told of the first ones, and of the second ones too."""
    day = one_stop(clock="09:00")
    ahead, next_ = day.issue(), day.issue()
    day.call()
    day.start(ahead)
    for _ in range(2):
        day.later(minutes=1).finish(ahead)
        t0 = day.now
        told = day.later(minutes=11).do(commands.TellLimit, None, ticket_id=next_, t0=t0)
        assert StartLimitBreached(ticket_id=next_, t0=t0, ahead=ahead) in told
        day.do(commands.UndoFinish, SARI, ticket_id=ahead)
    assert day.state.breaches == 2


def test_a_bit_over_ten_minutes_is_over():
    """Six hundred seconds are in time; four tenths more are told as 601."""
    day = one_stop(clock="09:00")
    first = day.issue()
    day.later(minutes=10, milliseconds=400).call()
    begun = day.start(first)
    assert (begun.waited_s, begun.within_limit) == (601, False)


def test_service_finished_while_held_goes_on_held():
    """And the time between is no service."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.call()
    day.start(ticket)
    day.later(minutes=10).do(commands.Hold, ticket_id=ticket)
    assert day.later(minutes=30).finish(ticket).duration_s == 600
    day.later(minutes=1).do(commands.UndoFinish, ticket_id=ticket)
    assert day.ticket(ticket).is_held
    day.later(minutes=1).do(commands.GoOn, ticket_id=ticket)
    assert day.later(minutes=4).finish(ticket).duration_s == 14 * 60


def test_supervisor_undoes_though_the_desk_is_taken():
    """It goes on held; the officer is told who is there."""
    day = one_stop(clock="09:00")
    first, second = day.issue(), day.issue()
    day.call()
    day.start(first)
    day.later(minutes=5).finish(first)
    assert day.call() == second
    refused(Code.COUNTER_BUSY, day.later(minutes=1).do, commands.UndoFinish, ticket_id=first)
    day.later(minutes=20).do(commands.UndoFinish, SARI, ticket_id=first)
    assert day.ticket(first).is_held
    assert day.state.counters["K-1"] == second
    day.do(commands.GoOn, SARI, ticket_id=first, counter="K-2")
    assert day.later(minutes=3).do(commands.Finish, SARI, ticket_id=first)[0].duration_s == 8 * 60


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
