"""The rules of the online consultation, and nothing else.

    submitted → accepted → in_progress (awaiting officer ⇄ user) → closed ⇄ reopened

Source: the published service standard of the office (time limit, step 15: closing), and its
policies. Times, ids and the office's calendar come in with the command; `decide` may refuse,
`evolve` (in `state.py`) never does.

Refusals: `not_found` (no such consultation, or somebody else's), `wrong_office`, `wrong_role`,
`wrong_state`, `already_assigned`, `not_answered`, `closed_for_good`.
"""

from datetime import datetime, timedelta
from typing import assert_never

from contracts.errors import Code, Rejected
from kernel.caller import Caller
from offices.office import Office
from services.consultation.commands import (
    LIMIT,
    Accept,
    Claim,
    Close,
    CloseSilent,
    Command,
    JudgeLimit,
    PostMessage,
    RemindSilence,
    Reopen,
    Submit,
    Withdraw,
)
from services.consultation.events import (
    CloseReason,
    ConsultationAnswered,
    ConsultationAssigned,
    ConsultationClosed,
    ConsultationReopened,
    ConsultationSubmitted,
    DeadlineRecalculated,
    Event,
    MessagePosted,
    Party,
    RequestAccepted,
    SilenceReminderDue,
    SilenceStarted,
    SlaBreached,
    SlaMet,
)
from services.consultation.state import Sla, State, Status


def decide(command: Command, state: State) -> list[Event]:
    """Return the facts that follow, none when nothing does, or raise `Rejected`."""
    if not isinstance(command, Submit | RemindSilence | CloseSilent | JudgeLimit):
        check_access(command.caller, state.office, state.subject_id)
    match command:
        case Submit():
            return [_submitted(command)]
        case Accept():
            return _accepted(command, state)
        case Claim():
            return _claimed(command, state)
        case PostMessage():
            return _posted(command, state)
        case Close():
            return _closed_by_officer(command, state)
        case Withdraw():
            _must_be_open(state)
            return [_closed(command.caller, state, CloseReason.WITHDRAWN)]
        case Reopen():
            return _reopened(command, state)
        case RemindSilence():
            return _reminded(command, state)
        case CloseSilent():
            return _closed_silent(command, state)
        case JudgeLimit():
            return _judged(command, state)
    assert_never(command)


def check_access(caller: Caller, office: str, subject_id: str) -> None:
    """Refuse who may not see this consultation; whose it is not never learns that it exists."""
    if not office:
        raise Rejected(Code.NOT_FOUND, "There is no such consultation.")
    if caller.is_staff:
        if office not in caller.offices:
            raise Rejected(Code.WRONG_OFFICE, "It belongs to another office.")
    elif caller.role != "system" and caller.id != subject_id:
        raise Rejected(Code.NOT_FOUND, "There is no such consultation.")


def _submitted(command: Submit) -> Event:
    return ConsultationSubmitted(
        number=command.number,
        type=command.type,
        channel=command.channel,
        subject_id=command.subject_id,
        officer_id=_officer(command.caller),
        topic=command.topic,
        question=command.question,
        message_id=command.message_id,
        contact_name=command.contact_name,
        contact_email=command.contact_email,
        contact_phone=command.contact_phone,
        classification=command.classification,
        search_id=command.search_id,
    )


def _accepted(command: Accept, state: State) -> list[Event]:
    if state.status is not Status.SUBMITTED:
        raise Rejected(Code.WRONG_STATE, f"It is {state.status} already.")
    office = command.office
    due = office.calendar.due(command.now, office.policy.limit_working_days)
    return [RequestAccepted(due_at=due.due_at, calendar_version=due.calendar_version)]


def _claimed(command: Claim, state: State) -> list[Event]:
    _must_be_open(state)
    if state.officer_id == command.caller.id:
        return []
    if state.officer_id is not None:
        raise Rejected(Code.ALREADY_ASSIGNED, f"Officer {state.officer_id} has it.")
    return [ConsultationAssigned(officer_id=command.caller.id)]


def _posted(command: PostMessage, state: State) -> list[Event]:
    caller = command.caller
    if command.internal and not caller.is_staff:
        raise Rejected(Code.WRONG_ROLE, "Internal notes are for officers.")
    message = MessagePosted(
        message_id=command.message_id,
        by=Party.OFFICER if caller.is_staff else Party.USER,
        officer_id=_officer(caller),
        subject_id=state.subject_id,
        text=command.text,
        internal=command.internal,
        channel=command.channel,
    )
    if command.internal:
        return [message]
    again = _reopened_by_writing(command, state)
    if not caller.is_staff:
        return [*again, message]
    if state.accepted_at is None:
        raise Rejected(Code.WRONG_STATE, "Accept the request before answering it.")
    due_at = next((e.new for e in again if isinstance(e, DeadlineRecalculated)), state.due_at)
    return [*again, message, *_answered(command, state, due_at), _silence(command)]


def _answered(command: PostMessage, state: State, due_at: datetime | None) -> list[Event]:
    """The first answer stops the limit (domain: at most 3 working days after acceptance)."""
    if state.answered or due_at is None:
        return []
    late = 0
    if command.now > due_at:
        late = command.office.calendar.working_days_between(due_at, command.now)
    facts: list[Event] = [
        ConsultationAnswered(message_id=command.message_id, late_by_working_days=late)
    ]
    if state.sla is Sla.BREACHED:  # the clock has told already
        return facts
    if command.now > due_at:
        return [*facts, SlaBreached(due_at=due_at, late_by_working_days=late)]
    return [*facts, SlaMet(answered_at=command.now, due_at=due_at)]


def _silence(command: PostMessage) -> Event:
    """Seven calendar days after the local date of an officer's message, reminders before."""
    calendar, policy = command.office.calendar, command.office.policy
    day = calendar.local_date(command.now)
    return SilenceStarted(
        since=command.now,
        closes_at=calendar.end_of_day(day + timedelta(days=policy.silence_days)),
        reminders_at=tuple(
            calendar.at(day + timedelta(days=n), policy.reminder_time) for n in policy.reminder_days
        ),
    )


def _closed_by_officer(command: Close, state: State) -> list[Event]:
    _must_be_open(state)
    if command.reason is CloseReason.RESOLVED and not state.answered:
        raise Rejected(Code.NOT_ANSWERED, "Answer it before closing it as resolved.")
    return [_closed(command.caller, state, command.reason, command.note)]


def _closed_silent(command: CloseSilent, state: State) -> list[Event]:
    silence = state.silence
    if silence is None or silence.closes_at != command.closes_at:
        return []  # a reply came, or a newer message awaits an answer
    return [_closed(None, state, CloseReason.USER_SILENT, silent_since=silence.since)]


def _closed(
    caller: Caller | None,
    state: State,
    reason: CloseReason,
    note: str | None = None,
    silent_since: datetime | None = None,
) -> Event:
    return ConsultationClosed(
        reason=reason,
        closed_by=_party(caller),
        officer_id=_officer(caller),
        subject_id=state.subject_id,
        note=note,
        silent_since=silent_since,
        rating_token_ref=f"closing-{state.closings + 1}",
    )


def _reopened(command: Reopen, state: State) -> list[Event]:
    if state.status is not Status.CLOSED:
        raise Rejected(Code.WRONG_STATE, "It is not closed.")
    return _open_again(command.caller, command.now, command.office, state, command.reason)


def _reopened_by_writing(command: PostMessage, state: State) -> list[Event]:
    if state.status is not Status.CLOSED:
        return []
    return _open_again(command.caller, command.now, command.office, state, None)


def _open_again(
    caller: Caller, now: datetime, office: Office, state: State, reason: str | None
) -> list[Event]:
    """Same number, and the limit is not counted twice: unanswered, it goes on where it was."""
    closed_at = state.closed_at or now
    if now > closed_at + timedelta(days=office.policy.reopen_days):
        raise Rejected(
            Code.CLOSED_FOR_GOOD,
            f"It was closed more than {office.policy.reopen_days} days ago: open a new one.",
        )
    reopened = ConsultationReopened(
        by=_party(caller),
        officer_id=_officer(caller),
        subject_id=state.subject_id,
        reason=reason,
        due_at=state.due_at if state.sla is Sla.PAUSED else None,
    )
    return [reopened, *_limit_moved(office, state, closed_at, now)]


def _limit_moved(office: Office, state: State, since: datetime, now: datetime) -> list[Event]:
    """Due = start + (limit + working dates d with closed < d ≤ reopened, of every pause)."""
    if state.sla is not Sla.PAUSED or state.accepted_at is None or state.due_at is None:
        return []
    calendar = office.calendar
    paused = state.paused_working_days + calendar.working_days_between(since, now)
    if paused == state.paused_working_days:
        return []
    due = calendar.due(state.accepted_at, office.policy.limit_working_days + paused)
    moved = DeadlineRecalculated(
        name=LIMIT,
        old=state.due_at,
        new=due.due_at,
        calendar_version=due.calendar_version,
        paused_working_days=paused,
    )
    return [moved]


def _reminded(command: RemindSilence, state: State) -> list[Event]:
    silence = state.silence
    if silence is None or silence.closes_at != command.closes_at or command.n <= state.reminders:
        return []
    later = silence.reminders_at[command.n :]
    if command.now >= silence.closes_at or (later and command.now >= later[0]):
        return []  # late: a nearer warning, or the close, is due itself
    return [SilenceReminderDue(n=command.n, closes_at=silence.closes_at)]


def _judged(command: JudgeLimit, state: State) -> list[Event]:
    if state.sla is not Sla.RUNNING or state.due_at != command.due_at:
        return []
    return [SlaBreached(due_at=command.due_at, late_by_working_days=0)]


def _must_be_open(state: State) -> None:
    if state.status is Status.CLOSED:
        raise Rejected(Code.WRONG_STATE, "It is closed.")


def _officer(caller: Caller | None) -> str | None:
    return caller.id if caller is not None and caller.is_staff else None


def _party(caller: Caller | None) -> Party:
    if caller is None:
        return Party.SYSTEM
    return Party.OFFICER if caller.is_staff else Party.USER
