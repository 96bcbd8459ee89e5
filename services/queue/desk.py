"""At the front office and at the desk: from the guest book to the end of the consultation."""

from datetime import datetime, timedelta
from math import ceil

from contracts.errors import Code, Rejected
from services.queue import guards, start_limit
from services.queue.commands import (
    CheckIdentity,
    Finish,
    GoOn,
    Hold,
    OfTicket,
    Refer,
    Register,
    SignGuestBook,
    Start,
    Transfer,
    UndoFinish,
    WriteNote,
)
from services.queue.events import (
    ConsultationNoted,
    Event,
    GuestBookSigned,
    IdentityChecked,
    ReferralGiven,
    RegistrationStarted,
    ServiceFinished,
    ServiceFinishUndone,
    ServiceStarted,
    Stop,
    TicketHeld,
    TicketQueuedForDesk,
    TicketResumed,
    TicketTransferred,
)
from services.queue.state import State, Status, Ticket

AT_DESK = (Status.WAITING_DESK, Status.CALLED_DESK, Status.IN_SERVICE)
SERVED = (Status.IN_SERVICE, Status.AWAITING_FEEDBACK, Status.REFERRED)
"""While the officer can still write down what it was about, and who else can help."""


def registered(command: Register, state: State) -> list[Event]:
    """The visitor stands before the officer who called."""
    ticket = _owned(command, state, Status.CALLED_FRONT_OFFICE)
    return [RegistrationStarted(ticket_id=command.ticket_id, counter=ticket.counter or "")]


def signed(command: SignGuestBook, state: State) -> list[Event]:
    """At the front office, at the kiosk while waiting for it, or at the desk of a single stop."""
    ticket = guards.ticket_of(state, command)
    guards.staff_or_kiosk_of(command.caller, command.office)
    if command.caller.role == guards.KIOSK:
        guards.in_status(ticket, Status.WAITING_FRONT_OFFICE, Status.WAITING_DESK)
    else:
        guards.in_status(ticket, Status.AT_FRONT_OFFICE, *AT_DESK)
        if ticket.officer_id is not None:
            guards.owned(ticket, command.caller)
    if ticket.subject_id is not None:
        raise Rejected(Code.WRONG_STATE, "The guest book is signed already.")
    _plausible(command)
    book = GuestBookSigned(
        ticket_id=command.ticket_id,
        visit_id=command.visit_id,
        subject_id=command.subject_id,
        **command.words,
    )
    moves = (
        [TicketQueuedForDesk(ticket_id=command.ticket_id)] if ticket.status not in AT_DESK else []
    )
    return [book, *moves]


def identified(command: CheckIdentity, state: State) -> list[Event]:
    """Who signed at the kiosk shows the card to an officer: while they wait, or at the desk."""
    ticket = guards.ticket_of(state, command)
    guards.staff_of(command.caller, command.office)
    guards.in_status(ticket, *AT_DESK, *SERVED)
    if ticket.officer_id is not None:
        guards.owned(ticket, command.caller)
    if ticket.subject_id is None:
        raise Rejected(Code.GUEST_BOOK_MISSING, "The guest book is not signed yet.")
    if ticket.identity_checked:
        raise Rejected(Code.WRONG_STATE, "The identity has been checked.")
    kind = command.identity_type
    return [IdentityChecked(ticket_id=command.ticket_id, identity_type=kind)]


def _plausible(command: SignGuestBook) -> None:
    """Refuse what nobody can know yet: a year to come, a card that no officer has seen."""
    this_year = command.office.calendar.local_date(command.now).year
    if int(command.words["birth_year"]) > this_year:
        _refuse("birth_year", "Lies in the future.")
    if command.words["identity_checked"] and command.caller.role == guards.KIOSK:
        _refuse("identity_checked", "Only an officer has seen it: must be false here.")


def _refuse(field: str, why: str) -> None:
    raise Rejected(Code.VALIDATION_FAILED, "See `errors`.", {field: [why]})


def started(command: Start, state: State) -> list[Event]:
    """The ten minutes end here."""
    ticket = _owned(command, state, Status.CALLED_DESK)
    guards.served_now(state)
    waited = start_limit.waited(ticket, state, command.now, command.office)
    begun = ServiceStarted(
        ticket_id=command.ticket_id,
        counter=ticket.counter or "",
        officer_id=ticket.officer_id or command.caller.id,
        waited_s=ceil(waited.waited.total_seconds()),  # over ten minutes is over, be it by a bit
        t0=waited.t0,
        within_limit=waited.within_limit,
    )
    return [begun]


def noted(command: WriteNote, state: State) -> list[Event]:
    """Sealed with the visitor's key, so who they are must be known."""
    ticket = _owned(command, state, *SERVED)
    if ticket.subject_id is None:
        raise Rejected(Code.GUEST_BOOK_MISSING, "The guest book is not signed yet.")
    note = ConsultationNoted(
        ticket_id=command.ticket_id, subject_id=ticket.subject_id, text=command.text
    )
    return [note]


def referred(command: Refer, state: State) -> list[Event]:
    """To another service or office, by its code; also when that is how it ended."""
    _owned(command, state, *SERVED)
    return [ReferralGiven(ticket_id=command.ticket_id, target=command.target)]


def transferred(command: Transfer, state: State) -> list[Event]:
    """They wait for one certain desk, and go first there; sent on when nobody comes to it."""
    ticket = _sent_on(command, state) or _at_a_desk(command, state)
    guards.counter_of(command.office, command.to_counter, Stop.DESK)
    if command.to_counter == (ticket.to_counter if ticket.is_waiting else ticket.counter):
        raise Rejected(Code.WRONG_COUNTER, "It is at this counter already.")
    moved = TicketTransferred(
        ticket_id=command.ticket_id,
        counter=ticket.counter or ticket.last_counter or "",
        to_counter=command.to_counter,
    )
    return [moved]


def held(command: Hold, state: State) -> list[Event]:
    """The desk is free meanwhile."""
    ticket = _at_a_desk(command, state)
    return [TicketHeld(ticket_id=command.ticket_id, counter=ticket.counter or "")]


def resumed(command: GoOn, state: State) -> list[Event]:
    """At a desk that is free: the one named, or the only one the officer may mean."""
    ticket = _owned(command, state, Status.IN_SERVICE)
    if not ticket.is_held or ticket.held_at is None:
        raise Rejected(Code.WRONG_STATE, f"Ticket {ticket.number} is not held.")
    counter = command.counter or ticket.last_counter or ""
    guards.counter_of(command.office, counter, Stop.DESK)
    guards.idle(state, counter)
    held_s = max(0, int((command.now - ticket.held_at).total_seconds()))  # clocks may step back
    return [TicketResumed(ticket_id=command.ticket_id, counter=counter, held_s=held_s)]


def finished(command: Finish, state: State) -> list[Event]:
    """Held or at the desk."""
    ticket = _owned(command, state, Status.IN_SERVICE)
    done = ServiceFinished(
        ticket_id=command.ticket_id,
        counter=ticket.counter or ticket.last_counter or "",
        officer_id=ticket.officer_id or command.caller.id,
        outcome=command.outcome,
        duration_s=_duration(ticket, command.now),
    )
    return [done]


def undone(command: UndoFinish, state: State) -> list[Event]:
    """Soon, by the officer whose desk is still free; else by the supervisor.

    It goes on where it was: at the desk, or held if it was held or the desk is taken meanwhile.
    """
    ticket = _owned(command, state, Status.AWAITING_FEEDBACK, Status.REFERRED)
    guards.served_now(state)
    minutes = command.office.queue.undo_within_min
    late = command.now > (ticket.finished_at or command.now) + timedelta(minutes=minutes)
    if late and command.caller.role not in guards.SUPERVISORS:
        raise Rejected(Code.TOO_LATE, f"After {minutes} minutes only the supervisor can.")
    counter = ticket.last_counter or ""
    taken = counter in state.counters
    if taken and command.caller.role not in guards.SUPERVISORS:
        guards.idle(state, counter)
    held = taken or ticket.held_at is not None
    return [ServiceFinishUndone(ticket_id=command.ticket_id, counter=counter, held=held)]


def _owned(command: OfTicket, state: State, *allowed: Status) -> Ticket:
    guards.staff_of(command.caller, command.office)
    ticket = guards.ticket_of(state, command)
    guards.in_status(ticket, *allowed)
    guards.owned(ticket, command.caller)
    return ticket


def _sent_on(command: OfTicket, state: State) -> Ticket | None:
    """Return a ticket that was transferred and waits; None for another."""
    guards.staff_of(command.caller, command.office)
    ticket = guards.ticket_of(state, command)
    if ticket.takes_its_turn or not ticket.is_waiting:
        return None
    return _owned(command, state, Status.WAITING_DESK)


def _at_a_desk(command: OfTicket, state: State) -> Ticket:
    ticket = _owned(command, state, Status.IN_SERVICE)
    if ticket.is_held:
        raise Rejected(Code.WRONG_STATE, f"Ticket {ticket.number} is held.")
    return ticket


def _duration(ticket: Ticket, now: datetime) -> int:
    """Seconds of service, without those it was held."""
    held = now - ticket.held_at if ticket.held_at else timedelta(0)
    ran = now - (ticket.started_at or now) - held
    return max(0, int(ran.total_seconds()) - ticket.held_s)
