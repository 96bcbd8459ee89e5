"""Canned answers: what an office's officers write again and again, kept once, in two languages.

One stream an office. They hold nothing personal, and are told to officers only.

Refusals: `not_found` (no such answer), `too_many` (an office has enough).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from contracts.errors import Code, Rejected
from kernel.aggregate import Aggregate
from kernel.facts import Fact

MOST = 500


@dataclass(frozen=True, kw_only=True)
class CannedAnswerSaved:
    """An answer is there, or reads otherwise now; without English it is for Indonesian only."""

    canned_id: str
    title: str
    text_id: str
    text_en: str | None
    officer_id: str


@dataclass(frozen=True, kw_only=True)
class CannedAnswerRemoved:
    """It is offered no more."""

    canned_id: str
    officer_id: str


@dataclass(frozen=True, kw_only=True)
class SaveCannedAnswer:
    """Keep an answer, a new one or in place of the old."""

    now: datetime
    canned_id: str
    title: str
    text_id: str
    text_en: str | None
    officer_id: str
    new: bool


@dataclass(frozen=True, kw_only=True)
class RemoveCannedAnswer:
    """Offer it no more."""

    now: datetime
    canned_id: str
    officer_id: str


Event = CannedAnswerSaved | CannedAnswerRemoved
Command = SaveCannedAnswer | RemoveCannedAnswer


@dataclass(frozen=True)
class State:
    """What is offered, by id, in the order in which it was first kept."""

    answers: dict[str, CannedAnswerSaved] = field(default_factory=dict)


def decide(command: Command, state: State) -> list[Event]:
    """Return what follows."""
    known = state.answers.get(command.canned_id)
    match command:
        case SaveCannedAnswer():
            if known is None and not command.new:
                raise Rejected(Code.NOT_FOUND, "There is no such answer.")
            if known is None and len(state.answers) >= MOST:
                raise Rejected(Code.TOO_MANY, f"An office keeps {MOST} answers at most.")
            return [_saved(command)]
        case RemoveCannedAnswer():
            if known is None:
                raise Rejected(Code.NOT_FOUND, "There is no such answer.")
            words = {"canned_id": command.canned_id, "officer_id": command.officer_id}
            return [CannedAnswerRemoved(**words)]
    assert_never(command)


def _saved(command: SaveCannedAnswer) -> CannedAnswerSaved:
    return CannedAnswerSaved(
        canned_id=command.canned_id,
        title=command.title,
        text_id=command.text_id,
        text_en=command.text_en,
        officer_id=command.officer_id,
    )


def evolve(state: State, fact: Fact) -> State:
    """Return what is offered after a fact."""
    event: Event = fact.event
    match event:
        case CannedAnswerSaved():
            return State({**state.answers, event.canned_id: event})
        case CannedAnswerRemoved():
            left = {k: v for k, v in state.answers.items() if k != event.canned_id}
            return State(left)
    assert_never(event)


CANNED = Aggregate("canned", decide, evolve, State)
