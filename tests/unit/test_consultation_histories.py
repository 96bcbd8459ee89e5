"""Whatever is asked in whatever order: what decisions know and what readers see agree."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.consultation import ConsultationSchema
from contracts.errors import Rejected
from services.consultation import commands, views
from services.consultation.events import (
    CloseReason,
    ConsultationClosed,
    ConsultationReopened,
    RequestAccepted,
    SlaBreached,
    SlaMet,
)
from services.consultation.reactions import react
from services.consultation.schemas import TYPES
from services.consultation.state import Sla, State, Status
from tests.support import NOON, fact
from tests.unit.consultation import ANI, BUDI, CONSULTATION, OFFICE, SITI, submitted

NAMES = {t.event_class: t.name for t in TYPES.all()}


def by(caller, now):
    """Return what one caller may ask at one time."""
    return {
        "accept": lambda: commands.Accept(caller=caller, now=now, office=OFFICE),
        "claim": lambda: commands.Claim(caller=caller, now=now),
        "post": lambda: commands.PostMessage(
            caller=caller, now=now, office=OFFICE, message_id="m", text="…"
        ),
        "note": lambda: commands.PostMessage(
            caller=caller, now=now, office=OFFICE, message_id="m", text="…", internal=True
        ),
        "resolve": lambda: commands.Close(caller=caller, now=now, reason=CloseReason.RESOLVED),
        "spam": lambda: commands.Close(caller=caller, now=now, reason=CloseReason.SPAM),
        "withdraw": lambda: commands.Withdraw(caller=caller, now=now),
        "reopen": lambda: commands.Reopen(caller=caller, now=now, office=OFFICE, reason="…"),
    }


def clock_says(now, state):
    """Return the dates that could fire, those of the state as it is."""
    dates = {}
    if state.silence:
        closes_at = state.silence.closes_at
        dates["silent"] = lambda: commands.CloseSilent(now=now, closes_at=closes_at)
        dates["remind"] = lambda: commands.RemindSilence(now=now, n=1, closes_at=closes_at)
    if state.due_at:
        dates["judge"] = lambda: commands.JudgeLimit(now=now, due_at=state.due_at)
    return dates


CLOCK_SAYS = ("silent", "remind", "judge")

STEPS = st.lists(
    st.tuples(
        st.sampled_from((BUDI, ANI, SITI)),
        st.sampled_from(
            [
                "accept",
                "claim",
                "post",
                "note",
                "resolve",
                "spam",
                "withdraw",
                "reopen",
                "silent",
                "remind",
                "judge",
            ]
        ),
        st.integers(0, 5 * 24 * 60),
    ),
    max_size=14,
)


def play(steps):
    """Decide one command after the other; return all facts and the last state."""
    facts, now = [submitted()], NOON
    state = CONSULTATION.evolve(CONSULTATION.initial(), facts[0])
    for caller, name, minutes in steps:
        now += timedelta(minutes=minutes)
        makes = {**by(caller, now), **clock_says(now, state)}
        if name not in makes:
            continue
        try:
            events = CONSULTATION.decide(makes[name](), state)
        except Rejected:
            continue
        for event in events:
            known = {"name": NAMES[type(event)], "sequence": len(facts) + 1}
            facts.append(fact(event, now, **known))
            state = CONSULTATION.evolve(state, facts[-1])
    return facts, state


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_state_and_resource_agree(steps):
    """Status, limit, silence, officer: folded twice, for two purposes, to the same."""
    facts, state = play(steps)
    seen = views.resource(facts)
    assert seen is not None
    assert seen["status"] == state.status
    assert seen["sla"]["state"] == state.sla
    assert seen["sla"]["due_at"] == state.due_at
    assert seen["silence"]["closes_at"] == (state.silence.closes_at if state.silence else None)
    assert seen["officer_id"] == state.officer_id
    assert (seen["answered_at"] is not None) == state.answered
    assert seen["closed_at"] == state.closed_at
    assert ConsultationSchema().validate(ConsultationSchema().dump(seen)) == {}


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_one_verdict_and_no_silence_when_closed(steps):
    """The limit is judged at most once; a closed consultation waits for nobody."""
    facts, state = play(steps)
    verdicts = [f for f in facts if isinstance(f.event, SlaMet | SlaBreached)]
    assert len(verdicts) <= 1
    if state.status is Status.CLOSED:
        assert state.silence is None
        assert state.sla is not Sla.RUNNING
        assert isinstance(
            next(f.event for f in reversed(facts) if not getattr(f.event, "internal", False)),
            ConsultationClosed,
        )


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_limit_moves_by_every_pause_and_nothing_else(steps):
    """Due = three working days after acceptance, and one more for each that it was closed."""
    facts, state = play(steps)
    accepted_at = next((f.occurred_at for f in facts if isinstance(f.event, RequestAccepted)), None)
    if accepted_at is None:
        return
    paused, closed_at, judged = 0, None, False
    for known in facts:
        match known.event:
            case SlaMet() | SlaBreached():
                judged = True
            case ConsultationClosed() if known.occurred_at >= accepted_at and not judged:
                closed_at = known.occurred_at
            case ConsultationReopened() if closed_at is not None:
                paused += OFFICE.calendar.working_days_between(closed_at, known.occurred_at)
                closed_at = None
    assert state.due_at == OFFICE.calendar.due(accepted_at, 3 + paused).due_at


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_every_fact_has_a_reaction_without_texts(steps):
    """Nothing falls through, and nothing personal leaves."""
    facts, _ = play(steps)
    assert all(react(f) for f in facts)


def test_state_holds_nothing_personal():
    """A state is cached and may be written down."""
    assert not {"text", "topic", "question", "name", "email"} & set(State.__dataclass_fields__)
