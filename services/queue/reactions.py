"""What follows from a fact: what is published, and which dates are set. No I/O, only data."""

from datetime import timedelta
from typing import assert_never

from kernel.effects import Cancel, Effect, Ignore, Publish, Schedule
from kernel.facts import Fact
from offices import decrees
from offices.decrees import CalendarDayDeclared, CalendarDayRevoked
from services.queue.commands import CLOSING, MIDNIGHT, MISSED, START_LIMIT
from services.queue.events import (
    ClosingBegun,
    ConsultationNoted,
    Event,
    GuestBookSigned,
    IdentityChecked,
    ReferralGiven,
    RegistrationStarted,
    ServiceDayClosed,
    ServiceDayOpened,
    ServiceFinished,
    ServiceFinishUndone,
    ServiceResumed,
    ServiceStarted,
    ServiceSuspended,
    StartLimitApproaching,
    StartLimitBreached,
    StartLimitSet,
    StartLimitStopped,
    TicketCalled,
    TicketCancelled,
    TicketExpired,
    TicketHeld,
    TicketIssued,
    TicketMissed,
    TicketQueuedForDesk,
    TicketRecalled,
    TicketReinstated,
    TicketResumed,
    TicketTransferred,
)

A_MOMENT = timedelta(milliseconds=1)
"""Ten minutes and not a bit more is still in time."""


def react(fact: Fact) -> list[Effect]:
    """Return the effects of one fact.

    A busy hall calls somebody every few seconds: of the ten minutes only the next date is set, and
    that of a last call is not cancelled: when it has lost its point, it decides nothing.
    """
    event: Event | decrees.Event = fact.event
    match event:
        case CalendarDayDeclared() | CalendarDayRevoked():
            return [Ignore("told by whom it was heard from")]
        case StartLimitSet():
            return [_limit_date(event)]
        case StartLimitStopped():
            return [Cancel(f"{START_LIMIT}{event.ticket_id}")]
        case RegistrationStarted() | TicketQueuedForDesk() | ConsultationNoted() | ClosingBegun():
            return [Ignore("known from the facts around it")]
        case IdentityChecked():
            return [Ignore("for the guest book alone")]
        case ServiceDayOpened():
            return [
                _told(fact),
                Schedule(CLOSING, event.closes_at),
                Schedule(MIDNIGHT, event.ends_at),
            ]
        case ServiceDayClosed():
            return [_told(fact), Cancel(CLOSING), Cancel(MIDNIGHT)]
        case TicketCalled() | TicketRecalled() if event.missed_at is not None:
            data = {"ticket_id": event.ticket_id, "called_at": fact.occurred_at}
            return [_told(fact), Schedule(f"{MISSED}{event.counter}", event.missed_at, data)]
        case (
            TicketIssued()
            | TicketCalled()
            | TicketRecalled()
            | TicketReinstated()
            | TicketMissed()
            | ServiceStarted()
            | GuestBookSigned()
            | StartLimitApproaching()
            | StartLimitBreached()
            | ReferralGiven()
            | TicketTransferred()
            | TicketHeld()
            | TicketResumed()
            | ServiceFinished()
            | ServiceFinishUndone()
            | TicketCancelled()
            | TicketExpired()
            | ServiceSuspended()
            | ServiceResumed()
        ):
            return [_told(fact)]
    assert_never(event)


def _told(fact: Fact) -> Publish:
    """Published under its own name; `contracts/events.py` says which fields cross over."""
    fields = {n: getattr(fact.event, n) for n in fact.event.__dataclass_fields__}
    return Publish(fact.name, fields, subject=fields.get("ticket_id", ""))


def _limit_date(event: StartLimitSet) -> Effect:
    """The next moment at which something is to be told of these ten minutes."""
    at = event.warns_at or (event.ends_at and event.ends_at + A_MOMENT)
    if at is None:
        return Ignore("they do not come to an end on this day")
    data = {"ticket_id": event.ticket_id, "t0": event.t0}
    return Schedule(f"{START_LIMIT}{event.ticket_id}", at, data)
