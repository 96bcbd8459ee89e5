"""The end of a consultation, and how it goes on all the same.

Closed by an officer, by the user, or by itself after the silence (or, by the office's policy, by an
officer who confirms that), or because whose it is was forgotten. Reopened within the grace time
under the same number; the limit is not counted twice. A reply counts from when it was sent, however
late it comes: before a close that came by itself, it reverses that.

Refusals: `wrong_state` (closed, or not; not silent for long enough), `not_answered` (resolved
without an answer), `closed_for_good` (too late, or no request for statistics).
"""

from datetime import datetime, timedelta

from contracts.errors import Code, Rejected
from host.caller import Caller
from offices.office import Office
from services.consultation import limit, meetings, silence
from services.consultation.commands import (
    Close,
    CloseSilent,
    EndOfForgotten,
    PostMessage,
    Reopen,
    Withdraw,
)
from services.consultation.events import (
    CloseReason,
    ConsultationClosed,
    ConsultationReopened,
    Event,
    Party,
)
from services.consultation.guards import must_be_open, officer_of, party_of, voice_of, wrong
from services.consultation.state import State, Status

OFFICER_CONFIRMS = "officer_confirms"
"""The policy `silence_close` under which a silence that is over closes nothing by itself."""


def close(command: Close, state: State) -> list[Event]:
    """An officer ends it."""
    must_be_open(state)
    if command.reason is CloseReason.RESOLVED and not state.answered:
        raise Rejected(Code.NOT_ANSWERED, "Answer it before closing it as resolved.")
    silent_since = None
    if command.reason is CloseReason.USER_SILENT:
        if state.lapsed is None:
            raise Rejected(Code.WRONG_STATE, "The user still has time to answer.")
        silent_since = state.lapsed.silent_since
    return _closed(
        command,
        state,
        command.reason,
        by=command.caller,
        note=command.note,
        silent_since=silent_since,
        duplicate_of=command.duplicate_of,
    )


def close_silent(command: CloseSilent, state: State) -> list[Event]:
    """The silence is over."""
    ended = silence.over(command, state)
    if ended is None:
        return []
    if command.office.policy.silence_close == OFFICER_CONFIRMS:
        return [silence.lapsed(ended)]
    return _closed(command, state, CloseReason.USER_SILENT, by=None, silent_since=ended.since)


def withdraw(command: Withdraw, state: State) -> list[Event]:
    """The user needs it no more."""
    must_be_open(state)
    if command.note is not None and not command.caller.is_staff:
        raise wrong("note", "Only staff note how somebody withdrew.")
    return _closed(
        command,
        state,
        CloseReason.WITHDRAWN,
        by=command.caller,
        for_=Party.USER,
        note=command.note,
    )


def forgotten(command: EndOfForgotten, state: State) -> list[Event]:
    """Whose it is wants nothing kept of them: they can be told no more, and nobody waits."""
    if state.status in (Status.NONE, Status.CLOSED):
        return []
    return _closed(command, state, CloseReason.WITHDRAWN, by=None)


def reopen(command: Reopen, state: State) -> list[Event]:
    """Somebody says why it goes on."""
    if state.status is not Status.CLOSED:
        raise Rejected(Code.WRONG_STATE, "It is not closed.")
    _must_be_in_time(command.office, state, command.now)
    if not command.caller.is_staff:
        _must_be_a_request(state)
    return _open_again(command, state, party_of(command.caller), command.reason)


def reopened_by_writing(command: PostMessage, state: State) -> list[Event]:
    """Writing opens it again; what was sent before it closed by itself undoes that."""
    if state.status is not Status.CLOSED:
        return []
    by, reverses = voice_of(command.caller, command.on_behalf), False
    if by is Party.USER and _was_sent_before(command, state):
        reverses = True
    else:
        at = command.sent_at if by is Party.USER and command.sent_at else command.now
        _must_be_in_time(command.office, state, at)
        if not command.caller.is_staff:
            _must_be_a_request(state)
    return _open_again(command, state, by, reverses=reverses)


def must_take_files(caller: Caller, now: datetime, office: Office, state: State) -> None:
    """Refuse a file where no message with it would be taken.

    Officers may still enter, with its files, a reply that was sent long ago.
    """
    if state.status is not Status.CLOSED or caller.is_staff:
        return
    _must_be_in_time(office, state, now)
    _must_be_a_request(state)


def _was_sent_before(command: PostMessage, state: State) -> bool:
    if not _closed_by_itself(state) or state.closed_at is None:
        return False
    return command.sent_at is not None and command.sent_at <= state.closed_at


def _closed_by_itself(state: State) -> bool:
    return state.close_reason is CloseReason.USER_SILENT and state.closed_by is Party.SYSTEM


def _must_be_in_time(office: Office, state: State, at: datetime) -> None:
    days = office.policy.reopen_days
    if state.closed_at is not None and at > state.closed_at + timedelta(days=days):
        raise Rejected(
            Code.CLOSED_FOR_GOOD, f"It was closed more than {days} days ago: open a new one."
        )


def _must_be_a_request(state: State) -> None:
    if state.close_reason is CloseReason.SPAM:
        raise Rejected(Code.CLOSED_FOR_GOOD, "It was closed as no request for statistics.")


def _open_again(
    command: Reopen | PostMessage,
    state: State,
    by: Party,
    reason: str | None = None,
    *,
    reverses: bool = False,
) -> list[Event]:
    """Same number; unanswered, the limit goes on where it was."""
    due_at, warn_at = limit.runs_on(command.office, state, command.now)
    reopened = ConsultationReopened(
        by=by,
        officer_id=officer_of(command.caller),
        subject_id=state.subject_id,
        reason=reason,
        reverses_close=reverses,
        due_at=due_at,
        warn_at=warn_at,
    )
    return [reopened, *limit.resumed(command.office, state, command.now)]


def _closed(
    command: Close | CloseSilent | Withdraw | EndOfForgotten,
    state: State,
    reason: CloseReason,
    *,
    by: Caller | None,
    for_: Party | None = None,
    note: str | None = None,
    silent_since: datetime | None = None,
    duplicate_of: str | None = None,
) -> list[Event]:
    closed = ConsultationClosed(
        reason=reason,
        closed_by=for_ or party_of(by),
        officer_id=officer_of(by),
        subject_id=state.subject_id,
        note=note,
        silent_since=silent_since,
        duplicate_of=duplicate_of,
        rating_token_ref=f"closing-{state.closings + 1}",
    )
    return [*meetings.called_off(state, command.now), closed]
