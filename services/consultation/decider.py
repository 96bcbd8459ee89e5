"""The rules of the online consultation, and nothing else.

    submitted → needs_clarification ⇄ accepted → in_progress (awaiting officer ⇄ user) → closed
                                                                         closed → reopened

The limit is in `limit.py`, the silence in `silence.py`, meetings in `meetings.py` and `links.py`,
the end in `closing.py`; here is who may say what, and who has it. Times, ids and the office's
calendar come in with the command; `decide` may refuse, `evolve` (in `state.py`) never does.

Refusals, beside those named there: `not_found` (no such consultation, or somebody else's),
`wrong_office`, `wrong_role`, `wrong_state`, `already_assigned`, `email_taken`; those of attachments
in `attachments/decider.py`.
"""

from datetime import datetime
from typing import assert_never

from contracts.errors import Code, Rejected
from services.consultation import closing, limit, links, meetings, silence
from services.consultation.attachments import decider as attachments
from services.consultation.attachments.commands import Attach, DropUnused
from services.consultation.commands import (
    Accept,
    AskClarification,
    Assign,
    CancelMeeting,
    Claim,
    Close,
    CloseSilent,
    Command,
    CorrectContact,
    EndMeeting,
    EndOfForgotten,
    HoldMeeting,
    JudgeLimit,
    MissMeeting,
    PostMessage,
    Recalculate,
    RecordLink,
    Refer,
    RemindSilence,
    Reopen,
    ReportBounce,
    ReportLinkFailure,
    ReportReached,
    RescheduleMeeting,
    ScheduleMeeting,
    Submit,
    WarnOfLimit,
    Withdraw,
)
from services.consultation.events import (
    ClarificationRequested,
    ConsultationAssigned,
    ConsultationSubmitted,
    ContactCorrected,
    Event,
    MessagePosted,
    Party,
    ReferralGiven,
)
from services.consultation.guards import (
    check_access,
    must_be_open,
    officer_of,
    supervises,
    voice_of,
    wrong,
)
from services.consultation.state import State, Status


def decide(command: Command, state: State) -> list[Event]:
    """Return the facts that follow, none when nothing does, or raise `Rejected`."""
    match command:
        case Submit():
            return [_submitted(command)]
        case RemindSilence():
            return silence.remind(command, state)
        case CloseSilent():
            return closing.close_silent(command, state)
        case WarnOfLimit():
            return limit.warn(command, state)
        case JudgeLimit():
            return limit.judge(command, state)
        case EndMeeting():
            return meetings.over(command, state)
        case RecordLink():
            return links.made(command, state)
        case ReportLinkFailure():
            return links.failed(command, state)
        case Recalculate():
            return limit.recalculate(command, state)
        case ReportBounce():
            return silence.bounce(command, state)
        case ReportReached():
            return silence.reached(command, state)
        case EndOfForgotten():
            return closing.forgotten(command, state)
        case DropUnused():
            return [*attachments.dropped(command, state.shelf)]
    check_access(command.caller, state.office, state.subject_id)
    match command:
        case AskClarification():
            return _asked(command, state)
        case Accept():
            return limit.accept(command, state)
        case Claim():
            return _assigned(command, state, command.caller.id)
        case Assign():
            return _assigned(command, state, command.officer_id)
        case PostMessage():
            return _posted(command, state)
        case CorrectContact():
            return _corrected(command, state)
        case Refer():
            return _referred(command, state)
        case RescheduleMeeting():
            return meetings.reschedule(command, state)
        case ScheduleMeeting():
            return meetings.schedule(command, state)
        case CancelMeeting():
            return meetings.cancel(command, state)
        case HoldMeeting():
            return _held(command, state)
        case MissMeeting():
            return meetings.missed(command, state)
        case Close():
            return closing.close(command, state)
        case Withdraw():
            return closing.withdraw(command, state)
        case Reopen():
            return closing.reopen(command, state)
        case Attach():
            closing.must_take_files(command.caller, command.now, command.office, state)
            return [*attachments.attached(command, state.shelf, state.subject_id)]
    assert_never(command)


def _submitted(command: Submit) -> Event:
    return ConsultationSubmitted(
        number=command.number,
        type=command.type,
        channel=command.channel,
        subject_id=command.subject_id,
        officer_id=officer_of(command.caller),
        topic=command.topic,
        question=command.question,
        message_id=command.message_id,
        contact_name=command.contact_name,
        contact_email=command.contact_email,
        contact_phone=command.contact_phone,
        classification=command.classification,
        search_id=command.search_id,
    )


def _asked(command: AskClarification, state: State) -> list[Event]:
    """What is asked is a message; until it is answered the limit waits and the silence runs."""
    must_be_open(state)
    if state.answered:
        raise Rejected(Code.WRONG_STATE, "It is answered already: ask with a message.")
    return [
        _message(command, state, command.text, clarification=True),
        ClarificationRequested(message_id=command.message_id, missing=command.missing),
        *silence.started(command.office, state, command.now),
    ]


def _assigned(command: Claim | Assign, state: State, officer_id: str) -> list[Event]:
    """Officers take what is nobody's and hand on what is theirs; supervisors decide for all."""
    must_be_open(state)
    if state.officer_id == officer_id or _is_gone(command, state):
        return []
    may = state.officer_id in (None, command.caller.id) or supervises(command.caller)
    if not may or (isinstance(command, Claim) and state.officer_id is not None):
        raise Rejected(Code.ALREADY_ASSIGNED, f"Officer {state.officer_id} has it.")
    return [ConsultationAssigned(officer_id=officer_id)]


def _is_gone(command: Claim | Assign, state: State) -> bool:
    """Tell whether somebody else got it from whom it was to be taken."""
    wanted = command.from_officer if isinstance(command, Assign) else None
    return wanted is not None and wanted != state.officer_id


def _posted(command: PostMessage, state: State) -> list[Event]:
    _check_voice(command)
    by = voice_of(command.caller, command.on_behalf)
    attachments.check_usable(command.attachments, state.shelf, command.caller)
    message = _message(
        command,
        state,
        command.text,
        by=by,
        internal=command.internal,
        channel=command.channel,
        sent_at=command.sent_at,
        automatic=command.automatic,
        attachments=command.attachments,
    )
    if command.internal or command.automatic:
        return [message]  # nobody's response: it opens, ends and answers nothing
    again = closing.reopened_by_writing(command, state)
    if by is Party.USER:
        return [*again, message, *_cleared_up(command, state, by)]
    _must_be_accepted(state)
    before = [*again, *_cleared_up(command, state, by)]
    return [*before, message, *_answer(command, state, before)]


def _check_voice(command: PostMessage) -> None:
    """Refuse what only staff may say, and what is nobody's word to be said for."""
    if command.on_behalf and not command.caller.is_staff:
        raise wrong("on_behalf", "Only staff write down what a user said.")
    if command.on_behalf and command.internal:
        raise wrong("on_behalf", "What the user said is no internal note.")
    if command.internal and not command.caller.is_staff:
        raise Rejected(Code.WRONG_ROLE, "Internal notes are for officers.")


def _held(command: HoldMeeting, state: State) -> list[Event]:
    held = meetings.held(command, state)
    before = _cleared_up(command, state, Party.OFFICER)
    if command.summary is None:
        return [*held, *before]
    _must_be_accepted(state)
    message = _message(command, state, command.summary)
    return [
        *held,
        *before,
        message,
        *_answer(command, meetings.after(state, command.meeting_id), before),
    ]


def _must_be_accepted(state: State) -> None:
    if state.accepted_at is None:
        raise Rejected(Code.WRONG_STATE, "Accept the request before answering it.")


def _cleared_up(command: PostMessage | HoldMeeting, state: State, by: Party) -> list[Event]:
    """Whoever speaks while a clarification is waited for ends that."""
    if state.status is not Status.NEEDS_CLARIFICATION:
        return []
    return limit.clarified(command.office, state, by, command.now)


def _answer(command: PostMessage | HoldMeeting, state: State, before: list[Event]) -> list[Event]:
    """An officer's word to the user: it stops the limit, and then the user's silence counts."""
    due_at = limit.due_after(before, state)
    return [
        *limit.answered(command.office, state, command.message_id, command.now, due_at),
        *silence.started(command.office, state, command.now),
    ]


def _message(
    command: PostMessage | AskClarification | HoldMeeting,
    state: State,
    text: str,
    *,
    by: Party = Party.OFFICER,
    internal: bool = False,
    channel: str = "web",
    sent_at: datetime | None = None,
    automatic: bool = False,
    clarification: bool = False,
    attachments: tuple[str, ...] = (),
) -> MessagePosted:
    return MessagePosted(
        message_id=command.message_id,
        by=by,
        officer_id=officer_of(command.caller),
        subject_id=state.subject_id,
        text=text,
        internal=internal,
        channel=channel,
        sent_at=sent_at,
        automatic=automatic,
        clarification=clarification,
        attachments=attachments,
    )


def _corrected(command: CorrectContact, state: State) -> list[Event]:
    """What officers wrote down they correct; the word that awaits an answer goes there."""
    if command.theirs:
        raise Rejected(
            Code.WRONG_STATE, "They gave their contact themselves: only they correct it."
        )
    if command.taken:
        raise Rejected(
            Code.EMAIL_TAKEN,
            "That address has an account: withdraw this one, and open it for them.",
        )
    waits = state.turn is Party.USER and state.status is not Status.NEEDS_CLARIFICATION
    corrected = ContactCorrected(
        subject_id=state.subject_id,
        officer_id=officer_of(command.caller),
        message_id=state.last_word if waits else None,
        contact_name=command.contact_name,
        contact_email=command.contact_email,
        contact_phone=command.contact_phone,
    )
    return [corrected]


def _referred(command: Refer, state: State) -> list[Event]:
    must_be_open(state)
    given = ReferralGiven(
        target=command.target,
        officer_id=command.caller.id,
        subject_id=state.subject_id,
        url=command.url,
        reason=command.reason,
    )
    return [given]
