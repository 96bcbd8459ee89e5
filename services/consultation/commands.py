"""What can be asked of a consultation: by people, and by the clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.caller import Caller
from offices.office import Office
from services.consultation.events import Classification, CloseReason

LIMIT = "limit"
SILENCE_CLOSE = "silence_close"
SILENCE_REMINDER = "silence_reminder_"


@dataclass(frozen=True, kw_only=True)
class Submit:
    """Open a consultation under the number the register gave."""

    caller: Caller
    now: datetime
    office: Office
    number: str
    subject_id: str
    message_id: str
    type: str
    channel: str
    topic: str
    question: str
    contact_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    classification: Classification | None = None
    search_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Accept:
    """An officer declares the request clear and complete."""

    caller: Caller
    now: datetime
    office: Office


@dataclass(frozen=True, kw_only=True)
class Claim:
    """An officer takes it."""

    caller: Caller
    now: datetime


@dataclass(frozen=True, kw_only=True)
class PostMessage:
    """Somebody writes."""

    caller: Caller
    now: datetime
    office: Office
    message_id: str
    text: str
    internal: bool = False
    channel: str = "web"


@dataclass(frozen=True, kw_only=True)
class Close:
    """An officer ends it."""

    caller: Caller
    now: datetime
    reason: CloseReason
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Withdraw:
    """The user needs it no more."""

    caller: Caller
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Reopen:
    """It goes on."""

    caller: Caller
    now: datetime
    office: Office
    reason: str


@dataclass(frozen=True, kw_only=True)
class RemindSilence:
    """The clock: the n-th reminder of the silence that ends at `closes_at`."""

    now: datetime
    n: int
    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class CloseSilent:
    """The clock: the silence that ends at `closes_at` is over."""

    now: datetime
    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class JudgeLimit:
    """The clock: the limit `due_at` has passed."""

    now: datetime
    due_at: datetime


Asked = Submit | Accept | Claim | PostMessage | Close | Withdraw | Reopen
Timed = RemindSilence | CloseSilent | JudgeLimit
Command = Asked | Timed


def timed(name: str, data: dict[str, Any], now: datetime) -> Timed:
    """Return the command of a date that came due; the names are those of `reactions.py`."""
    if name == LIMIT:
        return JudgeLimit(now=now, **data)
    if name == SILENCE_CLOSE:
        return CloseSilent(now=now, **data)
    if name.startswith(SILENCE_REMINDER):
        return RemindSilence(now=now, **data)
    raise ValueError(f"no command for a deadline named {name!r}")
