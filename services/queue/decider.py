"""The rules of a service day, and nothing else.

    waiting_front_office → called_front_office → at_front_office → waiting_desk → called_desk
        → in_service → awaiting_feedback;
    also no_show (⇄ waiting again), cancelled, referred, expired

Source: the published service standard (steps, ten minutes) and the office's policies. Times, ids
and the office come in with the command; `decide` may refuse, `evolve` never does.

Refusals: `not_found`, `wrong_office`, `wrong_role`, `wrong_state`, `office_closed`, `day_full`,
`service_suspended`, `counter_busy`, `wrong_counter`, `not_your_ticket`, `recall_too_soon`,
`no_calls_left`, `calls_left`, `too_late`, `guest_book_missing`, `version_mismatch`,
`validation_failed` (of the guest book).
"""

from typing import assert_never

from services.queue import day, desk, row, start_limit
from services.queue.commands import (
    CallNext,
    CancelTicket,
    CheckIdentity,
    CloseByTime,
    CloseDay,
    Command,
    EndByTime,
    Finish,
    GoOn,
    Hold,
    Issue,
    Miss,
    MissByTime,
    OpenDay,
    Recall,
    Refer,
    Register,
    Reinstate,
    Resume,
    SignGuestBook,
    Start,
    Suspend,
    TellLimit,
    Transfer,
    UndoFinish,
    WriteNote,
)
from services.queue.events import Event
from services.queue.evolve import after
from services.queue.state import State


def decide(command: Command, state: State) -> list[Event]:
    """Return the facts that follow, none when nothing does, or raise `Rejected`.

    Whatever moves the ten minutes of a lane says so in the same breath, and the last visitor to
    leave a day that is closing closes it.
    """
    events = _decided(command, state)
    if not events:
        return []
    then = after(state, events, command.now)
    events += start_limit.changes(state, then, command.office)
    return [*events, *day.ended(then)]


def _decided(command: Command, state: State) -> list[Event]:
    match command:
        case OpenDay():
            return day.opened(command, state)
        case Suspend():
            return day.suspended(command, state)
        case Resume():
            return day.resumed(command, state)
        case CloseDay() | CloseByTime():
            return day.closing(command, state)
        case EndByTime():
            return day.over(state)
        case Issue():
            return row.issued(command, state)
        case CallNext():
            return row.called(command, state)
        case Recall():
            return row.recalled(command, state)
        case Miss() | MissByTime():
            return row.missed(command, state)
        case Reinstate():
            return row.reinstated(command, state)
        case CancelTicket():
            return row.cancelled(command, state)
        case Register():
            return desk.registered(command, state)
        case SignGuestBook():
            return desk.signed(command, state)
        case CheckIdentity():
            return desk.identified(command, state)
        case Start():
            return desk.started(command, state)
        case WriteNote():
            return desk.noted(command, state)
        case Refer():
            return desk.referred(command, state)
        case Transfer():
            return desk.transferred(command, state)
        case Hold():
            return desk.held(command, state)
        case GoOn():
            return desk.resumed(command, state)
        case Finish():
            return desk.finished(command, state)
        case UndoFinish():
            return desk.undone(command, state)
        case TellLimit():
            return start_limit.told(command, state)
    assert_never(command)
