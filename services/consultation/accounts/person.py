"""A person: what stands against forgetting them, and being forgotten, step by step.

    (held →)* begun → decided → erased

Begun: an e-mail says so while there is still an address; then, or when that takes too long, it is
decided for good. Whoever places a hold later comes too late. A hold is known by its reference and
the office that placed it: two offices may count alike. Refusals: `legal_hold`, `not_found` (no such
hold), `wrong_office` (another's), `subject_erased`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from contracts.errors import Code, Rejected
from kernel.facts import Fact
from kernel.personal import Personal

ERASE = "erase_person"

FORGET_IF_UNVERIFIED = "forget_if_unverified"
"""What a hold has put off, if it has come due meanwhile."""

TELL_WITHIN = timedelta(minutes=5)
"""So long the last e-mail may take; whoever asked to be forgotten is not kept waiting for it."""


@dataclass(frozen=True, kw_only=True)
class LegalHoldPlaced:
    """What is kept about them is needed, for the matter of this reference in the fact's office."""

    subject_id: str
    reference: str
    reason: Personal[str | None]


@dataclass(frozen=True, kw_only=True)
class LegalHoldLifted:
    """That matter is over; the fact's office is the one that had placed the hold."""

    subject_id: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class ErasureHeld:
    """They asked to be forgotten, which has to wait for the last hold to be lifted."""

    subject_id: str


@dataclass(frozen=True, kw_only=True)
class ErasureBegun:
    """They will be forgotten as soon as they have been told, at `due_at` at the latest."""

    subject_id: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class ErasureDecided:
    """Nothing stops it any more."""

    subject_id: str


@dataclass(frozen=True, kw_only=True)
class PersonErased:
    """It is done, in ledger, vault and log."""

    subject_id: str


Event = (
    LegalHoldPlaced | LegalHoldLifted | ErasureHeld | ErasureBegun | ErasureDecided | PersonErased
)


@dataclass(frozen=True, kw_only=True)
class PlaceHold:
    """A matter begins for which everything is needed."""

    now: datetime
    subject_id: str
    office: str
    reference: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class LiftHold:
    """It is over; a request that waited for it is taken up."""

    now: datetime
    subject_id: str
    office: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class AskErasure:
    """The person wants to be forgotten."""

    now: datetime
    subject_id: str


@dataclass(frozen=True, kw_only=True)
class DecideErasure:
    """They were told, or that took too long."""

    now: datetime
    subject_id: str


@dataclass(frozen=True, kw_only=True)
class ReportErased:
    """It has been carried out."""

    now: datetime
    subject_id: str


Command = PlaceHold | LiftHold | AskErasure | DecideErasure | ReportErased


class Erasure(StrEnum):
    """How far it has come."""

    NONE = ""
    HELD = "held"
    BEGUN = "begun"
    DECIDED = "decided"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class State:
    """What decisions need. `holds`: office and reference of each."""

    holds: frozenset[tuple[str, str]] = frozenset()
    erasure: Erasure = Erasure.NONE


def decide(command: Command, state: State) -> list[Event]:
    """Return the facts that follow, none when nothing does, or raise `Rejected`."""
    match command:
        case PlaceHold():
            return _hold_placed(command, state)
        case LiftHold():
            return _hold_lifted(command, state)
        case AskErasure():
            return _asked(command, state)
        case DecideErasure():
            return _decided(command, state)
        case ReportErased():
            done = state.erasure is Erasure.DECIDED
            return [PersonErased(subject_id=command.subject_id)] if done else []
    assert_never(command)


def _hold_placed(command: PlaceHold, state: State) -> list[Event]:
    if state.erasure in (Erasure.DECIDED, Erasure.DONE):
        raise Rejected(Code.SUBJECT_ERASED, "They have been forgotten already.")
    if (command.office, command.reference) in state.holds:
        return []
    placed = LegalHoldPlaced(
        subject_id=command.subject_id, reference=command.reference, reason=command.reason
    )
    return [placed]


def _hold_lifted(command: LiftHold, state: State) -> list[Event]:
    if (command.office, command.reference) not in state.holds:
        if command.reference in {reference for _, reference in state.holds}:
            raise Rejected(Code.WRONG_OFFICE, "Another office has placed it.")
        raise Rejected(Code.NOT_FOUND, f"There is no hold {command.reference}.")
    lifted = LegalHoldLifted(subject_id=command.subject_id, reference=command.reference)
    if len(state.holds) > 1 or state.erasure is not Erasure.HELD:
        return [lifted]
    return [lifted, _begun(command)]


def _asked(command: AskErasure, state: State) -> list[Event]:
    if state.erasure is not Erasure.NONE:
        return []
    if state.holds:
        return [ErasureHeld(subject_id=command.subject_id)]
    return [_begun(command)]


def _begun(command: LiftHold | AskErasure) -> Event:
    return ErasureBegun(subject_id=command.subject_id, due_at=command.now + TELL_WITHIN)


def _decided(command: DecideErasure, state: State) -> list[Event]:
    if state.erasure is not Erasure.BEGUN:
        return []
    if state.holds:  # placed since
        return [ErasureHeld(subject_id=command.subject_id)]
    return [ErasureDecided(subject_id=command.subject_id)]


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact."""
    event: Event = fact.event
    match event:
        case LegalHoldPlaced():
            return replace(state, holds=state.holds | {(fact.office, event.reference)})
        case LegalHoldLifted():
            return replace(state, holds=state.holds - {(fact.office, event.reference)})
        case ErasureHeld():
            return replace(state, erasure=Erasure.HELD)
        case ErasureBegun():
            return replace(state, erasure=Erasure.BEGUN)
        case ErasureDecided():
            return replace(state, erasure=Erasure.DECIDED)
        case PersonErased():
            return replace(state, erasure=Erasure.DONE)
    assert_never(event)
