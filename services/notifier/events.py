"""What happened to a notification: intent first, outcome after. No address, no name, no text.

Who it goes to and what it tells is asked of the service that owns it when it is sent, so that
forgetting a person needs nothing here; the addresses of the office stand in its file.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Template(StrEnum):
    """What an e-mail tells; each has a text and an HTML file in `templates/`."""

    CONSULTATION_SUBMITTED = "consultation_submitted"
    REQUEST_ACCEPTED = "request_accepted"
    CONSULTATION_ANSWERED = "consultation_answered"
    SILENCE_REMINDER_DUE = "silence_reminder_due"
    CLOSED_BY_OFFICER = "closed_by_officer"
    CLOSED_BY_SILENCE = "closed_by_silence"
    CONSULTATION_WITHDRAWN = "consultation_withdrawn"
    START_LIMIT_BREACHED = "start_limit_breached"
    DAY_SUMMARY = "day_summary"
    ONE_TIME_CODE = "one_time_code"
    NO_ACCOUNT = "no_account"
    ERASURE_HELD = "erasure_held"
    ERASURE_DONE = "erasure_done"
    CLARIFICATION_REQUESTED = "clarification_requested"
    DEADLINE_RECALCULATED = "deadline_recalculated"
    CONSULTATION_REOPENED = "consultation_reopened"
    REFERRAL_GIVEN = "referral_given"
    MEETING_SCHEDULED = "meeting_scheduled"
    MEETING_RESCHEDULED = "meeting_rescheduled"
    MEETING_CANCELLED = "meeting_cancelled"
    MEETING_MISSED = "meeting_missed"
    SLA_APPROACHING = "sla_approaching"
    SLA_BREACHED = "sla_breached"
    SILENCE_LAPSED = "silence_lapsed"
    MEETING_LINK_FAILED = "meeting_link_failed"


TO_PERSON = (
    Template.ONE_TIME_CODE,
    Template.NO_ACCOUNT,
    Template.ERASURE_HELD,
    Template.ERASURE_DONE,
)
"""About a person, not a consultation: `about` is their id."""

IN_ENGLISH_TOO = frozenset(
    {
        Template.START_LIMIT_BREACHED,
        Template.DAY_SUMMARY,
        Template.MEETING_SCHEDULED,
        Template.MEETING_RESCHEDULED,
        Template.MEETING_CANCELLED,
        Template.SLA_APPROACHING,
        Template.SLA_BREACHED,
        Template.SILENCE_LAPSED,
        Template.MEETING_LINK_FAILED,
        Template.CONSULTATION_ANSWERED,
        Template.CLARIFICATION_REQUESTED,
        Template.SILENCE_REMINDER_DUE,
        Template.CLOSED_BY_SILENCE,
        Template.DEADLINE_RECALCULATED,
        Template.MEETING_MISSED,
        *TO_PERSON,
    }
)
"""Those that end with a part in English."""


class WithheldBecause(StrEnum):
    """Why a notification is not sent on purpose."""

    NO_ADDRESS = "no_address"
    SUBJECT_ERASED = "subject_erased"
    OUTDATED = "outdated"
    TOLD_WITH_ANOTHER = "told_with_another"


@dataclass(frozen=True, kw_only=True)
class Params:
    """What the event said that the e-mail repeats; never personal.

    Of an e-mail to the office: the day it is about, the version of that day at which it happened,
    and to which of the addresses in the office file it goes, counted from 0. Of a one-time code:
    of which challenge it is; the code itself is asked for when the e-mail leaves. Of a meeting:
    `sequence` counts its changes.
    """

    happened_at: datetime
    due_at: datetime | None = None
    message_id: str | None = None
    closes_at: datetime | None = None
    silent_since: datetime | None = None
    reason: str | None = None
    service_date: date | None = None
    sequence: int | None = None
    address_no: int | None = None
    challenge_id: str | None = None
    meeting_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class _OfNotification:
    """What every fact of a notification repeats, so that each can be published by itself."""

    notification_id: str
    template: Template
    channel: str
    about: str  # the id of the consultation, the ticket, the service day or the person


@dataclass(frozen=True, kw_only=True)
class NotificationRequested(_OfNotification):
    """The intent: this e-mail is owed."""

    params: Params


@dataclass(frozen=True, kw_only=True)
class DeliveryDeferred(_OfNotification):
    """Tried again at `retry_at`: the mail server is away or said "later", or another alarm has
    just left."""

    attempt: int
    error_code: str
    retry_at: datetime


@dataclass(frozen=True, kw_only=True)
class NotificationSent(_OfNotification):
    """The mail server took it."""

    attempt: int


@dataclass(frozen=True, kw_only=True)
class NotificationFailed(_OfNotification):
    """Given up: refused for good, or the last try failed."""

    attempt: int
    error_code: str


@dataclass(frozen=True, kw_only=True)
class NotificationSuppressed(_OfNotification):
    """Not sent on purpose."""

    reason: WithheldBecause


@dataclass(frozen=True, kw_only=True)
class ContactPointBounced(_OfNotification):
    """The mail server of the person's address refuses it for good."""

    subject_id: str


Event = (
    NotificationRequested
    | DeliveryDeferred
    | NotificationSent
    | NotificationFailed
    | NotificationSuppressed
    | ContactPointBounced
)
