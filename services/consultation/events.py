"""What happened to a consultation: past tense, frozen, no clock; the rules are in `decider.py`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.personal import Personal


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
class RequestAccepted:
    """The request is clear and complete: the limit starts."""

    due_at: datetime
    calendar_version: str


@dataclass(frozen=True, kw_only=True)
class ConsultationAssigned:
    """An officer has it."""

    officer_id: str


@dataclass(frozen=True, kw_only=True)
class MessagePosted:
    """One message; an internal note is no word to the user."""

    message_id: str
    by: Party
    officer_id: str | None
    subject_id: str
    text: Personal[str]
    internal: bool
    channel: str


@dataclass(frozen=True, kw_only=True)
class ConsultationAnswered:
    """The first substantive answer of an officer: the limit stops."""

    message_id: str
    late_by_working_days: int


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
class ConsultationClosed:
    """It ended. `rating_token_ref` names this closing for the invitation to rate."""

    reason: CloseReason
    closed_by: Party
    officer_id: str | None
    subject_id: str
    note: Personal[str | None]
    silent_since: datetime | None
    rating_token_ref: str


@dataclass(frozen=True, kw_only=True)
class ConsultationReopened:
    """It goes on under the same number. `due_at`: the limit that runs on, if one does."""

    by: Party
    officer_id: str | None
    subject_id: str
    reason: Personal[str | None]
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DeadlineRecalculated:
    """A computed deadline moved. `paused_working_days`: all pauses of the limit so far."""

    name: str
    old: datetime
    new: datetime
    calendar_version: str
    paused_working_days: int


Event = (
    ConsultationSubmitted
    | RequestAccepted
    | ConsultationAssigned
    | MessagePosted
    | ConsultationAnswered
    | SlaMet
    | SlaBreached
    | SilenceStarted
    | SilenceReminderDue
    | ConsultationClosed
    | ConsultationReopened
    | DeadlineRecalculated
)
