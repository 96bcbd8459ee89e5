"""A handover: the open cases of an officer who is absent go to others, as one wish.

A stream each: first what is to go to whom, and in the end what went. In between each case is handed
on under an id of its own, so that whoever repeats it, or carries it on after a crash, does nothing
twice; and nothing that was not meant then.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from kernel.aggregate import Aggregate
from kernel.effects import Cancel, Effect, Schedule
from kernel.facts import Fact

CARRY_ON = "carry_on"
PATIENCE = timedelta(minutes=1)
"""After that whoever began it is taken for dead."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One consultation, and who is to have it."""

    consultation_id: str
    number: str
    officer_id: str


@dataclass(frozen=True, kw_only=True)
class HandoverBegun:
    """These are to go; `remaining`: so many more has the officer."""

    from_officer: str
    cases: tuple[Case, ...]
    remaining: int


@dataclass(frozen=True, kw_only=True)
class HandoverDone:
    """These went: the others were closed meanwhile, or somebody else has them."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, kw_only=True)
class BeginHandover:
    """Hand these on."""

    now: datetime
    from_officer: str
    cases: tuple[Case, ...]
    remaining: int


@dataclass(frozen=True, kw_only=True)
class FinishHandover:
    """All were tried."""

    now: datetime
    cases: tuple[Case, ...]


Event = HandoverBegun | HandoverDone
Command = BeginHandover | FinishHandover


@dataclass(frozen=True)
class State:
    """What was meant, by whom, and what came of it: None before."""

    begun: HandoverBegun | None = None
    by: str = ""
    done: HandoverDone | None = None


def decide(command: Command, state: State) -> list[Event]:
    """Return what follows."""
    match command:
        case BeginHandover():
            begun = HandoverBegun(
                from_officer=command.from_officer, cases=command.cases, remaining=command.remaining
            )
            return [begun]
        case FinishHandover():
            return [] if state.done else [HandoverDone(cases=command.cases)]
    assert_never(command)


def evolve(state: State, fact: Fact) -> State:
    """Return it after a fact."""
    event: Event = fact.event
    match event:
        case HandoverBegun():
            return State(event, fact.actor_id)
        case HandoverDone():
            return replace(state, done=event)
    assert_never(event)


def react(fact: Fact) -> list[Effect]:
    """Return the effects of one fact: what was begun is carried on though nobody asks again."""
    event: Event = fact.event
    match event:
        case HandoverBegun():
            return [Schedule(CARRY_ON, fact.occurred_at + PATIENCE)]
        case HandoverDone():
            return [Cancel(CARRY_ON)]
    assert_never(event)


HANDOVER = Aggregate("handover", decide, evolve, State)
