"""Facts → the resource that readers see: a summary, and all that was said and arranged."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from kernel.facts import Fact
from offices.office import Office
from services.consultation.attachments.events import AttachmentDropped, AttachmentUploaded
from services.consultation.events import (
    ClarificationEnded,
    ClarificationRequested,
    ConsultationAnswered,
    ConsultationAssigned,
    ConsultationClosed,
    ConsultationReopened,
    ConsultationSubmitted,
    ContactBounced,
    ContactCorrected,
    ContactReached,
    DeadlineRecalculated,
    Event,
    MeetingCancelled,
    MeetingHeld,
    MeetingLinkFailed,
    MeetingLinkMade,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
    MessagePosted,
    Party,
    ReferralGiven,
    RequestAccepted,
    SilenceLapsed,
    SilenceReminderDue,
    SilenceStarted,
    SlaApproaching,
    SlaBreached,
    SlaMet,
    SlaRejudged,
)

Document = dict[str, Any]

PREFIX = "consultation-"


def of(facts: Iterable[Fact]) -> Document | None:
    """Return the consultation after `facts` as `ConsultationSchema` dumps it; None without any."""
    document: Document | None = None
    for fact in facts:
        document = with_messages(document, fact)
    return document


def with_messages(document: Document | None, fact: Fact) -> Document:
    """Return the resource after one more fact: the summary, and all that was said and arranged."""
    before = {"messages": [], "meetings": [], "referrals": []} if document is None else document
    messages = before["messages"]
    if (new := message(fact)) is not None:
        messages = [*messages, new]
    return {
        **summary(document, fact),
        "messages": messages,
        "meetings": meetings_after(before["meetings"], fact),
        "referrals": _referrals(before["referrals"], fact),
    }


def late(document: Document, office: Office, now: datetime) -> Document:
    """Return the resource with the days for which its user waits beyond the limit.

    They pass without a fact until there is an answer; what is closed without one counts none.
    """
    sla = document["sla"]
    if document["answered_at"] is not None or document["status"] == "closed":
        return document
    judged = {**sla, "rejudged": _late(sla["rejudged"], office, now)}
    return {**document, "sla": _late(judged, office, now)}


def _late(verdict: Document | None, office: Office, now: datetime) -> Any:
    if verdict is None or verdict["state"] != "breached":
        return verdict
    days = office.calendar.working_days_between(verdict["due_at"], now)
    return {**verdict, "late_by_working_days": days}


def message(fact: Fact) -> Document | None:
    """Return the message that a fact is, as `MessageSchema` dumps it; None if it is none."""
    match fact.event:
        case ConsultationSubmitted() as event:
            said = {"text": event.question, "by": Party.USER, "internal": False}
            sent = {"sent_at": fact.occurred_at, "automatic": False, "attachments": ()}
        case MessagePosted() as event:
            said = {"text": event.text, "by": event.by, "internal": event.internal}
            sent = {
                "sent_at": event.sent_at or fact.occurred_at,
                "automatic": event.automatic,
                "attachments": event.attachments,  # ids; `attachments/reading.py` has the names
            }
        case _:
            return None
    return {
        **said,
        **sent,
        "message_id": event.message_id,
        "officer_id": event.officer_id,
        "channel": event.channel,
        "received_at": fact.occurred_at,
    }


def meetings_after(meetings: list[Document], fact: Fact) -> list[Document]:
    """Return the meetings after one more fact, in the order in which they were arranged."""
    event: Event = fact.event
    match event:
        case MeetingScheduled():
            link = {"link_state": "pending" if event.link_follows else "none"}
            begun = {"status": "scheduled", "cancel_reason": None, **link}
            return [*meetings, {**_appointment(event), **begun}]
        case MeetingRescheduled():
            said = {n: value for n, value in _appointment(event).items() if value is not None}
            return _met(meetings, event.meeting_id, {**said, **_link_after(event)})
        case MeetingLinkMade():
            made = {"join_url": event.join_url, "link_state": "made", "sequence": event.sequence}
            return _met(meetings, event.meeting_id, made)
        case MeetingLinkFailed():
            return _met(meetings, event.meeting_id, {"link_state": "failed"})
        case MeetingCancelled():
            changes = {"status": "cancelled", "sequence": event.sequence}
            changes["cancel_reason"] = event.reason
            return _met(meetings, event.meeting_id, changes)
        case MeetingHeld():
            return _met(meetings, event.meeting_id, {"status": "held"})
        case MeetingMissed():
            return _met(meetings, event.meeting_id, {"status": "missed"})
        case _:
            return meetings


def _appointment(event: MeetingScheduled | MeetingRescheduled) -> Document:
    unsaid = ("subject_id", "link_follows")
    return {name: value for name, value in vars(event).items() if name not in unsaid}


def _link_after(event: MeetingRescheduled) -> Document:
    if event.link_follows:
        return {"link_state": "pending"}
    return {} if event.join_url is None else {"link_state": "none"}


def _met(meetings: list[Document], meeting_id: str, changes: Document) -> list[Document]:
    return [{**m, **changes} if m["meeting_id"] == meeting_id else m for m in meetings]


def _referrals(referrals: list[Document], fact: Fact) -> list[Document]:
    event: Event = fact.event
    if not isinstance(event, ReferralGiven):
        return referrals
    said = {name: getattr(event, name) for name in ("target", "url", "reason", "officer_id")}
    return [*referrals, {**said, "given_at": fact.occurred_at}]


def summary(document: Document | None, fact: Fact) -> Document:
    """Return the resource without what was said and arranged, after one more fact."""
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
        "duplicate_of": None,
        "clarification": None,
        "contact_bounced": False,
        "sla": _sla("not_started"),
        "silence": _silence(None),
    }


def _changes(before: Document, fact: Fact) -> Document:
    """Return what one fact changes in the summary."""
    event: Event = fact.event
    sla, silence, at = before["sla"], before["silence"], fact.occurred_at
    match event:
        case ConsultationSubmitted() | ReferralGiven() | MeetingLinkMade() | MeetingLinkFailed():
            return {}
        case AttachmentUploaded() | AttachmentDropped():
            return {}
        case ClarificationRequested():
            asked = {"missing": list(event.missing), "asked_at": at}
            paused = _in_state(sla, "running", "paused")
            return {"status": "needs_clarification", "clarification": asked, "sla": paused}
        case ClarificationEnded():
            goes_on = {"silence": _silence(None), "sla": _in_state(sla, "paused", "running")}
            return {**goes_on, **_with_the_officer(before), "clarification": None}
        case RequestAccepted():
            running = _sla("running", event.due_at, event.calendar_version)
            return {"status": "accepted", "accepted_at": at, "sla": running}
        case ConsultationAssigned():
            return {"officer_id": event.officer_id, "status": _working(before)}
        case MessagePosted():
            return _spoken(before, event)
        case ConsultationAnswered():
            late = {**sla, "late_by_working_days": event.late_by_working_days}
            return {"answered_at": at, "sla": late}
        case SlaApproaching():
            return {"sla": {**sla, "warned_at": at}}
        case SlaMet():
            return {"sla": {**sla, "state": "met"}}
        case SlaBreached():
            late_by = event.late_by_working_days
            return {"sla": {**sla, "state": "breached", "late_by_working_days": late_by}}
        case SlaRejudged():
            return {"sla": {**sla, "rejudged": _rejudged(event)}}
        case SilenceStarted():
            return {"turn": "user", "silence": _silence(event.closes_at)}
        case SilenceReminderDue():
            return {"silence": _silence(event.closes_at, silence["reminders_sent"] + 1)}
        case SilenceLapsed():
            over = _silence(None, silence["reminders_sent"])
            return {"silence": {**over, "lapsed_at": event.closes_at}}
        case ContactBounced():
            return {"contact_bounced": True, "silence": _silence(None)}
        case ContactReached():
            return {"contact_bounced": False}
        case ContactCorrected():
            sent_again = {"contact_bounced": True, "silence": _silence(None)}
            return {} if event.message_id is None else sent_again
        case MeetingScheduled() | MeetingRescheduled():
            return {"silence": _silence(None)}
        case MeetingCancelled() | MeetingMissed():
            return {}
        case MeetingHeld():
            return {"turn": "officer", "silence": _silence(None)}
        case ConsultationClosed():
            return {
                "status": "closed",
                "turn": None,
                "closed_at": at,
                "close_reason": event.reason.value,
                "duplicate_of": event.duplicate_of,
                "clarification": None,
                "sla": _in_state(sla, "running", "paused"),
                "silence": _silence(None, silence["reminders_sent"]),
            }
        case ConsultationReopened():
            goes_on = {"sla": _in_state(sla, "paused", "running"), **_with_the_officer(before)}
            return {**goes_on, "closed_at": None, "close_reason": None, "duplicate_of": None}
        case DeadlineRecalculated():
            return {"sla": _moved(sla, event)}
    assert_never(event)


def _spoken(before: Document, event: MessagePosted) -> Document:
    if event.internal or event.automatic:
        return {}
    changes: Document = {"status": _working(before)}
    if event.by is Party.USER:
        heard = {"turn": "officer", "silence": _silence(None), "contact_bounced": False}
        return {**changes, **heard}
    return {**changes, "turn": "user"}


def _working(before: Document) -> str:
    accepted = before["status"] in ("accepted", "in_progress")
    return "in_progress" if accepted else str(before["status"])


def _with_the_officer(before: Document) -> Document:
    status = "in_progress" if before["accepted_at"] else "submitted"
    return {"status": status, "turn": "officer"}


def _moved(sla: Document, event: DeadlineRecalculated) -> Document:
    """A verdict keeps the end it was judged by; what would be now stands beside it."""
    moved = {"due_at": event.new, "calendar_version": event.calendar_version}
    if sla["state"] != "breached":
        return {**sla, **moved}
    if event.new == sla["due_at"]:
        return {**sla, "rejudged": None}
    return {**sla, "rejudged": {**moved, "state": "running", "late_by_working_days": None}}


def _rejudged(event: SlaRejudged) -> Document:
    return {
        "state": "met" if event.met else "breached",
        "due_at": event.due_at,
        "late_by_working_days": event.late_by_working_days,
        "calendar_version": event.calendar_version,
    }


def _sla(state: str, due_at: datetime | None = None, version: str | None = None) -> Document:
    return {
        "state": state,
        "due_at": due_at,
        "calendar_version": version,
        "late_by_working_days": None,
        "warned_at": None,
        "rejudged": None,
    }


def _in_state(sla: Document, old: str, new: str) -> Document:
    return {**sla, "state": new} if sla["state"] == old else sla


def _silence(closes_at: datetime | None, reminders: int = 0) -> Document:
    return {
        "running": closes_at is not None,
        "closes_at": closes_at,
        "reminders_sent": reminders,
        "lapsed_at": None,
    }
