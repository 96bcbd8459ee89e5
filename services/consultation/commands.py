"""What can be asked of a consultation: by people, and by the clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from host.caller import Caller
from offices.office import Office
from services.consultation.attachments.commands import UNUSED, Attach, DropUnused
from services.consultation.events import Classification, CloseReason

READDRESS = "readdress"
LIMIT = "limit"
LIMIT_WARNING = "limit_warning"
SILENCE_CLOSE = "silence_close"
SILENCE_REMINDER = "silence_reminder_"
MEETING_OVER = "meeting_over_"
MEETING_LINK = "meeting_link_"
"""The provider is to have what we have: `meeting_service.py` sees to it when the date comes."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What a person wishes, in the calendar and under the policies of the office as they are."""

    caller: Caller
    now: datetime
    office: Office


@dataclass(frozen=True, kw_only=True)
class Submit(_Asked):
    """Open a consultation under the number the register gave."""

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
class AskClarification(_Asked):
    """An officer cannot answer what is asked: what is missing."""

    message_id: str
    text: str
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Accept(_Asked):
    """An officer declares the request clear and complete."""


@dataclass(frozen=True, kw_only=True)
class Claim(_Asked):
    """An officer takes it."""


@dataclass(frozen=True, kw_only=True)
class Assign(_Asked):
    """An officer is to have it; `from_officer`: if that one still has it."""

    officer_id: str
    from_officer: str | None = None


@dataclass(frozen=True, kw_only=True)
class PostMessage(_Asked):
    """Somebody writes; who `sent` it earlier than it came, or by machine, a channel tells.

    `on_behalf`: staff write down what the user said on another channel.
    """

    message_id: str
    text: str
    internal: bool = False
    on_behalf: bool = False
    channel: str = "web"
    sent_at: datetime | None = None
    automatic: bool = False
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CorrectContact(_Asked):
    """An officer wrote the contact down wrong.

    `theirs`: it is no officer who gave what is known of the person; `taken`: the address is that of
    another account.
    """

    contact_name: str
    contact_email: str | None
    contact_phone: str | None
    theirs: bool = False
    taken: bool = False


@dataclass(frozen=True, kw_only=True)
class Refer(_Asked):
    """An officer names who else can help."""

    target: str
    reason: str
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Appointment(_Asked):
    """When and where."""

    meeting_id: str
    start: datetime
    end: datetime
    join_url: str | None = None
    place: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScheduleMeeting(_Appointment):
    """An officer makes an appointment with the user; `makes_links`: a provider is there."""

    kind: str
    makes_links: bool = False


@dataclass(frozen=True, kw_only=True)
class RescheduleMeeting(_Appointment):
    """At another time or elsewhere; what is not said stays as it was."""


@dataclass(frozen=True, kw_only=True)
class CancelMeeting(_Asked):
    """It is not to take place."""

    meeting_id: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class HoldMeeting(_Asked):
    """It took place; a summary is the officer's word to the user."""

    meeting_id: str
    message_id: str
    summary: str | None = None


@dataclass(frozen=True, kw_only=True)
class MissMeeting(_Asked):
    """The user did not come."""

    meeting_id: str


@dataclass(frozen=True, kw_only=True)
class Close(_Asked):
    """An officer ends it."""

    reason: CloseReason
    note: str | None = None
    duplicate_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Withdraw(_Asked):
    """The user needs it no more; staff note how they said so."""

    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reopen(_Asked):
    """It goes on."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class _Timed:
    """What nobody asks: the clock, another service, a decree."""

    now: datetime
    office: Office


@dataclass(frozen=True, kw_only=True)
class RemindSilence(_Timed):
    """The n-th reminder of the silence that ends at `closes_at`."""

    n: int
    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class CloseSilent(_Timed):
    """The silence that ends at `closes_at` is over."""

    closes_at: datetime


@dataclass(frozen=True, kw_only=True)
class WarnOfLimit(_Timed):
    """One working day is left of the limit `due_at`."""

    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class JudgeLimit(_Timed):
    """The limit `due_at` has passed."""

    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class EndMeeting(_Timed):
    """The time of a meeting is over, as it stood after so many changes."""

    meeting_id: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class RecordLink(_Timed):
    """The provider has made a meeting; `replaces`: in place of this one of its, which is gone."""

    meeting_id: str
    provider_meeting_id: str
    join_url: str
    replaces: str | None


@dataclass(frozen=True, kw_only=True)
class ReportLinkFailure(_Timed):
    """The provider has been asked for a link several times, or can make none."""

    meeting_id: str


@dataclass(frozen=True, kw_only=True)
class Recalculate(_Timed):
    """The calendar has changed."""


@dataclass(frozen=True, kw_only=True)
class ReportBounce(_Timed):
    """A channel cannot reach the user."""

    channel: str


@dataclass(frozen=True, kw_only=True)
class EndOfForgotten(_Timed):
    """Whose it is has been forgotten."""


@dataclass(frozen=True, kw_only=True)
class ReportReached(_Timed):
    """It does: a letter with a word that awaits an answer is out."""

    channel: str


Asked = (
    Submit
    | AskClarification
    | Accept
    | Claim
    | Assign
    | PostMessage
    | CorrectContact
    | Refer
    | ScheduleMeeting
    | RescheduleMeeting
    | CancelMeeting
    | HoldMeeting
    | MissMeeting
    | Close
    | Withdraw
    | Reopen
    | Attach
)
Timed = (
    RemindSilence
    | CloseSilent
    | WarnOfLimit
    | JudgeLimit
    | EndMeeting
    | RecordLink
    | ReportLinkFailure
    | Recalculate
    | ReportBounce
    | ReportReached
    | EndOfForgotten
    | DropUnused
)
Command = Asked | Timed


def timed(name: str, data: dict[str, Any], now: datetime, office: Office) -> Timed:
    """Return the command of a date that came due; the names are those of `reactions.py`."""
    words = {"now": now, "office": office, **data}
    if name == LIMIT:
        return JudgeLimit(**words)
    if name == LIMIT_WARNING:
        return WarnOfLimit(**words)
    if name == SILENCE_CLOSE:
        return CloseSilent(**words)
    if name.startswith(SILENCE_REMINDER):
        return RemindSilence(**words)
    if name.startswith(MEETING_OVER):
        return EndMeeting(**words)
    if name.startswith(UNUSED):
        return DropUnused(now=now, **data)
    raise ValueError(f"no command for a deadline named {name!r}")
