"""What decisions need to know of a consultation, folded from its facts; no personal data."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from kernel.facts import Fact
from services.consultation.events import (
    ConsultationAnswered,
    ConsultationAssigned,
    ConsultationClosed,
    ConsultationReopened,
    ConsultationSubmitted,
    DeadlineRecalculated,
    Event,
    MessagePosted,
    Party,
    RequestAccepted,
    SilenceReminderDue,
    SilenceStarted,
    SlaBreached,
    SlaMet,
)


class Status(StrEnum):
    """Where a consultation stands."""

    NONE = ""
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Sla(StrEnum):
    """Where the limit stands."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"  # closed before an answer; goes on if reopened
    MET = "met"
    BREACHED = "breached"


@dataclass(frozen=True, kw_only=True)
class State:
    """What decisions need."""

    status: Status = Status.NONE
    office: str = ""
    subject_id: str = ""
    officer_id: str | None = None
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    sla: Sla = Sla.NOT_STARTED
    paused_working_days: int = 0
    answered: bool = False
    silence: SilenceStarted | None = None
    reminders: int = 0
    closed_at: datetime | None = None
    closings: int = 0


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact."""
    event: Event = fact.event
    match event:
        case ConsultationSubmitted():
            return replace(
                state,
                status=Status.SUBMITTED,
                office=fact.office,
                subject_id=event.subject_id,
            )
        case RequestAccepted():
            return replace(
                state,
                status=Status.ACCEPTED,
                accepted_at=fact.occurred_at,
                due_at=event.due_at,
                sla=Sla.RUNNING,
            )
        case ConsultationAssigned():
            status = Status.IN_PROGRESS if state.accepted_at else state.status
            return replace(state, officer_id=event.officer_id, status=status)
        case MessagePosted():
            return _after_message(state, event)
        case ConsultationAnswered():
            return replace(state, answered=True)
        case SlaMet():
            return replace(state, sla=Sla.MET)
        case SlaBreached():
            return replace(state, sla=Sla.BREACHED)
        case SilenceStarted():
            return replace(state, silence=event, reminders=0)
        case SilenceReminderDue():
            return replace(state, reminders=event.n)
        case ConsultationClosed():
            return replace(
                state,
                status=Status.CLOSED,
                silence=None,
                sla=Sla.PAUSED if state.sla is Sla.RUNNING else state.sla,
                closed_at=fact.occurred_at,
                closings=state.closings + 1,
            )
        case ConsultationReopened():
            return _after_reopening(state)
        case DeadlineRecalculated():
            paused = event.paused_working_days
            return replace(state, due_at=event.new, paused_working_days=paused)
    assert_never(event)


def _after_message(state: State, event: MessagePosted) -> State:
    if event.internal:
        return state
    status = Status.IN_PROGRESS if state.accepted_at else state.status
    silence = None if event.by is Party.USER else state.silence
    return replace(state, status=status, silence=silence)


def _after_reopening(state: State) -> State:
    return replace(
        state,
        status=Status.IN_PROGRESS if state.accepted_at else Status.SUBMITTED,
        sla=Sla.RUNNING if state.sla is Sla.PAUSED else state.sla,
        closed_at=None,
    )
