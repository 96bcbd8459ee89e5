"""Links of meetings by Zoom that a provider makes, and what it is to have of our meetings.

The provider is asked when a date comes, again and again until it has what we have: so nothing is
lost while it is away, and an officer who schedules a meeting never waits for it. Whether a meeting
is still to be, and when, is what our facts say at that moment. What the provider made in vain, as
somebody was faster or the meeting is off, is told by no fact: it has to be deleted there.
"""

from dataclasses import dataclass
from datetime import datetime

from services.consultation.commands import RecordLink, ReportLinkFailure
from services.consultation.events import Event, MeetingLinkFailed, MeetingLinkMade
from services.consultation.state import LinkState, State


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the provider is to have; `provider_meeting_id`: what it has of it, as far as we know."""

    start: datetime
    end: datetime
    provider_meeting_id: str | None


def concerns(state: State, meeting_id: str, now: datetime) -> bool:
    """Tell whether the provider has anything to do with a meeting; not once its time is over."""
    link = state.links.get(meeting_id)
    return link is not None and now < link.until


def wanted(state: State, meeting_id: str) -> Wanted | None:
    """Return what the provider is to have of a meeting; None: nothing, or no more."""
    link, meeting = state.links.get(meeting_id), state.meetings.get(meeting_id)
    if link is None or meeting is None or link.state is LinkState.NONE:
        return None
    return Wanted(
        start=meeting.start, end=meeting.end, provider_meeting_id=link.provider_meeting_id
    )


def is_awaited(state: State, meeting_id: str) -> bool:
    """Tell whether the provider still owes the link."""
    link = state.links.get(meeting_id)
    return link is not None and link.state in (LinkState.PENDING, LinkState.FAILED)


def made(command: RecordLink, state: State) -> list[Event]:
    """The provider made one; of two at once the first counts.

    Who was invited with the link that is gone is to be told of the other, as of any change.
    """
    known = wanted(state, command.meeting_id)
    if known is None or known.provider_meeting_id != command.replaces:
        return []
    anew = command.replaces is not None
    return [
        MeetingLinkMade(
            meeting_id=command.meeting_id,
            sequence=state.meetings[command.meeting_id].sequence + anew,
            provider_meeting_id=command.provider_meeting_id,
            subject_id=state.subject_id,
            join_url=command.join_url,
            anew=anew,
        )
    ]


def failed(command: ReportLinkFailure, state: State) -> list[Event]:
    """No link so far: told once, until an officer moves the meeting or gives a link."""
    link, meeting = state.links.get(command.meeting_id), state.meetings.get(command.meeting_id)
    if link is None or meeting is None or link.state is not LinkState.PENDING:
        return []
    return [MeetingLinkFailed(meeting_id=command.meeting_id, sequence=meeting.sequence)]
