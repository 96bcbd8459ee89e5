"""Meetings: the consultation goes on at the office or by Zoom, at an appointed time.

A meeting that is still to be suspends the silence; cancelled or over without a word, the silence
counts anew if it is the user whom we wait for. Who missed one has the next word, unless they have
said it since it began. What an officer sums up of one that was held is an answer like any other.
Source: the published service standard, step 13.

Refusals: `not_found` (no such meeting), `wrong_state` (it has ended, or not begun), `office_closed`
(nobody is there at that time), `validation_failed` (it lies in the past, has no link and no
provider is there that would make one, see `links.py`).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from contracts.errors import Code, Rejected
from services.consultation import links, silence
from services.consultation.commands import (
    CancelMeeting,
    EndMeeting,
    HoldMeeting,
    MissMeeting,
    RescheduleMeeting,
    ScheduleMeeting,
)
from services.consultation.events import (
    Event,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
    Party,
)
from services.consultation.guards import must_be_open, wrong
from services.consultation.state import Meeting, State

ZOOM, ONSITE = "zoom", "onsite"

FARTHEST = timedelta(days=366)
"""No meeting is appointed for later: who knows how the office is open then?"""


def schedule(command: ScheduleMeeting, state: State) -> list[Event]:
    """Make an appointment."""
    must_be_open(state)
    _must_be_possible(command, command.kind)
    without_link = command.kind == ZOOM and command.join_url is None
    if without_link and not command.makes_links:
        raise wrong("join_url", "A meeting by Zoom needs its link.")
    said = _said(command, state)
    return [MeetingScheduled(**said, kind=command.kind, sequence=0, link_follows=without_link)]


def reschedule(command: RescheduleMeeting, state: State) -> list[Event]:
    """Move it; a link or place that is not said stays as it was, or still follows."""
    meeting = _still_to_be(state, command.meeting_id)
    _must_be_possible(command, meeting.kind)
    return [
        MeetingRescheduled(
            **_said(command, state),
            kind=meeting.kind,
            sequence=meeting.sequence + 1,
            link_follows=command.join_url is None and links.is_awaited(state, command.meeting_id),
        )
    ]


def cancel(command: CancelMeeting, state: State) -> list[Event]:
    """It does not take place."""
    meeting = _still_to_be(state, command.meeting_id)
    cancelled = MeetingCancelled(
        meeting_id=command.meeting_id,
        sequence=meeting.sequence + 1,
        subject_id=state.subject_id,
        reason=command.reason,
    )
    return [cancelled, *_silence(command, state)]


def held(command: HoldMeeting, state: State) -> list[Event]:
    """It took place."""
    _must_have_begun(_still_to_be(state, command.meeting_id), command.now)
    return [MeetingHeld(meeting_id=command.meeting_id)]


def missed(command: MissMeeting, state: State) -> list[Event]:
    """The user did not come: theirs is the next word, unless they have said it since it began."""
    meeting = _still_to_be(state, command.meeting_id)
    _must_have_begun(meeting, command.now)
    ended, without = MeetingMissed(meeting_id=command.meeting_id), after(state, command.meeting_id)
    if state.owed_since is None or state.owed_since < meeting.start:
        without = replace(without, turn=Party.USER)
    return [ended, *silence.restarted(command.office, without, command.now)]


def over(command: EndMeeting, state: State) -> list[Event]:
    """Its time has passed, and nobody has said what came of it."""
    meeting = state.meetings.get(command.meeting_id)
    if meeting is None or meeting.arranged != command.sequence:
        return []
    return _silence(command, state)


def called_off(state: State, now: datetime) -> list[Event]:
    """Cancel what is still to be: the consultation ends, and nobody is to wait for the other.

    Not where they sit together already: what came of that is said when it goes on.
    """
    return [
        MeetingCancelled(
            meeting_id=meeting_id,
            sequence=meeting.sequence + 1,
            subject_id=state.subject_id,
            reason=None,
        )
        for meeting_id, meeting in state.meetings.items()
        if meeting.start > now
    ]


def after(state: State, meeting_id: str) -> State:
    """Return the state as it is when a meeting is no longer to be."""
    left = {known: meeting for known, meeting in state.meetings.items() if known != meeting_id}
    return replace(state, meetings=left)


def _said(command: ScheduleMeeting | RescheduleMeeting, state: State) -> dict[str, Any]:
    return {
        "meeting_id": command.meeting_id,
        "start": command.start,
        "end": command.end,
        "officer_id": command.caller.id,
        "subject_id": state.subject_id,
        "join_url": command.join_url,
        "place": command.place,
    }


def _must_be_possible(command: ScheduleMeeting | RescheduleMeeting, kind: str) -> None:
    if command.start > command.now + FARTHEST:
        raise wrong("start", f"Must lie {FARTHEST.days} days ahead at most.")
    if command.start <= command.now:
        raise wrong("start", "Must lie ahead.")
    if kind == ONSITE and not command.office.is_open(command.start, until=command.end):
        raise Rejected(Code.OFFICE_CLOSED, "The office is not open for all of that time.")


def _still_to_be(state: State, meeting_id: str) -> Meeting:
    must_be_open(state)
    if meeting_id in state.ended_meetings:
        raise Rejected(Code.WRONG_STATE, "The meeting has ended, or was cancelled.")
    if meeting_id not in state.meetings:
        raise Rejected(Code.NOT_FOUND, "There is no such meeting.")
    return state.meetings[meeting_id]


def _must_have_begun(meeting: Meeting, now: datetime) -> None:
    if now < meeting.start:
        raise Rejected(Code.WRONG_STATE, "It has not begun.")


def _silence(command: CancelMeeting | EndMeeting, state: State) -> list[Event]:
    """Count the silence anew, as far as this meeting had suspended it."""
    return silence.restarted(command.office, after(state, command.meeting_id), command.now)
