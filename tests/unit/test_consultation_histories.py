"""Whatever is asked in whatever order, under whatever calendar: what must always hold."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from holidays import country_holidays
from hypothesis import given, settings

from contracts.consultation import ConsultationSchema
from kernel.effects import Publish, Schedule
from kernel.personal import personal_fields
from kernel.relay import envelope
from offices.public_holidays import DayKind
from services.consultation import resource
from services.consultation.events import (
    ClarificationEnded,
    ClarificationRequested,
    CloseReason,
    ConsultationClosed,
    ConsultationReopened,
    ContactBounced,
    MeetingHeld,
    MessagePosted,
    Party,
    RequestAccepted,
    SilenceLapsed,
    SilenceStarted,
    SlaApproaching,
    SlaBreached,
    SlaMet,
    SlaRejudged,
)
from services.consultation.explained import explain
from services.consultation.reactions import react
from services.consultation.state import Sla, State, Status
from tests.unit.consultation import OFFICE
from tests.unit.consultation_wishes import STORIES, play


def second_of(verdict):
    """Return by which end and how late a limit was judged anew, None while it is not."""
    if verdict is None or verdict.get("state") == "running":
        return None
    return verdict["due_at"], verdict["late_by_working_days"], verdict["calendar_version"]


PLANTED = "rahasia pengguna"


def planted(known):
    """Return a fact with a text that tells on whoever passes on what is personal."""
    texts = dict.fromkeys(personal_fields(type(known.event)), PLANTED)
    return replace(known, event=replace(known.event, **texts))


def kind(known):
    """Return what kind of fact it is."""
    return type(known.event)


@settings(max_examples=150, deadline=None)
@given(STORIES)
def test_state_and_resource_agree(story):
    """Status, limit, silence, officer: folded twice, for two purposes, to the same."""
    world = play(story)
    seen, state = resource.of(world.facts), world.state
    assert seen["status"] == state.status
    assert seen["turn"] == state.turn
    assert seen["sla"]["state"] == state.sla
    judged = state.judged_by if state.sla is Sla.BREACHED else state.due_at
    assert seen["sla"]["due_at"] == judged
    assert seen["silence"]["closes_at"] == (state.silence.closes_at if state.silence else None)
    assert (seen["silence"]["lapsed_at"] is not None) == (state.lapsed is not None)
    assert second_of(seen["sla"]["rejudged"]) == second_of(state.rejudged and vars(state.rejudged))
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
@given(STORIES)
def test_one_verdict_and_no_silence_when_closed(story):
    """Judged once; what is closed waits for nobody, and what waits has its dates."""
    world = play(story)
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
@given(STORIES)
def test_somebody_or_a_date_is_always_waited_for(story):
    """No case lies there for ever, and nobody is silent to whom the office owes a word."""
    world = play(story)
    state = world.state
    if state.silence or state.lapsed:
        assert state.turn is Party.USER
    coming = any(meeting.end > world.now for meeting in state.meetings.values())
    if state.turn is Party.USER and not coming and not state.bounced:
        assert state.silence or state.lapsed
    if state.turn is Party.OFFICER and state.accepted_at and not state.answered:
        assert state.sla in (Sla.RUNNING, Sla.BREACHED)


@settings(max_examples=150, deadline=None)
@given(STORIES)
def test_nothing_said_is_lost(story):
    """Every message that was not refused is there; a user's word is never answered by a close."""
    world = play(story)
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
@given(STORIES)
def test_nobody_is_warned_twice_of_the_same_end(story):
    """Nor after it."""
    world = play(story)
    warned = [f for f in world.facts if isinstance(f.event, SlaApproaching)]
    assert len({f.event.due_at for f in warned}) == len(warned)
    assert all(f.occurred_at < f.event.due_at for f in warned)


# The day-by-day oracle: knows no calendar of ours, and counts on its fingers.

JOINT = country_holidays("ID", categories=("government",), language="id", years=range(2026, 2029))
PUBLIC = country_holidays("ID", categories=("public",), language="id", years=range(2026, 2029))
SEVEN = timedelta(hours=7)
MINUTE = timedelta(minutes=1)


def counts(day: date, decreed: dict[date, DayKind]) -> bool:
    """Tell whether a date is a working day, from the tables and the decrees."""
    if day in decreed:
        return decreed[day] is DayKind.WORKING
    return day.weekday() < 5 and day not in JOINT and day not in PUBLIC


def walk(day: date, working_days: int, decreed: dict[date, DayKind]) -> date:
    """Go on from a day, one at a time, until so many were worked."""
    while working_days:
        day += timedelta(days=1)
        working_days -= counts(day, decreed)
    return day


def waited(pauses: list[tuple[date, date]], decreed: dict[date, DayKind]) -> int:
    """Count the working days on which the user was waited for, the first of each pause not."""
    days = (a + timedelta(days=n) for a, b in pauses for n in range(1, (b - a).days + 1))
    return sum(counts(day, decreed) for day in days)


def pauses_of(world):
    """Return the pauses of the limit as local dates."""
    return [((p.start + SEVEN).date(), (p.end + SEVEN).date()) for p in world.state.pauses]


@settings(max_examples=300, deadline=None)
@given(STORIES)
def test_due_date_is_what_a_calendar_on_the_wall_says(story):
    """Under every decree, over every pause, up to the verdict."""
    world = play(story)
    state = world.state
    if state.sla is not Sla.RUNNING:
        return
    decreed = {o.date: o.kind for o in world.office.calendar.overrides}
    limit = 3 + waited(pauses_of(world), decreed)
    expected = walk((state.accepted_at + SEVEN).date(), limit, decreed)
    assert (state.due_at + SEVEN).date() == expected
    assert state.due_at == OFFICE.calendar.closing(expected)


def test_stories_have_what_is_to_be_tested():
    """A limit that runs, over a pause of days, under a decree: not now and then, but often."""
    seen = Counter()

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(STORIES)
    def look(story):
        world = play(story)
        state, told = world.state, [f.event for f in world.facts]
        runs = state.sla is Sla.RUNNING
        seen["stories"] += 1
        seen["runs"] += runs
        seen["pause"] += runs and any(start < end for start, end in pauses_of(world))
        seen["decree"] += runs and any(
            state.accepted_at < OFFICE.calendar.closing(o.date) <= state.due_at
            for o in world.office.calendar.overrides
        )
        seen["breached"] += any(isinstance(e, SlaBreached) for e in told)
        seen["rejudged"] += any(isinstance(e, SlaRejudged) for e in told)
        seen["lapsed"] += any(isinstance(e, SilenceLapsed) for e in told)
        seen["bounced"] += any(isinstance(e, ContactBounced) for e in told)
        seen["held"] += any(isinstance(e, MeetingHeld) for e in told)
        seen["reversed"] += any(getattr(e, "reverses_close", False) for e in told)
        silent = (getattr(e, "reason", None) is CloseReason.USER_SILENT for e in told)
        seen["closed as silent"] += any(silent)

    look()
    assert seen["runs"] >= seen["stories"] / 3, seen
    assert seen["pause"] >= seen["stories"] / 10, seen
    rare = ("breached", "rejudged", "lapsed", "bounced", "held", "reversed", "closed as silent")
    assert all(seen[each] for each in rare), seen


def waited_for(world, until):
    """Count the minutes after the acceptance in which they were asked, or it was closed."""
    since, minutes, accepted = None, 0, False
    for known in world.facts:
        at = min(known.occurred_at, until).replace(second=0)
        match known.event:
            case RequestAccepted():
                accepted = True
            case ClarificationRequested() | ConsultationClosed() if accepted:
                since = since or at
            case ClarificationEnded() | ConsultationReopened() if since:
                since, minutes = None, minutes + (at - since) // MINUTE
    return minutes + ((until.replace(second=0) - since) // MINUTE if since else 0)


@settings(max_examples=300, deadline=None)
@given(STORIES)
def test_explained_minutes_are_those_on_the_wall(story):
    """Every minute is somebody's, and none is counted twice."""
    world = play(story)
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
    assert minutes.with_user == waited_for(world, told.until)
    assert all(part >= 0 for part in parts)
    assert sum(day.minutes for day in told.days_off) == minutes.days_off
    assert all(not world.office.calendar.is_working_day(day.date) for day in told.days_off)


@settings(max_examples=50, deadline=None)
@given(STORIES)
def test_every_fact_has_a_reaction_without_texts(story):
    """Nothing falls through, and nothing personal leaves."""
    for known in play(story).facts:
        effects = react(planted(known))
        assert effects
        told = [envelope("consultation", e, known) for e in effects if isinstance(e, Publish)]
        kept = [e.data for e in effects if isinstance(e, Schedule)]
        assert PLANTED not in repr((told, kept))


def test_state_holds_nothing_personal():
    """A state is cached and may be written down."""
    assert not {"text", "topic", "question", "name", "email"} & set(State.__dataclass_fields__)
