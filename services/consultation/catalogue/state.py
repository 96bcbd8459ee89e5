"""What decisions need to know of a published answer."""

from dataclasses import dataclass, replace
from typing import assert_never

from kernel.facts import Fact
from services.consultation.catalogue.events import (
    AnswerCorrected,
    AnswerEvent,
    AnswerPublished,
    AnswerWithdrawn,
)


@dataclass(frozen=True, kw_only=True)
class State:
    """Where it stands; no office before there is one."""

    office: str = ""
    published: bool = False


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact."""
    event: AnswerEvent = fact.event
    match event:
        case AnswerPublished():
            return State(office=fact.office, published=True)
        case AnswerCorrected():
            return state
        case AnswerWithdrawn():
            return replace(state, published=False)
    assert_never(event)
