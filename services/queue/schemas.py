"""Every stored form of this service's events: a chosen name, a version, a class.

A stored form is never edited. A change is a new version beside the old one, with an
upcaster; each keeps a fixture in `tests/fixtures/stored/` that must load for ever.
"""

from typing import Any

from kernel import erasure
from kernel.codec import Earlier, EventType, EventTypes
from offices import decrees
from services.queue import events


def service_day_opened_2(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 it holds what the log says of waits; before, nobody was told."""
    return {**data, "estimates": ()}


def ticket_issued_2(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 it holds what was told of the wait."""
    return {**data, "estimate": None}


def service_finish_undone_2(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 it may go on held; before, only at a free desk."""
    return {**data, "held": False}


TYPES = EventTypes(
    [
        EventType("service_day_opened", 2, events.ServiceDayOpened),
        EventType("ticket_issued", 2, events.TicketIssued),
        EventType("ticket_called", 1, events.TicketCalled),
        EventType("ticket_recalled", 1, events.TicketRecalled),
        EventType("ticket_missed", 1, events.TicketMissed),
        EventType("ticket_reinstated", 1, events.TicketReinstated),
        EventType("registration_started", 1, events.RegistrationStarted),
        EventType("guest_book_signed", 1, events.GuestBookSigned),
        EventType("identity_checked", 1, events.IdentityChecked),
        EventType("ticket_queued_for_desk", 1, events.TicketQueuedForDesk),
        EventType("start_limit_set", 1, events.StartLimitSet),
        EventType("start_limit_stopped", 1, events.StartLimitStopped),
        EventType("start_limit_approaching", 1, events.StartLimitApproaching),
        EventType("start_limit_breached", 1, events.StartLimitBreached),
        EventType("service_started", 1, events.ServiceStarted),
        EventType("consultation_noted", 1, events.ConsultationNoted),
        EventType("referral_given", 1, events.ReferralGiven),
        EventType("ticket_transferred", 1, events.TicketTransferred),
        EventType("ticket_held", 1, events.TicketHeld),
        EventType("ticket_resumed", 1, events.TicketResumed),
        EventType("service_finished", 1, events.ServiceFinished),
        EventType("service_finish_undone", 2, events.ServiceFinishUndone),
        EventType("ticket_cancelled", 1, events.TicketCancelled),
        EventType("ticket_expired", 1, events.TicketExpired),
        EventType("service_suspended", 1, events.ServiceSuspended),
        EventType("service_resumed", 1, events.ServiceResumed),
        EventType("closing_begun", 1, events.ClosingBegun),
        EventType("service_day_closed", 1, events.ServiceDayClosed),
        *decrees.TYPES,
        *erasure.TYPES,
    ],
    earlier=[
        Earlier("service_day_opened", 1, service_day_opened_2),
        Earlier("ticket_issued", 1, ticket_issued_2),
        Earlier("service_finish_undone", 1, service_finish_undone_2),
    ],
)
