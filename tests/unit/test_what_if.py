"""A day replayed with other desks or another lane rule, against what was worked out by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.queue import commands
from services.queue.desk_script import NothingToReplay, Script, Vain, scripts
from services.queue.desk_ways import ways
from services.queue.events import (
    Lane,
    ServiceFinished,
    Stop,
    TicketCalled,
    TicketCancelled,
    TicketExpired,
    TicketMissed,
)
from services.queue.replay import Replay, with_desks
from services.queue.state import DayStatus, Status
from services.queue.what_if import ARRIVAL, FIRST, Wish, what_if
from tests.support import fact
from tests.unit.service_day import ANI, BUDI, SARI, Day, one_stop
from tests.unit.test_queue_histories import HISTORY, play

MINUTE = timedelta(minutes=1)
ANY_WISH = st.builds(
    Wish,
    st.sampled_from([None, 1, 2, 3, 50]),
    st.sampled_from([None, 1, 5, FIRST, ARRIVAL]),
)


def facts(day):
    """Return what has happened, as facts."""
    return [fact(event, at) for at, event in day.log]


def asked(day, desks=None, lane_rule=None):
    """Ask what would have been; closed by the clock before, if it is open."""
    if not day.state.closing:
        day.at("16:00").do(commands.CloseByTime, None)
    return what_if(facts(day), day.office, Wish(desks, lane_rule), day.now)


def once_more(day, plays=None):
    """Return the state after a replay at one desk, by default with what each really did."""
    plays = plays or scripts(ways(day.log), day.state.suspensions)
    replay = Replay(with_desks(day.office, 1, 2), plays)
    replay.run(facts(day), None)
    return replay.state


def waits(case):
    """Return half, nine of ten, and the longest wait in the row, in minutes."""
    return tuple(case["row_wait"][name] / 60 for name in ("p50_s", "p90_s", "max_s"))


def served(case):
    """Return how many were, and were not."""
    return case["served"], case["not_served"]


def clock(day, moment):
    """Return a moment in local time."""
    return day.office.calendar.local(moment).strftime("%H:%M")


def begun(day, counter="K-1", by=BUDI):
    """Have somebody come, be called and begin at once."""
    ticket_id = day.issue()
    assert day.call(counter, by) == ticket_id
    day.start(ticket_id, by)
    return ticket_id


def slow_morning():
    """Three come at nine, twenty minutes each; the only officer lingers after the first."""
    day = one_stop(clock="09:00")
    for _ in range(3):
        day.issue()
    day.served(minutes=20)
    day.later(minutes=15).served(minutes=20)
    day.served(minutes=20)
    return day


def test_second_desk_halves_the_row():
    """At one desk they begin at 9:00, 9:35, 9:55; at once called at 9:20 and 9:40; at two, 9:20."""
    day = slow_morning()
    found = asked(day, desks=2)
    really, replayed, two = (found[case] for case in ("really", "replayed", "what_if"))
    assert [waits(case) for case in (really, replayed, two)] == [
        (35, 55, 55),
        (20, 40, 40),
        (0, 20, 20),
    ]
    assert [(case["desks"], case["lane_rule"]) for case in (really, replayed, two)] == [
        (1, 2),
        (1, 2),
        (2, 2),
    ]
    assert [clock(day, case["last_end"]) for case in (really, replayed, two)] == [
        "10:15",
        "10:00",
        "09:40",
    ]
    assert all(served(case) == (3, 0) for case in (really, replayed, two))
    assert found["over"]
    assert found["same_calendar"]


def test_breaches_are_those_of_the_rule():
    """Fifteen minutes after the one ahead had finished is late; called at once nobody is."""
    found = asked(slow_morning())
    assert found["really"]["limit_wait"] == {"p50_s": 0, "p90_s": 900, "max_s": 900}
    assert (found["really"]["late"], found["really"]["late_share"]) == (1, 0.3333)
    assert found["replayed"]["limit_wait"]["max_s"] == found["replayed"]["late"] == 0


def test_busy_share_is_of_the_service_hours():
    """An hour of six and a half, at each desk; what is done in the break does not count."""
    found = asked(slow_morning(), desks=2)
    shares = [found[case]["busy_share"] for case in ("really", "replayed", "what_if")]
    assert shares == [0.1538, 0.1538, 0.0769]
    break_ = one_stop(clock="11:50")
    break_.issue()
    break_.served(minutes=60)
    assert asked(break_)["really"]["busy_share"] == round(10 / 390, 4)


def test_busy_share_ends_with_a_day_that_ends_early():
    """The supervisor closes at ten: there were two hours to be busy in."""
    day = slow_morning()
    day.at("10:15").do(commands.CloseDay, SARI)
    assert asked(day)["really"]["busy_share"] == round(60 / 135, 4)


@pytest.mark.parametrize(
    ("lane_rule", "expected"),
    [(None, (37, 56, 56)), (2, (37, 56, 56)), (FIRST, (37, 59, 59)), (ARRIVAL, (38, 56, 56))],
)
def test_lane_rule_says_who_waits(lane_rule, expected):
    """A, then A P P P a minute apart, while the desk is taken for half an hour; then ten each."""
    day = one_stop(clock="09:00")
    first = begun(day)
    for lane in (Lane.REGULAR, *[Lane.PRIORITY] * 3):
        day.later(minutes=1).issue(lane)
    day.at("09:30").finish(first)
    for _ in range(4):
        day.served(minutes=10)
    found = asked(day, lane_rule=lane_rule)
    assert waits(found["replayed"]) == waits(found["really"]) == (37, 56, 56)
    assert waits(found["what_if"]) == expected


def test_nobody_is_called_in_a_break():
    """The officer really did, at 12:10; whoever begins before it goes on into it."""
    day = one_stop(clock="11:50")
    first = begun(day)
    day.at("11:55").issue()
    day.at("12:10").finish(first)
    day.served()
    found = asked(day)
    assert waits(found["really"]) == (0, 15, 15)
    assert waits(found["replayed"]) == (0, 65, 65)
    assert found["replayed"]["limit_wait"]["max_s"] == 0


def test_nobody_is_called_before_the_opening():
    """Though the supervisor opened, numbers were given out, and somebody was served early."""
    day = one_stop(clock="07:30")
    day.do(commands.OpenDay, SARI)
    day.issue()
    day.served()
    assert waits(asked(day)["replayed"])[2] == 30


def test_day_off_has_no_hours_to_keep_to():
    """A Sunday opened by the supervisor: whoever comes is called."""
    day = Day(on=day_off(), clock="09:00", single_stop=True)
    day.do(commands.OpenDay, SARI)
    day.issue()
    day.served()
    day.later(minutes=5).do(commands.CloseDay, SARI)
    found = asked(day)
    assert (waits(found["replayed"])[2], found["replayed"]["busy_share"]) == (0, None)


def day_off():
    """Return the Sunday of that week."""
    return Day().date + timedelta(days=6)


def test_nobody_is_called_or_begins_while_service_is_suspended():
    """From 9:05 to 9:36: who is called before comes to the desk, and begins when it is over."""
    day = one_stop(clock="09:00")
    first = begun(day)
    second = day.at("09:04").issue()
    day.call("K-2", ANI)
    day.at("09:05").do(commands.Suspend, SARI, reason_code="power_cut")
    day.at("09:10").issue()
    day.at("09:20").finish(first)
    day.at("09:36").do(commands.Resume, SARI)
    day.later(minutes=1).start(second, ANI)
    day.later(minutes=8).finish(second, ANI)
    day.served(minutes=8)
    found = asked(day, desks=3)
    assert waits(found["really"]) == (33, 35, 35)
    assert waits(found["replayed"]) == (26, 32, 32)  # the walk of two minutes ended at 9:06
    assert waits(found["what_if"]) == (26, 32, 32)  # a third desk may call nobody either
    assert found["what_if"]["limit_wait"]["max_s"] == 0
    assert found["really"]["busy_share"] == round((5 + 10 + 8) / (2 * (390 - 31)), 4)


def test_who_did_not_come_takes_a_desk_for_as_long():
    """Called thrice, missed after three minutes; does not come at two desks either."""
    day = one_stop(clock="09:00")
    day.issue()
    day.issue()
    missed(day)
    day.served()
    found = asked(day, desks=2)
    assert [served(found[case]) for case in ("really", "replayed", "what_if")] == [(1, 1)] * 3
    assert [waits(found[case])[2] for case in ("really", "replayed", "what_if")] == [3, 3, 0]


def test_who_came_after_all_comes_back_as_long_after():
    """Missed at 9:03, back at 9:13; with one more desk too, where the first is still busy."""
    day = one_stop(clock="09:00")
    late = day.issue()
    missed(day)
    day.later(minutes=10).do(commands.Reinstate, ticket_id=late)
    other = day.later(minutes=5).served()
    assert other == late
    found = asked(day)
    assert waits(found["really"])[2] == 5  # from when they came back
    assert (served(found["replayed"]), waits(found["replayed"])[2]) == ((1, 0), 0)
    assert clock(day, found["replayed"]["last_end"]) == "09:18"


def test_who_comes_back_after_the_closing_is_not_taken_in_again():
    """Called earlier they would be; later they are not, and the replay goes on."""
    day = one_stop(clock="14:50")
    first = begun(day)
    late = day.issue()
    day.at("15:20").finish(first)
    missed(day)
    day.later(minutes=20).do(commands.Reinstate, ticket_id=late)
    day.served()
    day.do(commands.CloseDay, SARI)
    slower = scripts(ways(day.log), ())
    slower[first] = replace(slower[first], service=40 * MINUTE)
    assert once_more(day, slower).tickets[late].status == "no_show"


def test_who_went_home_goes_unless_served_before():
    """At 9:20 from the row; at two desks they were called at 9:05, and took the median."""
    day = one_stop(clock="09:00")
    first = begun(day)
    gone = day.at("09:05").issue()
    day.at("09:20").do(commands.CancelTicket, ticket_id=gone)
    day.at("09:30").finish(first)
    found = asked(day, desks=2)
    assert [served(found[case]) for case in ("really", "replayed", "what_if")] == [
        (1, 1),
        (1, 1),
        (2, 0),
    ]
    assert clock(day, found["what_if"]["last_end"]) == "09:35"


def test_who_went_home_from_the_desk_does_so_again():
    """Called, and gone a minute later."""
    day = one_stop(clock="09:00")
    gone = day.issue()
    day.issue()
    day.call()
    day.later(minutes=1).do(commands.CancelTicket, ticket_id=gone)
    day.served()
    found = asked(day)
    assert (served(found["replayed"]), waits(found["replayed"])[2]) == ((1, 1), 1)


def test_who_waits_at_the_closing_expires():
    """After closing time who waits is still called, until the day is closed."""
    day = one_stop(clock="14:50")
    first = begun(day)
    day.at("14:55").issue()
    day.at("16:00").do(commands.CloseByTime, None)
    day.at("16:10").finish(first)
    found = asked(day, desks=2)
    assert [served(found[case]) for case in ("replayed", "what_if")] == [(1, 1), (2, 0)]
    assert clock(day, found["what_if"]["last_end"]) == "16:15"


def test_who_waits_is_called_after_closing_time():
    """Up to when the day is closed, half an hour later."""
    day = one_stop(clock="14:50")
    first = begun(day)
    day.issue()
    day.at("15:40").finish(first)
    day.served(minutes=10)
    found = asked(day)
    assert [clock(day, found[case]["last_end"]) for case in ("really", "replayed")] == ["15:50"] * 2


def test_suspension_after_the_end_of_the_replayed_day_is_none_of_its():
    """The officer was slow to call; called at once, nobody is there any more at 16:00."""
    day = one_stop(clock="14:50")
    slow = day.issue()
    day.at("15:30").call()
    day.start(slow)
    day.at("16:00").do(commands.CloseByTime, None)
    day.at("16:05").do(commands.Suspend, SARI, reason_code="power_cut")
    day.at("16:07").do(commands.Resume, SARI)
    day.at("16:10").finish(slow)
    replayed = once_more(day)
    assert (replayed.status, replayed.suspensions) == (DayStatus.CLOSED, ())


def test_front_office_stays_as_it_was():
    """Who left it for the row of the desks at 9:05 begins then; who never did is not counted."""
    day = Day(clock="09:00")
    came, gone, _ = (day.issue() for _ in range(3))
    day.call("FO-1", stop=Stop.FRONT_OFFICE)
    day.do(commands.Register, ticket_id=came)
    day.at("09:05").sign(came)
    day.do(commands.CancelTicket, ticket_id=gone)
    day.at("09:10").served()
    found = asked(day)
    assert [served(found[case]) for case in ("really", "replayed")] == [(1, 0)] * 2
    assert [waits(found[case])[2] for case in ("really", "replayed")] == [5, 0]
    assert once_more(day).tickets[gone].status == "cancelled"


def test_service_is_one_piece():
    """Held, gone on with, sent to another desk, finished by mistake: minutes at desks add up."""
    day = one_stop(clock="09:00")
    ticket = begun(day)
    day.at("09:05").do(commands.Hold, ticket_id=ticket)
    day.at("09:20").do(commands.GoOn, ticket_id=ticket, counter="K-1")
    day.at("09:22").do(commands.Transfer, ticket_id=ticket, to_counter="K-2")
    day.at("09:30").call("K-2", ANI)
    day.at("09:31").start(ticket, ANI)
    day.at("09:35").finish(ticket, ANI)
    day.at("09:36").do(commands.UndoFinish, ANI, ticket_id=ticket)
    day.at("09:40").finish(ticket, ANI)
    (script,) = scripts(ways(day.log), ()).values()
    assert script == Script((), timedelta(0), (5 + 2 + 5 + 4) * MINUTE, None)
    found = asked(day)
    assert found["really"]["desks"] == 2
    assert clock(day, found["replayed"]["last_end"]) == "09:16"


def test_service_forgotten_until_midnight_takes_the_median():
    """Nobody pressed the button: what lies in the log is no length of a service."""
    day = one_stop(clock="09:00")
    begun(day)
    forgotten = begun(day, "K-2", ANI)
    day.at("09:10").finish("t1")
    day.at("23:59:59").do(commands.EndByTime, None)
    assert scripts(ways(day.log), ())[forgotten].service == 10 * MINUTE
    assert clock(day, asked(day)["replayed"]["last_end"]) == "09:10"


def test_replay_ends_with_the_date():
    """Whoever is still served then expires, as in service."""
    day = one_stop(clock="09:00")
    longest = begun(day)
    endless = {longest: Script((), timedelta(0), timedelta(hours=20), None)}
    assert once_more(day, endless).tickets[longest].status == "expired"


def test_undone_finish_is_no_end():
    """Finished at 9:12 by mistake, and still served: the last end was at 9:10."""
    day = one_stop(clock="09:00")
    first = begun(day)
    day.at("09:10").finish(first)
    other = begun(day)
    day.at("09:12").finish(other)
    day.at("09:13").do(commands.UndoFinish, ticket_id=other)
    found = what_if(facts(day), day.office, Wish(), day.now)
    assert clock(day, found["really"]["last_end"]) == "09:10"


def test_desk_where_somebody_only_went_on_was_used():
    """Held at one, gone on with at another."""
    day = one_stop(clock="09:00")
    ticket = begun(day)
    day.later(minutes=5).do(commands.Hold, ticket_id=ticket)
    day.do(commands.GoOn, ticket_id=ticket, counter="K-2")
    day.later(minutes=5).finish(ticket)
    assert asked(day)["replayed"]["desks"] == 2


def test_day_that_is_not_over_is_taken_up_to_now():
    """One was served, one is, one waits; the replay stops at the same moment."""
    day = one_stop(clock="09:00")
    day.issue()
    day.served(minutes=10)
    begun(day)
    day.later(minutes=2).issue()
    day.later(minutes=3)
    found = what_if(facts(day), day.office, Wish(2), day.now)
    assert not found["over"]
    assert [served(found[case]) for case in ("really", "replayed", "what_if")] == [
        (2, 1),
        (2, 1),
        (3, 0),
    ]
    assert found["really"]["busy_share"] == round(15 / 75, 4)


def test_day_without_a_service_says_so():
    """Nothing tells how long one takes."""
    day = one_stop(clock="09:00")
    begun(day)
    with pytest.raises(NothingToReplay):
        asked(day)


def test_clocks_of_two_processes_may_differ():
    """A fact that claims to be earlier than the one before it is taken to be as late."""
    day = slow_morning()
    day.log = [(at - (n == 5) * timedelta(seconds=40), e) for n, (at, e) in enumerate(day.log)]
    assert waits(asked(day)["replayed"])[2] == 40


def test_other_calendar_is_told():
    """The day is replayed by the office file as it is now."""
    day = slow_morning()
    at, opened = day.log[0]
    day.log[0] = (at, replace(opened, calendar_version="another"))
    assert not asked(day)["same_calendar"]


def missed(day):
    """Call who is next in vain, for three minutes."""
    ticket_id = day.call()
    for _ in range(2):
        day.later(minutes=1).do(commands.Recall, ticket_id=ticket_id)
    day.later(minutes=1).do(commands.Miss, ticket_id=ticket_id)


def occupied(happened):
    """Yield who is at which desk after each fact; never two at one, nobody at two."""
    there = {}
    for _, event in happened:
        match event:
            case TicketCalled(stop=Stop.DESK):
                assert event.counter not in there
                assert event.ticket_id not in there.values()
                there[event.counter] = event.ticket_id
            case ServiceFinished() | TicketMissed() | TicketCancelled() | TicketExpired():
                there = {c: t for c, t in there.items() if t != event.ticket_id}
            case _:
                pass
        yield there


def test_who_leaves_the_front_office_last_closes_a_day_that_is_closing():
    """One was served, one is with the front office when the rest expires, and goes home."""
    day = Day()
    served, leaves = day.issue(), day.issue()
    for ticket_id in (served, leaves):
        day.call("FO-1", stop=Stop.FRONT_OFFICE)
        day.do(commands.Register, ticket_id=ticket_id)
        if ticket_id == served:
            day.sign(served)
            day.served(minutes=20)
    day.do(commands.CloseDay, SARI)
    day.later(minutes=5).do(commands.CancelTicket, ticket_id=leaves)
    replay = Replay(with_desks(day.office, 1, 2), scripts(ways(day.log), ()))
    replay.run(facts(day), None)
    assert replay.state.tickets[served].status is Status.FINISHED
    assert replay.state.status is DayStatus.CLOSED


def soon_after_each_other(steps):
    """So that a history ends on its date, and in the order of its times."""
    return [(step, max(0, min(seconds, 300))) for step, seconds in steps]


@settings(max_examples=30, deadline=None)
@given(HISTORY, st.booleans(), st.sampled_from([1, 2, 5]), st.sampled_from([1, 2, 99]))
def test_everybody_who_came_is_accounted_for(steps, single_stop, desks, in_a_row):
    """Whatever was done that day: the same visitors, one at a desk, and all have ended."""
    day = play(soon_after_each_other(steps), single_stop, lambda _: None)
    day.at("23:59:59").do(commands.EndByTime, None)
    came = ways(day.log)
    try:
        plays = scripts(came, day.state.suspensions)
    except NothingToReplay:
        assume(False)
    replay = Replay(with_desks(day.office, desks, in_a_row), plays)
    replay.run(facts(day), None)
    assert all(len(there) <= desks for there in occupied(replay.happened))
    assert replay.state.tickets.keys() == day.state.tickets.keys()
    assert all(ticket.has_ended for ticket in replay.state.tickets.values())
    assert replay.state.status is DayStatus.CLOSED
    assert ways(replay.happened).keys() == came.keys()


@settings(max_examples=30, deadline=None)
@given(HISTORY, st.booleans(), ANY_WISH)
def test_same_log_gives_the_same_answer(steps, single_stop, wish):
    """To the last figure; and what is as it was is the replay."""
    day = play(soon_after_each_other(steps), single_stop, lambda _: None)
    given_ = facts(day)
    try:
        found, again = (what_if(given_, day.office, wish, day.now) for _ in range(2))
    except NothingToReplay:
        assume(False)
    assert found == again
    assert what_if(given_, day.office, Wish(), day.now)["replayed"] == found["replayed"]
    if wish == Wish():
        assert found["what_if"] == found["replayed"]
    came = found["really"]["served"] + found["really"]["not_served"]
    assert all(sum(served(found[case])) == came for case in ("replayed", "what_if"))


SECONDS = st.integers(0, 1800).map(lambda s: timedelta(seconds=s))
VAIN = st.builds(Vain, SECONDS, st.none())
VISITOR = st.tuples(
    st.integers(0, 1200),
    st.builds(Script, st.just(()), SECONDS, SECONDS, st.none())
    | st.builds(Script, st.tuples(VAIN), SECONDS, SECONDS, st.none()),
    st.booleans(),  # service is suspended, or resumed, when they come
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VISITOR, min_size=2, max_size=20), st.integers(1, 4))
def test_one_more_desk_makes_nobody_wait_longer(visitors, desks):
    """In one row, by arrival, over breaks, suspensions and the closing."""
    day, plays = one_stop(), {}
    for seconds, script, turns in visitors:
        plays[day.later(seconds=seconds).issue()] = script
        if turns:
            suspended = day.state.status is DayStatus.SUSPENDED
            words = {} if suspended else {"reason_code": "power_cut"}
            day.do(commands.Resume if suspended else commands.Suspend, SARI, **words)
    day.at("16:00").do(commands.CloseByTime, None)
    fewer, more = (begins(day, plays, desks + n) for n in range(2))
    assert all(more[ticket_id] <= at for ticket_id, at in fewer.items())


def begins(day, plays, desks):
    """Return when each begins who does."""
    replay = Replay(with_desks(day.office, desks, 1), plays)
    replay.run(facts(day), None)
    return {t: way.begun_at for t, way in ways(replay.happened).items() if way.begun_at}
