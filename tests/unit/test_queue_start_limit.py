"""The rules of the ten minutes, one claim a test."""

import pytest

from services.queue import commands
from services.queue.events import Lane, StartLimitApproaching, StartLimitBreached
from tests.unit.service_day import ANI, FRIDAY, SARI, one_stop


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
    day.missed()
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
    day.missed()
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
    day.missed()
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
