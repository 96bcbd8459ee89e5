"""What can be asked of a notification: by published events, and by a delivery that was tried."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from offices.office import Office
from services.notifier.events import Params, Template, WithheldBecause

REPLIED_IN_TIME = "replied_in_time"
"""Why it goes on: the reply had been sent before the close that came by itself."""

CONFIRMED = "confirmed"
"""Why a silent one is closed: an officer confirmed it; it did not come by itself."""

NEW_LINK = "new_link"
"""What has changed of a meeting: its link, as the one before is gone."""

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
    """It did not get through; `permanent`: no later try would either.

    `of_recipient`: it is the address that is refused; `subject_id`: whose that is, if a person's.
    """

    error_code: str
    permanent: bool
    of_recipient: bool = False
    subject_id: str | None = None


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


MEETINGS = {
    "meeting_scheduled": Template.MEETING_SCHEDULED,
    "meeting_link_made": Template.MEETING_SCHEDULED,
    "meeting_rescheduled": Template.MEETING_RESCHEDULED,
    "meeting_cancelled": Template.MEETING_CANCELLED,
    "meeting_missed": Template.MEETING_MISSED,
}
"""Which letter tells of what happens to a meeting."""

Wanted = tuple[Template, Params] | None


def wanted(event: str, data: dict[str, Any], at: datetime) -> Wanted:
    """Return the e-mail that a published event of the consultation service calls for, if any.

    Every word of an officer is told, not only the first answer (`consultation_answered`):
    each starts the silence anew, and nobody may be silent about what they never got.
    """
    return (
        _of_conversation(event, data, at)
        or _of_limit(event, data, at)
        or _of_meeting(event, data, at)
        or _of_ending(event, data, at)
        or _of_person(event, data, at)
    )


def _of_conversation(event: str, data: dict[str, Any], at: datetime) -> Wanted:
    match event, data:
        case "consultation_submitted", _:
            return Template.CONSULTATION_SUBMITTED, Params(happened_at=at)
        case "message_posted", {"clarification": True} | {"automatic": True}:
            return None  # what is asked has a letter of its own; a machine's word is nobody's
        case "message_posted", {"by": "officer", "message_id": message_id}:
            return Template.CONSULTATION_ANSWERED, Params(happened_at=at, message_id=message_id)
        case "contact_corrected", {"message_id": str(message_id)}:  # what went elsewhere
            return Template.CONSULTATION_ANSWERED, Params(happened_at=at, message_id=message_id)
        case "clarification_requested", {"message_id": str(message_id)}:
            return Template.CLARIFICATION_REQUESTED, Params(happened_at=at, message_id=message_id)
        case "silence_reminder_due", {"closes_at": closes_at}:
            return Template.SILENCE_REMINDER_DUE, Params(happened_at=at, closes_at=closes_at)
        case "referral_given", _:
            return Template.REFERRAL_GIVEN, Params(happened_at=at)
    return None


def _of_limit(event: str, data: dict[str, Any], at: datetime) -> Wanted:
    match event, data:
        case "request_accepted", {"due_at": due_at}:
            return Template.REQUEST_ACCEPTED, Params(happened_at=at, due_at=due_at)
        case "deadline_recalculated", {"old": old, "new": new} if new > old:
            return Template.DEADLINE_RECALCULATED, Params(happened_at=at, due_at=new)
    return None


def _of_meeting(event: str, data: dict[str, Any], at: datetime) -> Wanted:
    """An invitation leaves when there is a link: with the appointment, or when it is made."""
    if data.get("link_follows"):
        return None
    template = MEETINGS.get(event)
    if template is None:
        return None
    meeting = {"meeting_id": data["meeting_id"], "sequence": data.get("sequence")}
    params = Params(happened_at=at, **meeting)
    if data.get("anew"):
        return Template.MEETING_RESCHEDULED, replace(params, reason=NEW_LINK)
    return template, params


def _of_ending(event: str, data: dict[str, Any], at: datetime) -> Wanted:
    """Who reopens it by their own wish is not told of it."""
    match event, data:
        case "consultation_closed", {"reason": "user_silent", "silent_since": since}:
            confirmed = CONFIRMED if data["closed_by"] == "officer" else None
            told = Params(happened_at=at, silent_since=since, reason=confirmed)
            return Template.CLOSED_BY_SILENCE, told
        case "consultation_closed", {"reason": "withdrawn"}:
            return Template.CONSULTATION_WITHDRAWN, Params(happened_at=at)
        case "consultation_closed", {"reason": reason}:
            return Template.CLOSED_BY_OFFICER, Params(happened_at=at, reason=reason)
        case "consultation_reopened", {"reverses_close": True}:
            return Template.CONSULTATION_REOPENED, Params(happened_at=at, reason=REPLIED_IN_TIME)
        case "consultation_reopened", {"by": "officer"}:
            return Template.CONSULTATION_REOPENED, Params(happened_at=at)
    return None


def _of_person(event: str, data: dict[str, Any], at: datetime) -> Wanted:
    match event, data:
        case "code_issued", {"challenge_id": challenge_id}:
            return Template.ONE_TIME_CODE, Params(happened_at=at, challenge_id=challenge_id)
        case "login_without_account", _:
            return Template.NO_ACCOUNT, Params(happened_at=at)
        case "erasure_held", _:
            return Template.ERASURE_HELD, Params(happened_at=at)
        case "erasure_begun", _:
            return Template.ERASURE_DONE, Params(happened_at=at)
    return None


def told_to_office(
    envelope: dict[str, Any], offices: dict[str, Office]
) -> list[tuple[Template, Params]]:
    """Return the e-mails to the office that a published event calls for.

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
            return _told_of_consultation(envelope, offices)
    of_day = Params(happened_at=envelope["time"], service_date=day, sequence=envelope["sequence"])
    return [(template, replace(of_day, address_no=n)) for n in range(len(to))]


def _told_of_consultation(
    envelope: dict[str, Any], offices: dict[str, Office]
) -> list[tuple[Template, Params]]:
    """Return the e-mails about one consultation: each event one to each address."""
    params = Params(happened_at=envelope["time"])
    match envelope["event"], envelope["data"]:
        case "sla_approaching", {"office": name, "due_at": due_at}:
            template, params = Template.SLA_APPROACHING, replace(params, due_at=due_at)
        case "sla_breached", {"office": name, "due_at": due_at}:
            template, params = Template.SLA_BREACHED, replace(params, due_at=due_at)
        case "silence_lapsed", {"office": name, "silent_since": since}:
            template, params = Template.SILENCE_LAPSED, replace(params, silent_since=since)
        case "meeting_link_failed", {"office": name, "meeting_id": meeting, "sequence": sequence}:
            template = Template.MEETING_LINK_FAILED
            params = replace(params, meeting_id=meeting, sequence=sequence)
        case _:
            return []
    to = offices[name].recipients.consultations
    return [(template, replace(params, address_no=n)) for n in range(len(to))]
