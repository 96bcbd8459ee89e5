"""What happened to a consultation: past tense, frozen, no clock; the rules are in `decider.py`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.personal import Personal
from services.consultation.attachments.events import AttachmentDropped, AttachmentUploaded


class Party(StrEnum):
    """Who speaks or acts."""

    USER = "user"
    OFFICER = "officer"
    SYSTEM = "system"


class CloseReason(StrEnum):
    """Why a consultation ended."""

    RESOLVED = "resolved"
    USER_SILENT = "user_silent"
    WITHDRAWN = "withdrawn"
    OUT_OF_SCOPE = "out_of_scope"
    DUPLICATE = "duplicate"
    SPAM = "spam"


@dataclass(frozen=True, kw_only=True)
class Classification:
    """A code cannot be read without its scheme and version (KBLI 2020, KBLI 2025 …)."""

    scheme: str
    version: str
    code: str


@dataclass(frozen=True, kw_only=True)
class ConsultationSubmitted:
    """A person asks. `officer_id`: who wrote it down for them, if anyone."""

    number: str
    type: str
    channel: str
    subject_id: str
    officer_id: str | None
    topic: Personal[str]
    question: Personal[str]
    message_id: str  # the question is the first message of the conversation
    contact_name: Personal[str | None]
    contact_email: Personal[str | None]
    contact_phone: Personal[str | None]
    classification: Classification | None
    search_id: str | None


@dataclass(frozen=True, kw_only=True)
class ClarificationRequested:
    """The request is not clear, for these reasons (codes): the limit waits, the silence runs."""

    message_id: str  # in which the officer asks
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ClarificationEnded:
    """The user wrote, or an officer knows enough. `due_at`: the limit that runs on, if one does."""

    by: Party
    due_at: datetime | None
    warn_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RequestAccepted:
    """The request is clear and complete: the limit starts; `warn_at`: one working day is left."""

    due_at: datetime
    warn_at: datetime | None
    calendar_version: str


@dataclass(frozen=True, kw_only=True)
class ConsultationAssigned:
    """An officer has it."""

    officer_id: str


@dataclass(frozen=True, kw_only=True)
class MessagePosted:
    """One message; an internal note is no word to the user.

    `officer_id`: who wrote it, or wrote down what the user said by telephone, e-mail …
    `sent_at`: when its channel says it was sent, if that was before it came to us (e-mail).
    `automatic`: an auto-reply, which is nobody's word. `clarification`: an officer asks what is
    meant. `attachments`: ids of what was uploaded.
    """

    message_id: str
    by: Party
    officer_id: str | None
    subject_id: str
    text: Personal[str]
    internal: bool
    channel: str
    sent_at: datetime | None
    automatic: bool
    clarification: bool
    attachments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ConsultationAnswered:
    """The first substantive answer of an officer: the limit stops."""

    message_id: str
    late_by_working_days: int


@dataclass(frozen=True, kw_only=True)
class SlaApproaching:
    """One working day of the limit is left."""

    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class SlaMet:
    """Answered within the limit."""

    answered_at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class SlaBreached:
    """The limit passed without an answer; told once, by the clock or by the late answer."""

    due_at: datetime
    late_by_working_days: int


@dataclass(frozen=True, kw_only=True)
class SlaRejudged:
    """What the verdict would be by a calendar that was changed after it; the verdict stands."""

    met: bool
    due_at: datetime
    late_by_working_days: int
    calendar_version: str


@dataclass(frozen=True, kw_only=True)
class SilenceStarted:
    """An officer's message awaits an answer until `closes_at`."""

    since: datetime
    closes_at: datetime
    reminders_at: tuple[datetime, ...]


@dataclass(frozen=True, kw_only=True)
class SilenceReminderDue:
    """The n-th reminder of a silence (1, 2, 3)."""

    n: int
    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class SilenceLapsed:
    """The user was silent for too long, and the office's policy leaves the close to an officer."""

    silent_since: datetime
    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class ContactBounced:
    """What we write does not reach the user: nobody is silent about what they never got."""

    channel: str


@dataclass(frozen=True, kw_only=True)
class ContactReached:
    """After all it does: the last word awaits an answer from now on."""

    channel: str


@dataclass(frozen=True, kw_only=True)
class ContactCorrected:
    """An officer wrote it down wrong.

    `message_id`: the word that awaits an answer, and goes there once more.
    """

    subject_id: str
    officer_id: str | None
    message_id: str | None
    contact_name: Personal[str]
    contact_email: Personal[str | None]
    contact_phone: Personal[str | None]


@dataclass(frozen=True, kw_only=True)
class ReferralGiven:
    """The user was told who else can help."""

    target: str
    officer_id: str
    subject_id: str
    url: Personal[str | None]
    reason: Personal[str]


@dataclass(frozen=True, kw_only=True)
class _Appointment:
    """When and where the user and an officer meet, by Zoom or at the office.

    `sequence` counts the changes, as iCalendar does. `link_follows`: a provider is to make
    `join_url`, which `MeetingLinkMade` then tells.
    """

    meeting_id: str
    kind: str
    start: datetime
    end: datetime
    sequence: int
    officer_id: str
    subject_id: str
    join_url: Personal[str | None]
    place: Personal[str | None]
    link_follows: bool


@dataclass(frozen=True, kw_only=True)
class MeetingScheduled(_Appointment):
    """They are going to meet; until then no silence runs."""


@dataclass(frozen=True, kw_only=True)
class MeetingRescheduled(_Appointment):
    """At another time or elsewhere; a link or place that is not said is as it was."""


@dataclass(frozen=True, kw_only=True)
class MeetingLinkMade:
    """A provider made the meeting, so that people can come to it.

    `anew`: in place of one that is gone there, which is a change of its own; else as the meeting
    stood after `sequence`.
    """

    meeting_id: str
    sequence: int
    provider_meeting_id: str
    subject_id: str
    join_url: Personal[str]
    anew: bool


@dataclass(frozen=True, kw_only=True)
class MeetingLinkFailed:
    """The provider has made no link yet; it goes on being asked, and an officer may give one."""

    meeting_id: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class MeetingCancelled:
    """It does not take place."""

    meeting_id: str
    sequence: int
    subject_id: str
    reason: Personal[str | None]


@dataclass(frozen=True, kw_only=True)
class MeetingHeld:
    """It took place."""

    meeting_id: str


@dataclass(frozen=True, kw_only=True)
class MeetingMissed:
    """The user did not come."""

    meeting_id: str


@dataclass(frozen=True, kw_only=True)
class ConsultationClosed:
    """It ended. `rating_token_ref` names this closing for the invitation to rate.

    `duplicate_of`: the consultation in which the same is dealt with.
    """

    reason: CloseReason
    closed_by: Party
    officer_id: str | None
    subject_id: str
    note: Personal[str | None]
    silent_since: datetime | None
    duplicate_of: str | None
    rating_token_ref: str


@dataclass(frozen=True, kw_only=True)
class ConsultationReopened:
    """It goes on under the same number. `due_at`: the limit that runs on, if one does.

    `reverses_close`: it had been closed by itself after the user had answered.
    """

    by: Party
    officer_id: str | None
    subject_id: str
    reason: Personal[str | None]
    reverses_close: bool
    due_at: datetime | None
    warn_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DeadlineRecalculated:
    """A computed deadline moved. `paused_working_days`: all pauses of the limit so far."""

    name: str
    old: datetime
    new: datetime
    warn_at: datetime | None
    calendar_version: str
    paused_working_days: int


Event = (
    ConsultationSubmitted
    | ClarificationRequested
    | ClarificationEnded
    | RequestAccepted
    | ConsultationAssigned
    | MessagePosted
    | ConsultationAnswered
    | SlaApproaching
    | SlaMet
    | SlaBreached
    | SlaRejudged
    | SilenceStarted
    | SilenceReminderDue
    | SilenceLapsed
    | ContactBounced
    | ContactReached
    | ContactCorrected
    | ReferralGiven
    | MeetingScheduled
    | MeetingRescheduled
    | MeetingLinkMade
    | MeetingLinkFailed
    | MeetingCancelled
    | MeetingHeld
    | MeetingMissed
    | ConsultationClosed
    | ConsultationReopened
    | DeadlineRecalculated
    | AttachmentUploaded
    | AttachmentDropped
)
