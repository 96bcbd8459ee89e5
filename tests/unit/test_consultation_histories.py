"""Whatever is asked in whatever order, under whatever calendar: what must always hold."""

from datetime import date, datetime, timedelta

from holidays import country_holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.consultation import ConsultationSchema
from offices.calendar import Override
from offices.public_holidays import DayKind
from services.consultation import commands, resource
from services.consultation.events import (
    CloseReason,
    ConsultationClosed,
    MessagePosted,
    RequestAccepted,
    SilenceStarted,
    SlaApproaching,
    SlaBreached,
    SlaMet,
)
from services.consultation.explained import explain
from services.consultation.reactions import react
from services.consultation.state import Sla, State, Status
from tests.unit.consultation import ANI, BUDI, OFFICE, RINA, SITI
from tests.unit.consultation_world import World

WISHES = {
    "accept": lambda w, who: w.ask(commands.Accept, who),
    "clarify": lambda w, who: w.ask(
        commands.AskClarification, who, message_id="m", text="?", missing=("topic",)
    ),
    "claim": lambda w, who: w.ask(commands.Claim, who),
    "assign": lambda w, who: w.ask(commands.Assign, who, officer_id="ani"),
    "post": lambda w, who: w.ask(commands.PostMessage, who, message_id="m", text="…"),
    "note": lambda w, who: w.ask(
        commands.PostMessage, who, message_id="m", text="…", internal=True
    ),
    "auto": lambda w, who: w.ask(
        commands.PostMessage, who, message_id="m", text="…", automatic=True
    ),
    "late": lambda w, who: w.ask(
        commands.PostMessage, who, message_id="m", text="…", sent_at=w.now - timedelta(days=2)
    ),
    "enter": lambda w, who: w.ask(
        commands.PostMessage,
        who,
        message_id="m",
        text="…",
        on_behalf=True,
        channel="email",
        sent_at=w.now - timedelta(hours=5),
    ),
    "refer": lambda w, who: w.ask(commands.Refer, who, target="library", reason="…"),
    "resolve": lambda w, who: w.ask(commands.Close, who, reason=CloseReason.RESOLVED),
    "spam": lambda w, who: w.ask(commands.Close, who, reason=CloseReason.SPAM),
    "withdraw": lambda w, who: w.ask(commands.Withdraw, who),
    "reopen": lambda w, who: w.ask(commands.Reopen, who, reason="…"),
    "meet": lambda w, who: w.ask(
        commands.ScheduleMeeting,
        who,
        meeting_id=f"meet-{len(w.facts)}",
        kind="zoom",
        start=w.now + timedelta(days=2),
        end=w.now + timedelta(days=2, minutes=30),
        join_url="https://zoom.us/j/1",
    ),
    "meet by link": lambda w, who: w.ask(
        commands.ScheduleMeeting,
        who,
        meeting_id=f"meet-{len(w.facts)}",
        kind="zoom",
        start=w.now + timedelta(days=2),
        end=w.now + timedelta(days=2, minutes=30),
        makes_links=True,
    ),
    "give link": lambda w, who: w.ask(
        commands.RescheduleMeeting,
        who,
        meeting_id=next(iter(w.state.meetings), "meet-0"),
        start=w.now + timedelta(days=3),
        end=w.now + timedelta(days=3, minutes=30),
        join_url="https://zoom.us/j/2",
    ),
    "move": lambda w, who: w.ask(
        commands.RescheduleMeeting,
        who,
        meeting_id=next(iter(w.state.meetings), "meet-0"),
        start=w.now + timedelta(days=3),
        end=w.now + timedelta(days=3, minutes=30),
    ),
    "cancel": lambda w, who: w.ask(
        commands.CancelMeeting, who, meeting_id=next(iter(w.state.meetings), "meet-0")
    ),
    "held": lambda w, who: w.ask(
        commands.HoldMeeting,
        who,
        meeting_id=next(iter(w.state.meetings), "meet-0"),
        message_id="m",
        summary="…",
    ),
    "missed": lambda w, who: w.ask(
        commands.MissMeeting, who, meeting_id=next(iter(w.state.meetings), "meet-0")
    ),
}

STEP = st.tuples(
    st.sampled_from((BUDI, ANI, RINA, SITI)),
    st.sampled_from(sorted(WISHES)),
    st.integers(0, 4 * 24 * 60),
    st.none() | st.tuples(st.integers(1, 12), st.sampled_from(DayKind)),
)
"""Who asks for what after how many minutes, and which day that far ahead is decreed before."""

STEPS = st.lists(STEP, max_size=16)


def kind(known):
    """Return what kind of fact it is."""
    return type(known.event)


def play(steps):
    """Let people do it; what comes due meanwhile fires."""
    world = World()
    for who, wish, minutes, decree in steps:
        world.wait(world.now + timedelta(minutes=minutes))
        if decree is not None:
            days, kind = decree
            world.decree(Override(world.today() + timedelta(days=days), kind, "Libur", "SKB"))
        WISHES[wish](world, who)
    return world


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_state_and_resource_agree(steps):
    """Status, limit, silence, officer: folded twice, for two purposes, to the same."""
    world = play(steps)
    seen, state = resource.of(world.facts), world.state
    assert seen["status"] == state.status
    assert seen["turn"] == state.turn
    assert seen["sla"]["state"] == state.sla
    judged = state.judged_by if state.sla is Sla.BREACHED else state.due_at
    assert seen["sla"]["due_at"] == judged
    assert seen["silence"]["closes_at"] == (state.silence.closes_at if state.silence else None)
    assert (seen["silence"]["lapsed_at"] is not None) == (state.lapsed is not None)
    assert seen["officer_id"] == state.officer_id
    assert (seen["answered_at"] is not None) == state.answered
    assert seen["closed_at"] == state.closed_at
    assert seen["contact_bounced"] == state.bounced
    assert (seen["clarification"] is not None) == (state.status is Status.NEEDS_CLARIFICATION)
    open_ones = {m["meeting_id"] for m in seen["meetings"] if m["status"] == "scheduled"}
    if state.status is not Status.CLOSED and ConsultationClosed not in map(kind, world.facts):
        assert set(state.meetings) == open_ones
    for meeting in seen["meetings"]:
        link = state.links.get(meeting["meeting_id"])
        if link and meeting["status"] == "scheduled":
            assert meeting["link_state"] == link.state
    assert ConsultationSchema().validate(ConsultationSchema().dump(seen)) == {}


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_one_verdict_and_no_silence_when_closed(steps):
    """Judged once; what is closed waits for nobody, and what waits has its dates."""
    world = play(steps)
    verdicts = [f for f in world.facts if isinstance(f.event, SlaMet | SlaBreached)]
    assert len(verdicts) <= 1
    if world.state.status is Status.CLOSED:
        assert world.state.silence is None
        assert world.state.sla is not Sla.RUNNING
        assert not [name for name in world.dates if name != "limit_warning"]
    if world.state.sla is Sla.RUNNING:
        assert world.dates["limit"][0] == world.state.due_at
    if world.state.silence:
        assert world.dates["silence_close"][0] == world.state.silence.closes_at


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_nothing_said_is_lost(steps):
    """Every message that was not refused is there; a user's word is never answered by a close."""
    world = play(steps)
    said = [f for f in world.facts if isinstance(f.event, MessagePosted)]
    assert len(resource.of(world.facts)["messages"]) == len(said) + 1
    silent_since = None
    for known in world.facts:
        match known.event:
            case SilenceStarted():
                silent_since = known.occurred_at
            case MessagePosted(by="user", automatic=False):
                silent_since = None
            case ConsultationClosed(reason=CloseReason.USER_SILENT):
                assert silent_since == known.event.silent_since


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_nobody_is_warned_twice_of_the_same_end(steps):
    """Nor after it."""
    world = play(steps)
    warned = [f for f in world.facts if isinstance(f.event, SlaApproaching)]
    assert len({f.event.due_at for f in warned}) == len(warned)
    assert all(f.occurred_at < f.event.due_at for f in warned)


# The day-by-day oracle: knows no calendar of ours, and counts on its fingers.

JOINT = country_holidays("ID", categories=("government",), language="id", years=range(2026, 2029))
PUBLIC = country_holidays("ID", categories=("public",), language="id", years=range(2026, 2029))
SEVEN = timedelta(hours=7)


def counts(day: date, decreed: dict[date, DayKind]) -> bool:
    """Tell whether a date is a working day, from the tables and the decrees."""
    if day in decreed:
        return decreed[day] is DayKind.WORKING
    return day.weekday() < 5 and day not in JOINT and day not in PUBLIC


def oracle(accepted: datetime, pauses: list[tuple[date, date]], decreed) -> date:
    """Walk on from the acceptance; a day counts if it is worked and nobody waits for the user."""
    day, left = (accepted + SEVEN).date(), 3
    while left:
        day += timedelta(days=1)
        paused = any(start < day <= end for start, end in pauses)
        if counts(day, decreed) and not paused:
            left -= 1
    return day


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_due_date_is_what_a_calendar_on_the_wall_says(steps):
    """Under every decree, over every pause, up to the verdict."""
    world = play(steps)
    state = world.state
    if state.sla is not Sla.RUNNING:
        return
    decreed = {o.date: o.kind for o in world.office.calendar.overrides}
    pauses = [((p.start + SEVEN).date(), (p.end + SEVEN).date()) for p in state.pauses]
    expected = oracle(state.accepted_at, pauses, decreed)
    assert state.due_at is not None
    assert (state.due_at + SEVEN).date() == expected
    assert state.due_at == OFFICE.calendar.closing(expected)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_explained_minutes_are_those_on_the_wall(steps):
    """Every minute is somebody's, and none is counted twice."""
    world = play(steps)
    told = explain(world.facts, world.office, world.now)
    accepted = [f.occurred_at for f in world.facts if isinstance(f.event, RequestAccepted)]
    assert (told is not None) == bool(accepted)
    if told is None:
        return
    minutes = told.minutes
    wall = told.until.replace(second=0) - accepted[0].replace(second=0)
    assert minutes.total == wall.total_seconds() // 60
    parts = (minutes.with_office, minutes.with_user, minutes.outside_hours, minutes.days_off)
    assert sum(parts) == minutes.total
    assert all(part >= 0 for part in parts)
    assert sum(day.minutes for day in told.days_off) == minutes.days_off
    assert all(not world.office.calendar.is_working_day(day.date) for day in told.days_off)


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_every_fact_has_a_reaction_without_texts(steps):
    """Nothing falls through, and nothing personal leaves."""
    assert all(react(f) for f in play(steps).facts)


def test_state_holds_nothing_personal():
    """A state is cached and may be written down."""
    assert not {"text", "topic", "question", "name", "email"} & set(State.__dataclass_fields__)
