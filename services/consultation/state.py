"""What decisions need to know of a consultation, folded from its facts; no personal data."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from kernel.facts import Fact
from services.consultation.attachments import state as shelves
from services.consultation.attachments.events import AttachmentDropped, AttachmentUploaded
from services.consultation.events import (
    ClarificationEnded,
    ClarificationRequested,
    CloseReason,
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


class Status(StrEnum):
    """Where a consultation stands."""

    NONE = ""
    SUBMITTED = "submitted"
    NEEDS_CLARIFICATION = "needs_clarification"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Sla(StrEnum):
    """Where the limit stands."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"  # while the user is asked, or closed before an answer
    MET = "met"
    BREACHED = "breached"


@dataclass(frozen=True)
class Pause:
    """The limit stood still from one moment to another."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Meeting:
    """When the user and an officer meet, and how; `sequence` counts the changes.

    `arranged`: the change by which its time was said.
    """

    kind: str
    start: datetime
    end: datetime
    sequence: int
    arranged: int


class LinkState(StrEnum):
    """Where the link of a meeting stands that a provider makes."""

    NONE = "none"  # an officer gave it, or it needs none
    PENDING = "pending"
    MADE = "made"
    FAILED = "failed"  # so far


@dataclass(frozen=True)
class Link:
    """What a provider has to do with a meeting, until it is over (or would be).

    `provider_meeting_id`: what it calls its own.
    """

    state: LinkState
    until: datetime
    provider_meeting_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """What decisions need.

    `turn`: whose word is awaited. `last_word`: id of the officer's last message to the user.
    `owed_since`: since when the officer owes the next word, or did
    last. `paused_at`: since when the limit stands still. `due_at`: where it ends by the calendar as
    it is; `judged_by`: by which end it was judged; `moved_since`: that was moved afterwards;
    `rejudged`: the verdict by a later calendar, if there is one. `links`: of the meetings that a
    provider was ever asked to make.
    """

    status: Status = Status.NONE
    office: str = ""
    subject_id: str = ""
    officer_id: str | None = None
    turn: Party | None = None
    last_word: str | None = None
    owed_since: datetime | None = None
    accepted_at: datetime | None = None
    answered_at: datetime | None = None
    due_at: datetime | None = None
    warned_of: frozenset[datetime] = frozenset()
    sla: Sla = Sla.NOT_STARTED
    judged_by: datetime | None = None
    moved_since: bool = False
    rejudged: SlaRejudged | None = None
    paused_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    silence: SilenceStarted | None = None
    lapsed: SilenceLapsed | None = None
    reminders: int = 0
    bounced: bool = False
    meetings: dict[str, Meeting] = field(default_factory=dict)  # those of which no end was said
    ended_meetings: frozenset[str] = frozenset()
    links: dict[str, Link] = field(default_factory=dict)
    closed_at: datetime | None = None
    closed_by: Party | None = None
    close_reason: CloseReason | None = None
    duplicate_of: str | None = None
    closings: int = 0
    shelf: shelves.Shelf = field(default_factory=shelves.Shelf)

    @property
    def answered(self) -> bool:
        """Tell whether the limit has been stopped by an answer."""
        return self.answered_at is not None


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact."""
    changes = _changes(state, fact)
    if changes.get("turn") is Party.OFFICER:
        changes = {**changes, "owed_since": fact.occurred_at}
    return replace(state, **changes)


def _changes(state: State, fact: Fact) -> dict[str, Any]:
    event: Event = fact.event
    at = fact.occurred_at
    match event:
        case ConsultationSubmitted(subject_id=subject):
            opened = {"status": Status.SUBMITTED, "office": fact.office, "turn": Party.OFFICER}
            return {**opened, "subject_id": subject}
        case ClarificationRequested():
            pause = {} if state.sla is not Sla.RUNNING else {"sla": Sla.PAUSED, "paused_at": at}
            return {"status": Status.NEEDS_CLARIFICATION, **pause}
        case ClarificationEnded():
            status = Status.IN_PROGRESS if state.accepted_at else Status.SUBMITTED
            owed = {"turn": Party.OFFICER, "silence": None, "lapsed": None}
            return {"status": status, **owed, **_goes_on(state, at)}
        case RequestAccepted():
            runs = {"accepted_at": at, "due_at": event.due_at, "sla": Sla.RUNNING}
            return {"status": Status.ACCEPTED, **runs}
        case ConsultationAssigned():
            return {"officer_id": event.officer_id, "status": _working(state)}
        case MessagePosted():
            return _after_message(state, event)
        case ConsultationAnswered():
            return {"answered_at": at}
        case SlaApproaching():
            return {"warned_of": state.warned_of | {event.due_at}}
        case SlaMet():
            return {"sla": Sla.MET, "judged_by": event.due_at}
        case SlaBreached():
            return {"sla": Sla.BREACHED, "judged_by": event.due_at}
        case SlaRejudged():
            return {"rejudged": event}
        case SilenceStarted():  # also of who missed a meeting, and wrote last
            return {"silence": event, "reminders": 0, "lapsed": None, "turn": Party.USER}
        case SilenceReminderDue():
            return {"reminders": event.n}
        case SilenceLapsed():
            return {"silence": None, "lapsed": event}
        case ContactBounced():
            return {"bounced": True, "silence": None, "lapsed": None}
        case ContactReached():
            return {"bounced": False}
        case ContactCorrected():  # nobody is silent about what went elsewhere
            sent_again = {"bounced": True, "silence": None, "lapsed": None}
            return {} if event.message_id is None else sent_again
        case ReferralGiven():
            return {}
        case MeetingScheduled() | MeetingRescheduled():
            meeting = Meeting(event.kind, event.start, event.end, event.sequence, event.sequence)
            meetings = {**state.meetings, event.meeting_id: meeting}
            off = {"silence": None, "lapsed": None}
            return {**off, "meetings": meetings, "links": _links(state, event)}
        case MeetingLinkMade():
            made = {"state": LinkState.MADE, "provider_meeting_id": event.provider_meeting_id}
            meeting = replace(state.meetings[event.meeting_id], sequence=event.sequence)
            counted = {"meetings": {**state.meetings, event.meeting_id: meeting}}
            return {**counted, **_with_link(state, event.meeting_id, **made)}
        case MeetingLinkFailed():
            return _with_link(state, event.meeting_id, state=LinkState.FAILED)
        case MeetingCancelled():  # the provider is to drop it, too
            return _after_meeting(state, event.meeting_id)
        case MeetingMissed():
            return _after_its_time(state, event.meeting_id)
        case MeetingHeld():  # and the officer owes what came of it
            owed = {"turn": Party.OFFICER, "silence": None, "lapsed": None}
            return {**owed, **_after_its_time(state, event.meeting_id)}
        case ConsultationClosed():
            return _after_closing(state, event, at)
        case ConsultationReopened():
            return _after_reopening(state, at)
        case DeadlineRecalculated():
            anew = {"moved_since": True, "rejudged": None} if state.sla is Sla.BREACHED else {}
            return {"due_at": event.new, **anew}
        case AttachmentUploaded() | AttachmentDropped():
            return {"shelf": shelves.evolve(state.shelf, event)}
    assert_never(event)


def _after_message(state: State, event: MessagePosted) -> dict[str, Any]:
    used = {"shelf": shelves.without(state.shelf, event.attachments)}
    if event.internal or event.automatic:
        return used
    if event.by is Party.USER:
        heard = {"turn": Party.OFFICER, "silence": None, "lapsed": None, "bounced": False}
        return {**used, "status": _working(state), **heard}
    said = {"turn": Party.USER, "last_word": event.message_id}
    return {**used, "status": _working(state), **said}


def _working(state: State) -> Status:
    """Worked on once it is accepted; a clarification that is waited for is ended by a fact."""
    accepted = state.status in (Status.ACCEPTED, Status.IN_PROGRESS)
    return Status.IN_PROGRESS if accepted else state.status


def _goes_on(state: State, at: datetime) -> dict[str, Any]:
    """The limit runs on, if it stood still."""
    if state.paused_at is None:
        return {}
    pauses = (*state.pauses, Pause(state.paused_at, at))
    return {"sla": Sla.RUNNING, "pauses": pauses, "paused_at": None}


def _links(state: State, event: MeetingScheduled | MeetingRescheduled) -> dict[str, Link]:
    """A provider is to make a link, or is not needed any more as an officer gave one."""
    known = state.links.get(event.meeting_id)
    if event.link_follows:
        return {**state.links, event.meeting_id: Link(LinkState.PENDING, event.end)}
    if known is None:
        return state.links
    stands = known.state if event.join_url is None else LinkState.NONE
    return {**state.links, event.meeting_id: replace(known, state=stands, until=event.end)}


def _with_link(before: State, meeting_id: str, **changes: Any) -> dict[str, Any]:
    return {"links": {**before.links, meeting_id: replace(before.links[meeting_id], **changes)}}


def _after_meeting(state: State, meeting_id: str) -> dict[str, Any]:
    left = {known: meeting for known, meeting in state.meetings.items() if known != meeting_id}
    return {"meetings": left, "ended_meetings": state.ended_meetings | {meeting_id}}


def _after_its_time(state: State, meeting_id: str) -> dict[str, Any]:
    links = {known: link for known, link in state.links.items() if known != meeting_id}
    return {"links": links, **_after_meeting(state, meeting_id)}


def _after_closing(state: State, event: ConsultationClosed, at: datetime) -> dict[str, Any]:
    pause = {} if state.sla is not Sla.RUNNING else {"sla": Sla.PAUSED, "paused_at": at}
    return {
        **pause,
        "status": Status.CLOSED,
        "turn": None,
        "silence": None,
        "lapsed": None,
        "closed_at": at,
        "closed_by": event.closed_by,
        "close_reason": event.reason,
        "duplicate_of": event.duplicate_of,
        "closings": state.closings + 1,
    }


def _after_reopening(state: State, at: datetime) -> dict[str, Any]:
    return {
        "status": Status.IN_PROGRESS if state.accepted_at else Status.SUBMITTED,
        "turn": Party.OFFICER,
        "closed_at": None,
        "closed_by": None,
        "close_reason": None,
        "duplicate_of": None,
        **_goes_on(state, at),
    }
