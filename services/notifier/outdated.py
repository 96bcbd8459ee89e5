"""Whether a letter about a consultation still tells what is so when it leaves.

It may have waited hours for the mail server, or for the consultation service.
"""

from datetime import datetime
from typing import Any

from contracts.common import rfc3339
from services.notifier.events import NotificationRequested, Template

Consultation = dict[str, Any]

CLOSED = "closed"


def overtaken(
    request: NotificationRequested, consultation: Consultation | None, now: datetime
) -> bool:
    """Tell whether something has happened since that makes the letter pointless or wrong."""
    if consultation is None:  # it is about something else
        return False
    params, open_again = request.params, consultation["status"] != CLOSED
    match request.template:
        case Template.CLARIFICATION_REQUESTED:
            return not _still_asks(consultation, params.happened_at)
        case Template.DEADLINE_RECALCULATED | Template.SLA_APPROACHING:
            return not _waits(consultation) or _due_at(consultation) != _said(params.due_at)
        case Template.SLA_BREACHED:
            return not _waits(consultation)
        case Template.SILENCE_LAPSED:
            return consultation["silence"]["lapsed_at"] is None or not open_again
        case Template.CONSULTATION_REOPENED:
            return not open_again
        case Template.MEETING_SCHEDULED | Template.MEETING_RESCHEDULED:
            return not _is_to_come(request, consultation, now)
        case Template.MEETING_LINK_FAILED:
            failed = meeting_of(request, consultation)["link_state"] == "failed"
            return not failed or not _is_to_come(request, consultation, now)
        case Template.MEETING_CANCELLED:
            return _has_no_link(request, consultation)
        case Template.MEETING_MISSED:
            return not open_again or _has_no_link(request, consultation)
    return False


def _is_to_come(request: NotificationRequested, consultation: Consultation, now: datetime) -> bool:
    """Tell whether the meeting stands as it was told, and is not over."""
    meeting = meeting_of(request, consultation)
    stands = meeting["status"] == "scheduled" and meeting["sequence"] == request.params.sequence
    return stands and now < datetime.fromisoformat(meeting["end"])


def _has_no_link(request: NotificationRequested, consultation: Consultation) -> bool:
    """Tell whether nobody was invited, as there is no link yet by which to come."""
    return meeting_of(request, consultation)["link_state"] in ("pending", "failed")


def meeting_of(request: NotificationRequested, consultation: Consultation) -> dict[str, Any]:
    """Return the meeting that a letter is about."""
    meeting_id = request.params.meeting_id
    found: dict[str, Any] = next(
        m for m in consultation["meetings"] if m["meeting_id"] == meeting_id
    )
    return found


def _still_asks(consultation: Consultation, asked_at: datetime) -> bool:
    asked = consultation["clarification"]
    return asked is not None and asked["asked_at"] == rfc3339(asked_at)


def _waits(consultation: Consultation) -> bool:
    """Tell whether the user waits for an answer whose limit does not stand still."""
    state = consultation["sla"]["state"]
    answered = consultation["answered_at"] is not None
    return not answered and consultation["status"] != CLOSED and state in ("running", "breached")


def _due_at(consultation: Consultation) -> str | None:
    """Return where the limit ends by the calendar as it is, also after a verdict."""
    sla = consultation["sla"]
    due_at: str | None = (sla["rejudged"] or sla)["due_at"]
    return due_at


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
