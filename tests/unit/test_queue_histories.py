"""Whatever is asked in whatever order: what a service day promises holds after every fact.

The ten minutes are held against an oracle that knows only the raw events and the office's hours.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import Rejected
from contracts.offices import AT_CLOSE
from services.queue import commands
from services.queue.events import (
    Lane,
    Outcome,
    ServiceDayClosed,
    ServiceFinished,
    ServiceFinishUndone,
    ServiceResumed,
    ServiceStarted,
    ServiceSuspended,
    StartLimitBreached,
    Stop,
    TicketCalled,
    TicketCancelled,
    TicketExpired,
    TicketHeld,
    TicketIssued,
    TicketMissed,
    TicketQueuedForDesk,
    TicketReinstated,
    TicketTransferred,
)
from services.queue.lane_rule import OTHER, RECALL
from services.queue.reactions import A_MOMENT
from services.queue.state import DayStatus
from tests.lane_rule import check_lane_rule
from tests.unit.service_day import ANI, BUDI, SARI, Day, office

COUNTERS = ("FO-1", "K-1", "K-2")
OTHER_DESK = {"FO-1": "K-1", "K-1": "K-2", "K-2": "K-1"}
AT_COUNTER = [
    *("call", "call and start", "start", "finish", "recall", "hold", "transfer", "register"),
    *(
        "sign",
        "identify",
        "call in vain",
        "call in vain and back",
        "call in vain and back",
        "front office",
    ),
    *("serve", "serve", "serve and undo", "serve, hold, go on", "serve, hold, go on and undo"),
    *("refer", "serve and refer", "serve and transfer", "serve and transfer"),
    "transfer and back",
]
STEP = st.one_of(
    st.tuples(st.just("issue"), st.sampled_from(Lane)),
    *[st.tuples(st.sampled_from(AT_COUNTER), st.sampled_from(COUNTERS))] * 4,
    st.tuples(st.sampled_from(["reinstate", "undo", "cancel", "goon"]), st.integers(1, 9)),
    st.tuples(st.sampled_from(["suspend", "resume", "resume", "resume", "clock"]), st.just(None)),
)
SECONDS = st.sampled_from([0, 1, 20, 60, 200, 700, 3000])
BACK = st.just(-41)  # seconds by which a clock may step back
MOMENTS = st.one_of(*[SECONDS] * 9, BACK)
CLOSE = st.tuples(st.just("close"), st.sampled_from(["serve", *AT_CLOSE]))
AT_THE_END = st.sampled_from(["call and start", "finish", "serve", "serve", "front office"])
LAST = st.one_of(STEP, *[st.tuples(AT_THE_END, st.sampled_from(COUNTERS))] * 3)
AFTERWARDS = st.lists(st.tuples(LAST, MOMENTS), min_size=5, max_size=20)
HISTORY = st.builds(
    lambda steps, closing: [*steps, *closing],
    st.lists(st.tuples(STEP, MOMENTS), min_size=30, max_size=70),
    st.one_of(
        st.just([]),
        st.builds(lambda close, then: [(close, 0), *then], CLOSE, AFTERWARDS),
    ),
)


KINDS = {
    "start": commands.Start,
    "finish": commands.Finish,
    "recall": commands.Recall,
    "miss": commands.Miss,
    "hold": commands.Hold,
    "register": commands.Register,
    "reinstate": commands.Reinstate,
    "undo": commands.UndoFinish,
    "cancel": commands.CancelTicket,
    "goon": commands.GoOn,
}


def take(day, step, what):
    """Ask for one thing; `what` names a lane, a counter and with it who is there, or a ticket."""
    ticket = f"t{what}" if isinstance(what, int) else there(day, what)
    match step:
        case "issue":
            day.issue(what)
        case "call":
            stop = Stop.FRONT_OFFICE if what == "FO-1" else Stop.DESK
            day.call(what, ANI if what == "K-2" else BUDI, stop)
        case "call and start":
            take(day, "call", what)
            take(day, "start", what)
        case "front office":
            for verb in ("call", "register", "sign"):
                take(day, verb, "FO-1")
        case "serve and transfer":
            take(day, "call and start", what)
            take(day.later(seconds=50), "transfer", what)
            take(day.later(seconds=50), "serve", OTHER_DESK[what])
        case "transfer and back":
            take(day, "call and start", what)
            moved = there(day, what)
            take(day.later(seconds=50), "transfer", what)
            day.later(seconds=50).do(commands.Transfer, SARI, ticket_id=moved, to_counter=what)
            take(day, "serve", what)
        case _ if step.startswith("serve"):
            take(day, "call and start", what)
            served = int(there(day, what)[1:])
            if "hold" in step:
                take(day.later(seconds=50), "hold", what)
                take(day.later(seconds=50), "goon", served)
            take(day.later(seconds=100), "refer" if "refer" in step else "finish", what)
            if "undo" in step:
                take(day.later(seconds=30), "undo", served)
        case "call in vain and back":
            take(day, "call", what)
            missed = int(there(day, what)[1:])
            for verb in ("recall", "recall", "miss"):
                take(day.later(seconds=20), verb, what)
            take(day.later(seconds=200), "reinstate", missed)
        case "call in vain":
            take(day, "call", what)
            for verb in ("recall", "recall", "miss"):
                take(day.later(seconds=20), verb, what)
        case "sign":
            day.sign(ticket, SARI, identity_checked=False)
        case "identify":
            day.do(commands.CheckIdentity, SARI, ticket_id=ticket, identity_type="ktp")
        case "suspend":
            day.do(commands.Suspend, SARI, reason_code="power_cut")
        case "resume":
            day.do(commands.Resume, SARI)
        case "transfer":
            day.do(commands.Transfer, SARI, ticket_id=ticket, to_counter=OTHER_DESK[what])
        case "refer":
            day.do(commands.Finish, SARI, ticket_id=ticket, outcome=Outcome.REFERRED)
        case "close":
            day.office = office(single_stop=day.office.queue.single_stop, at_close=what)
            day.do(commands.CloseDay, SARI)
        case "clock":
            clock_says(day)
        case _:
            day.do(KINDS[step], SARI, ticket_id=ticket)


def no_time_is_negative(day):
    """Of no fact, nor of what is kept of a ticket."""
    for _, event in day.log:
        for name in ("waited_s", "duration_s", "held_s"):
            assert getattr(event, name, 0) >= 0


def there(day, counter):
    """Return which ticket is at a counter; one that does not exist if none is."""
    return day.state.counters.get(counter, "t0")


def clock_says(day):
    """Fire every date there could be."""
    for ticket_id, clock in tuple(day.state.clocks.items()):
        day.do(commands.TellLimit, None, ticket_id=ticket_id, t0=clock.t0)
    for ticket_id, ticket in tuple(day.state.tickets.items()):
        called = {"ticket_id": ticket_id, "called_at": ticket.called_at}
        if ticket.attempts >= day.office.queue.calls:
            day.do(commands.MissByTime, None, **called)


def fire_until(day, then):
    """Fire the dates of the ten minutes that are due by then, each at its moment."""
    while due := [d for d in limit_dates(day) if d[0] <= then]:
        day.now, ticket_id, t0 = min(due)
        if not day.do(commands.TellLimit, None, ticket_id=ticket_id, t0=t0):
            break


def limit_dates(day):
    """Yield when something is to be told of whom."""
    for ticket_id, clock in day.state.clocks.items():
        if clock.warns_at is not None:
            yield clock.warns_at, ticket_id, clock.t0
        elif clock.ends_at is not None and day.ticket(ticket_id).breached_of != clock.t0:
            yield clock.ends_at + A_MOMENT, ticket_id, clock.t0


LANES = (Lane.REGULAR, Lane.PRIORITY, Lane.REGULAR, Lane.REGULAR)
"""Of those who are there at the opening."""


def play(steps, single_stop, check, lanes=LANES, punctual=False):
    """Play a history; `check(day)` after each step, refused or not.

    `punctual`: dates fire when they are due, and not only when a step says so.
    """
    day = Day(clock="08:00", single_stop=single_stop)
    day.do(commands.OpenDay, SARI)
    for lane in lanes:
        day.later(seconds=1).issue(lane)
    for (step, what), seconds in steps:
        then = day.now + timedelta(seconds=seconds)
        if punctual:
            fire_until(day, then)
        day.now = then
        with suppress(Rejected):
            take(day, step, what)
        check(day)
    return day


def everybody_stands_somewhere(day):
    """No ticket at two counters or in two rows, no counter with two, and none is lost."""
    state = day.state
    at_counters = list(state.counters.values())
    in_rows = [ticket for row in state.rows.values() for ticket in row]
    assert len(set(at_counters)) == len(at_counters)
    assert len(set(in_rows)) == len(in_rows)
    assert not set(in_rows) & set(at_counters)
    for ticket_id, ticket in state.tickets.items():
        assert ticket.is_waiting == (ticket_id in in_rows)
        assert (ticket.counter is not None) == (ticket_id in at_counters)
        assert ticket.counter is None or state.counters[ticket.counter] == ticket_id
        places = (ticket.is_waiting, ticket.has_ended, ticket_id in at_counters, ticket.is_held)
        assert sum(places) == 1


@settings(max_examples=60, deadline=None)
@given(HISTORY, st.booleans())
def test_every_ticket_stands_in_one_place(steps, single_stop):
    """After every command; and when the date is over, all have ended and the counts add up."""
    day = play(steps, single_stop, everybody_stands_somewhere)
    no_time_is_negative(day)
    day.at("23:59:59").do(commands.EndByTime, None)
    everybody_stands_somewhere(day)
    assert day.state.status is DayStatus.CLOSED
    counts = next(e.counts for _, e in day.log if isinstance(e, ServiceDayClosed))
    assert counts["issued"] == sum(n for end, n in counts.items() if end != "issued")
    assert counts["issued"] == len(day.numbers()) == len(set(day.numbers()))


@settings(max_examples=60, deadline=None)
@given(HISTORY)
def test_every_overtaking_is_explained(steps):
    """Counted anew from the raw events: who came before, waits on, and was passed over."""
    day = play(steps, True, lambda _: None)
    waiting: dict[str, int] = {}
    sent_on: set[str] = set()
    reasons: dict[str, str | None] = {}
    for number, (_, event) in enumerate(day.log):
        match event:
            case TicketIssued():
                waiting[event.ticket_id] = number
                reasons[event.ticket_id] = event.priority_reason
            case TicketReinstated():
                waiting[event.ticket_id] = number
                reasons[event.ticket_id] = RECALL
            case TicketTransferred():
                sent_on.add(event.ticket_id)
                waiting[event.ticket_id] = number
            case TicketCalled():
                came = waiting.pop(event.ticket_id)
                passed = [t for t, since in waiting.items() if since < came and t not in sent_on]
                assert event.overtook == len(passed)
                assert event.overtake_reason == (
                    (reasons[event.ticket_id] or OTHER) if passed else None
                )
            case TicketCancelled() | TicketExpired():
                waiting.pop(event.ticket_id, None)
            case _:
                pass


@settings(max_examples=60, deadline=None)
@given(HISTORY)
def test_no_third_priority_call_while_a_regular_ticket_waits(steps):
    """The lane rule, read from the log alone."""
    day = play(steps, True, lambda _: None)
    check_lane_rule((event for _, event in day.log), day.office.queue.priority_in_a_row)


@dataclass
class Called:
    """One call to a desk in turn, as the oracle keeps it: nothing of it is ever taken back."""

    ticket_id: str
    before: "Called | None"
    left: list[object] = field(default_factory=list)  # each time they left the desk after it
    finished: object = None


class Oracle:
    """Judges each beginning second by second, from the raw events and the hours alone.

    The rule: at most ten minutes from the latest of when the one called before in the lane left
    their desk, the own arrival in the row, and the opening.
    """

    def __init__(self, day):
        self.day = day
        self.arrived, self.lane, self.called, self.last = {}, {}, {}, {}
        self.sent_on = set()
        self.suspended, self.since = [], None

    def read(self, at, event):
        """Take in one event; judge it if it is a beginning, of who was not sent on."""
        match event:
            case ServiceSuspended():
                self.since = at
            case ServiceResumed():
                self.suspended.append((self.since, at))
                self.since = None
            case TicketIssued():
                self.lane[event.ticket_id] = event.lane
                self.arrived[event.ticket_id] = at
            case TicketQueuedForDesk() | TicketReinstated():
                self.arrived[event.ticket_id] = at
            case TicketCalled(stop=Stop.DESK) if event.ticket_id not in self.sent_on:
                before = self.last.get(event.lane)
                while before is not None and before.ticket_id == event.ticket_id:
                    before = before.before  # nobody is behind themselves
                call = Called(event.ticket_id, before)
                self.last[event.lane] = self.called[event.ticket_id] = call
            case TicketTransferred():
                self.sent_on.add(event.ticket_id)
                self.arrived[event.ticket_id] = at
                self.called[event.ticket_id].left.append(at)
            case TicketHeld() | TicketMissed() | TicketCancelled() | TicketExpired():
                if event.ticket_id in self.called:
                    self.called[event.ticket_id].left.append(at)
            case ServiceFinished():
                call = self.called[event.ticket_id]
                call.finished = at
                call.left.append(at)
            case ServiceFinishUndone():
                self.called[event.ticket_id].left.remove(self.called[event.ticket_id].finished)
            case ServiceStarted() if event.ticket_id not in self.sent_on:
                self.judge(at, event)
            case _:
                pass

    def judge(self, at, event):
        """Count the seconds in which the office served."""
        began = self.arrived[event.ticket_id]
        before = self.called[event.ticket_id].before
        if before is not None:
            began = max(began, before.left[0] if before.left else at)
        seconds = (at - began) // timedelta(seconds=1)
        ran = sum(self.serves(began + timedelta(seconds=n)) for n in range(seconds))
        assert event.waited_s == ran
        assert event.within_limit == (ran <= 600)

    def serves(self, moment):
        """Tell whether the office serves at a moment."""
        paused = any(a <= moment < b for a, b in self.suspended)
        return self.day.office.calendar.is_open(moment) and not paused


@settings(max_examples=60, deadline=None)
@given(HISTORY, st.booleans())
def test_ten_minutes_equal_a_count_of_every_second(steps, single_stop):
    """Whatever is held, transferred, missed, undone or suspended on the way."""
    day = play(steps, single_stop, lambda _: None)
    oracle = Oracle(day)
    for at, event in day.log:
        oracle.read(at, event)


AT_TWO_DESKS = st.tuples(
    st.sampled_from(["call", "start", "call", "start", "finish"]), st.sampled_from(["K-1", "K-2"])
)
RUSH = st.lists(st.tuples(AT_TWO_DESKS, st.sampled_from([1, 200, 500])), min_size=8, max_size=30)


@settings(max_examples=120, deadline=None)
@given(st.one_of(RUSH, HISTORY), st.sampled_from([LANES, (Lane.REGULAR,) * 6]))
def test_who_begins_too_late_was_told_of_and_nobody_else(steps, lanes):
    """With every date fired when it is due; of who gives up or is sent on, nothing is known."""
    forward = [(step, max(0, seconds)) for step, seconds in steps]  # told is told
    day = play(forward, True, lambda _: None, lanes, punctual=True)
    told = {(e.ticket_id, e.t0) for _, e in day.log if isinstance(e, StartLimitBreached)}
    sent_on = {e.ticket_id for _, e in day.log if isinstance(e, TicketTransferred)}
    begun = [e for _, e in day.log if isinstance(e, ServiceStarted) and e.ticket_id not in sent_on]
    late = {(e.ticket_id, e.t0) for e in begun if not e.within_limit}
    assert late <= told
    assert not told & {(e.ticket_id, e.t0) for e in begun if e.within_limit}


@settings(max_examples=40, deadline=None)
@given(HISTORY)
def test_breach_is_told_once_for_the_same_ten_minutes(steps):
    """However often dates fire."""
    day = play(steps, True, clock_says)
    told = Counter((e.ticket_id, e.t0) for _, e in day.log if isinstance(e, StartLimitBreached))
    assert set(told.values()) <= {1}
    assert day.state.breaches == told.total()
