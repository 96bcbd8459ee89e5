"""Facts → what readers see: the resource of one consultation, the list, the people's contacts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from kernel.facts import Fact
from kernel.views import View
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

Document = dict[str, Any]

PREFIX = "consultation-"


def resource(facts: Iterable[Fact]) -> Document | None:
    """Return the consultation after `facts` as `ConsultationSchema` dumps it; None without any."""
    document: Document | None = None
    for fact in facts:
        document = with_messages(document, fact)
    return document


def with_messages(document: Document | None, fact: Fact) -> Document:
    """Return the resource after one more fact, its conversation included."""
    messages = [] if document is None else document["messages"]
    if (new := message(fact)) is not None:
        messages = [*messages, new]
    return {**summary(document, fact), "messages": messages}


def message(fact: Fact) -> Document | None:
    """Return the message that a fact is, as `MessageSchema` dumps it; None if it is none."""
    match fact.event:
        case ConsultationSubmitted() as event:
            said = {"text": event.question, "by": Party.USER, "internal": False}
        case MessagePosted() as event:
            said = {"text": event.text, "by": event.by, "internal": event.internal}
        case _:
            return None
    return {
        **said,
        "message_id": event.message_id,
        "officer_id": event.officer_id if said["by"] == Party.OFFICER else None,
        "channel": event.channel,
        "sent_at": fact.occurred_at,
    }


def summary(document: Document | None, fact: Fact) -> Document:
    """Return the resource without its messages after one more fact."""
    before = _opened(fact) if document is None else document
    return {**before, **_changes(before, fact), "version": fact.sequence}


def _opened(fact: Fact) -> Document:
    event: ConsultationSubmitted = fact.event
    classification = event.classification
    return {
        "consultation_id": fact.stream.removeprefix(PREFIX),
        "number": event.number,
        "office": fact.office,
        "status": "submitted",
        "turn": "officer",
        "type": event.type,
        "topic": event.topic,
        "classification": None if classification is None else vars(classification),
        "channel": event.channel,
        "subject_id": event.subject_id,
        "officer_id": None,
        "submitted_at": fact.occurred_at,
        "accepted_at": None,
        "answered_at": None,
        "closed_at": None,
        "close_reason": None,
        "sla": _sla("not_started"),
        "silence": _silence(None),
        "meetings": [],
        "referrals": [],
    }


def _changes(before: Document, fact: Fact) -> Document:
    """Return what one fact changes in the summary."""
    event: Event = fact.event
    sla = before["sla"]
    match event:
        case ConsultationSubmitted():
            return {}
        case RequestAccepted():
            running = _sla("running", event.due_at, event.calendar_version)
            return {"status": "accepted", "accepted_at": fact.occurred_at, "sla": running}
        case ConsultationAssigned():
            return {"officer_id": event.officer_id, "status": _working(before)}
        case MessagePosted():
            return {} if event.internal else _spoken(before, event)
        case ConsultationAnswered():
            late = {**sla, "late_by_working_days": event.late_by_working_days}
            return {"answered_at": fact.occurred_at, "sla": late}
        case SlaMet():
            return {"sla": {**sla, "state": "met"}}
        case SlaBreached():
            late_by = event.late_by_working_days
            return {"sla": {**sla, "state": "breached", "late_by_working_days": late_by}}
        case SilenceStarted():
            return {"silence": _silence(event.closes_at)}
        case SilenceReminderDue():
            sent = before["silence"]["reminders_sent"] + 1
            return {"silence": _silence(event.closes_at, sent)}
        case ConsultationClosed():
            return {
                "status": "closed",
                "turn": None,
                "closed_at": fact.occurred_at,
                "close_reason": event.reason.value,
                "sla": _in_state(sla, "running", "paused"),
                "silence": _silence(None, before["silence"]["reminders_sent"]),
            }
        case ConsultationReopened():
            return {
                "status": "in_progress" if before["accepted_at"] else "submitted",
                "turn": "officer",
                "closed_at": None,
                "close_reason": None,
                "sla": _in_state(sla, "paused", "running"),
            }
        case DeadlineRecalculated():
            version = event.calendar_version
            return {"sla": {**sla, "due_at": event.new, "calendar_version": version}}
    assert_never(event)


def _spoken(before: Document, event: MessagePosted) -> Document:
    changes: Document = {"status": _working(before)}
    if event.by is Party.USER:
        return {**changes, "turn": "officer", "silence": _silence(None)}
    return {**changes, "turn": "user"}


def _working(before: Document) -> str:
    return "in_progress" if before["accepted_at"] else str(before["status"])


def _sla(state: str, due_at: datetime | None = None, version: str | None = None) -> Document:
    return {
        "state": state,
        "due_at": due_at,
        "calendar_version": version,
        "late_by_working_days": None,
    }


def _in_state(sla: Document, old: str, new: str) -> Document:
    return {**sla, "state": new} if sla["state"] == old else sla


def _silence(closes_at: datetime | None, reminders: int = 0) -> Document:
    running = closes_at is not None
    return {"running": running, "closes_at": closes_at, "reminders_sent": reminders}


def _consultation_of(fact: Fact) -> str | None:
    return fact.stream.removeprefix(PREFIX) if fact.stream.startswith(PREFIX) else None


def _row(document: Document | None, fact: Fact) -> Document:
    """A summary, its place in the list, and whether the limit still waits for an answer."""
    row = summary(document, fact)
    row.setdefault("opened", fact.position)
    row["waits_until"] = row["sla"]["due_at"] if _waiting(row) else None
    return row


def _waiting(row: Document) -> bool:
    return row["accepted_at"] and not row["answered_at"] and row["status"] != "closed"


LIST = View(
    name="consultations",
    key=_consultation_of,
    project=_row,
    indexes=(
        [("office", 1), ("opened", -1)],
        [("subject_id", 1), ("opened", -1)],
    ),
    personal=("topic",),
)


def _subject_of(fact: Fact) -> str | None:
    named = isinstance(fact.event, ConsultationSubmitted) and fact.event.contact_name is not None
    return fact.event.subject_id if named else None


def _contact(_document: Document | None, fact: Fact) -> Document:
    event: ConsultationSubmitted = fact.event
    return {
        "name": event.contact_name,
        "email": event.contact_email,
        "phone": event.contact_phone,
    }


PEOPLE = View(name="people", key=_subject_of, project=_contact, personal=("name", "email", "phone"))
"""Subject id → the contact given last, sealed."""

VIEWS = (LIST, PEOPLE)
