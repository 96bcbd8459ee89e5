"""What can be asked of a notification: by published events, and by a delivery that was tried."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notifier.events import Params, Template, WithheldBecause

DELIVER = "deliver"
"""The date at which the next try is due; its data is `{"attempt": n}`."""


@dataclass(frozen=True, kw_only=True)
class RequestNotification:
    """An event calls for this e-mail."""

    now: datetime
    notification_id: str
    template: Template
    about: str
    params: Params


@dataclass(frozen=True)
class Delivered:
    """The mail server took it."""


@dataclass(frozen=True)
class Refused:
    """It did not get through; `permanent`: no later try would either."""

    error_code: str
    permanent: bool


@dataclass(frozen=True)
class Withheld:
    """It was not tried, on purpose."""

    reason: WithheldBecause


Result = Delivered | Refused | Withheld


@dataclass(frozen=True, kw_only=True)
class ReportDelivery:
    """What came of the n-th try."""

    now: datetime
    attempt: int
    result: Result


Command = RequestNotification | ReportDelivery


def wanted(event: str, data: dict[str, Any], at: datetime) -> tuple[Template, Params] | None:
    """Return the e-mail that a published event of the consultation service calls for, if any.

    Every word of an officer is told, not only the first answer (`consultation_answered`):
    each starts the silence anew, and nobody may be silent about what they never got.
    """
    match event, data:
        case "consultation_submitted", _:
            return Template.CONSULTATION_SUBMITTED, Params(happened_at=at)
        case "request_accepted", {"due_at": due_at}:
            return Template.REQUEST_ACCEPTED, Params(happened_at=at, due_at=due_at)
        case "message_posted", {"by": "officer", "message_id": message_id}:
            return Template.CONSULTATION_ANSWERED, Params(happened_at=at, message_id=message_id)
        case "silence_reminder_due", {"closes_at": closes_at}:
            return Template.SILENCE_REMINDER_DUE, Params(happened_at=at, closes_at=closes_at)
        case "consultation_closed", {"reason": "user_silent", "silent_since": since}:
            return Template.CLOSED_BY_SILENCE, Params(happened_at=at, silent_since=since)
        case "consultation_closed", {"reason": "withdrawn"}:
            return Template.CONSULTATION_WITHDRAWN, Params(happened_at=at)
        case "consultation_closed", {"reason": reason}:
            return Template.CLOSED_BY_OFFICER, Params(happened_at=at, reason=reason)
    return None
