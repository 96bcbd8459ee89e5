"""Facts → what reports and the guest book are read from: one document a ticket in each."""

from datetime import datetime
from typing import Any

from host.person_streams import HELD
from kernel.facts import Fact
from kernel.personal import personal_fields
from kernel.views import View
from services.queue.events import (
    ConsultationNoted,
    GuestBookSigned,
    IdentityChecked,
    Outcome,
    ReferralGiven,
    ServiceFinished,
    ServiceFinishUndone,
    ServiceStarted,
    StartLimitBreached,
    TicketCalled,
    TicketCancelled,
    TicketExpired,
    TicketIssued,
    TicketMissed,
    TicketReinstated,
)

Document = dict[str, Any]

BOOK = tuple(name for name in GuestBookSigned.__dataclass_fields__ if name != "ticket_id")


def ticket_of(fact: Fact) -> str | None:
    """Return which ticket a fact is about."""
    return getattr(fact.event, "ticket_id", None)


def wait(document: Document | None, fact: Fact) -> Document:
    """Return what the waiting report counts of a ticket; no personal data."""
    if document is None:
        return _taken(fact)
    return {**document, **_wait_changes(document, fact.event, fact.occurred_at)}


def _taken(fact: Fact) -> Document:
    event: TicketIssued = fact.event
    return {
        "office": fact.office,
        "service_date": event.service_date.isoformat(),
        "lane": event.lane.value,
        "issued_at": fact.occurred_at,
        "told_p90_s": event.estimate and event.estimate.p90_s,
        "started_at": None,
        "counter": None,
        "waited_s": None,
        "within_limit": None,
        "breached": False,
        "overtakes": [],
        "signed": False,
        "without_email": False,
        "ended": None,
    }


def _wait_changes(before: Document, event: Any, at: datetime) -> Document:
    match event:
        case TicketCalled() if event.overtook:
            call = {"reason": event.overtake_reason, "overtaken": event.overtook}
            return {"overtakes": [*before["overtakes"], call]}
        case ServiceStarted() if before["started_at"] is None:  # the promise is about the first
            return {
                "started_at": at,
                "counter": event.counter,
                "waited_s": event.waited_s,
                "within_limit": event.within_limit,
            }
        case StartLimitBreached():
            return {"breached": True}
        case GuestBookSigned():
            return {"signed": True, "without_email": event.email is None}
        case ServiceFinished():
            return {"ended": "referred" if event.outcome is Outcome.REFERRED else "finished"}
        case TicketMissed():
            return {"ended": "no_show"}
        case TicketCancelled():
            return {"ended": "cancelled"}
        case TicketExpired():
            return {"ended": "expired"}
        case TicketReinstated() | ServiceFinishUndone():
            return {"ended": None}
        case _:
            return {}


WAITS = View(
    name="waits", key=ticket_of, project=wait, indexes=([("office", 1), ("service_date", 1)],)
)


def visit(document: Document | None, fact: Fact) -> Document:
    """Return what the guest book shows of a ticket; `signed` is its place, None before it is."""
    if document is None:
        return _not_signed(fact)
    return {**document, **_visit_changes(document, fact)}


def _not_signed(fact: Fact) -> Document:
    event: TicketIssued = fact.event
    return {
        "office": fact.office,
        "service_date": event.service_date.isoformat(),
        "number": event.number,
        "signed": None,
        "counter": None,
        "officer_id": None,
        "started_at": None,
        "finished_at": None,
        "outcome": None,
        "referrals": [],
        "notes": None,
    }


def _visit_changes(before: Document, fact: Fact) -> Document:
    event, at = fact.event, fact.occurred_at
    match event:
        case GuestBookSigned():
            words = {name: getattr(event, name) for name in BOOK}
            return {**words, "signed": fact.position, "signed_at": at}
        case IdentityChecked():
            return {"identity_type": event.identity_type, "identity_checked": True}
        case ServiceStarted():
            began = before["started_at"] or at
            return {"counter": event.counter, "officer_id": event.officer_id, "started_at": began}
        case ServiceFinished():
            return {"finished_at": at, "outcome": event.outcome.value}
        case ServiceFinishUndone():
            return {"finished_at": None, "outcome": None}
        case ReferralGiven():
            return {"referrals": [*before["referrals"], event.target]}
        case ConsultationNoted():
            return {"notes": [*(before["notes"] or ()), event.text]}
        case _:
            return {}


VISITS = View(
    name="visits",
    key=ticket_of,
    project=visit,
    indexes=([("office", 1), ("signed", -1)], [("subject_id", 1)]),
    personal=(*personal_fields(GuestBookSigned), "notes"),
)
"""Sealed; without those of people who are forgotten."""

VIEWS = (WAITS, VISITS, HELD)
