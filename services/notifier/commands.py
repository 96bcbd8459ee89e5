"""What can be asked of a notification: by published events, and by a delivery that was tried."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from offices.office import Office
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


@dataclass(frozen=True)
class Postponed:
    """It was not tried yet: another alarm has just left."""

    until: datetime


Result = Delivered | Refused | Withheld | Postponed


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


def told_to_office(
    envelope: dict[str, Any], offices: dict[str, Office]
) -> list[tuple[Template, Params]]:
    """Return the e-mails to the office that a published event of its queue calls for.

    Not of `start_limit_approaching`: a board or a dashboard shows it, and who is warned by e-mail
    of what may yet go well soon reads no alarm. Nor of a day on which nobody came.
    """
    match envelope["event"], envelope["data"]:
        case "start_limit_breached", {"office": name, "t0": t0}:
            office = offices[name]
            template, to = Template.START_LIMIT_BREACHED, office.recipients.alarms
            day = office.calendar.local_date(t0)  # told after midnight, it was still that day's
        case "service_day_closed", {"office": name, "counts": {"issued": issued}} if issued:
            template, to = Template.DAY_SUMMARY, offices[name].recipients.summary
            day = date.fromisoformat(envelope["subject"].removeprefix(f"{name}-"))
        case _:
            return []
    of_day = Params(happened_at=envelope["time"], service_date=day, sequence=envelope["sequence"])
    return [(template, replace(of_day, address_no=n)) for n in range(len(to))]
