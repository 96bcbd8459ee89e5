"""What follows from a fact: what is published, and which dates are set. No I/O, only data."""

from typing import assert_never

from kernel.effects import Cancel, Effect, Ignore, Publish, Schedule
from kernel.facts import Fact
from services.consultation.commands import LIMIT, SILENCE_CLOSE, SILENCE_REMINDER
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
from services.consultation.register import NumberAssigned


def react(fact: Fact) -> list[Effect]:
    """Return the effects of one fact."""
    event: Event | NumberAssigned = fact.event
    match event:
        case NumberAssigned():
            return [Ignore("the consultation carries its number")]
        case SilenceStarted():
            return _silence_dates(event)
        case MessagePosted(internal=True):
            return [Ignore("internal notes are published to nobody")]
        case MessagePosted(by=Party.USER):
            return [_told(fact), *_no_silence()]
        case RequestAccepted():
            return [_told(fact), Schedule(LIMIT, event.due_at, {"due_at": event.due_at})]
        case DeadlineRecalculated():
            return [_told(fact), Schedule(LIMIT, event.new, {"due_at": event.new})]
        case ConsultationReopened(due_at=due_at) if due_at is not None:
            return [_told(fact), Schedule(LIMIT, due_at, {"due_at": due_at})]
        case ConsultationAnswered():
            return [_told(fact), Cancel(LIMIT)]
        case ConsultationClosed():
            return [_told(fact), Cancel(LIMIT), *_no_silence()]
        case (
            ConsultationSubmitted()
            | ConsultationAssigned()
            | MessagePosted()
            | SlaMet()
            | SlaBreached()
            | SilenceReminderDue()
            | ConsultationReopened()
        ):
            return [_told(fact)]
    assert_never(event)


def _told(fact: Fact) -> Publish:
    """Published under its own name; `contracts/events.py` says which fields cross over.

    Personal fields are sealed here and no published shape names one.
    """
    fields = {n: getattr(fact.event, n) for n in fact.event.__dataclass_fields__}
    return Publish(fact.name, fields)


def _silence_dates(event: SilenceStarted) -> list[Effect]:
    reminders = [
        Schedule(f"{SILENCE_REMINDER}{n}", at, {"n": n, "closes_at": event.closes_at})
        for n, at in enumerate(event.reminders_at, start=1)
    ]
    return [*reminders, Schedule(SILENCE_CLOSE, event.closes_at, {"closes_at": event.closes_at})]


def _no_silence() -> list[Effect]:
    return [Cancel(SILENCE_CLOSE), *(Cancel(f"{SILENCE_REMINDER}{n}") for n in (1, 2, 3))]
