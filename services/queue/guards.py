"""What the rules have in common: who may, and which ticket is meant."""

from contracts.errors import Code, Rejected
from host.caller import Caller
from offices.office import Office
from services.queue.commands import OfTicket
from services.queue.events import Stop
from services.queue.state import DayStatus, State, Status, Ticket

SUPERVISORS = ("supervisor", "admin", "system")
KIOSK = "kiosk"
SYSTEM = "system"


def staff_of(caller: Caller, office: Office) -> None:
    """Refuse who is no officer of this office."""
    if not caller.is_staff:
        raise Rejected(Code.WRONG_ROLE, "This is for officers.")
    if office.id not in caller.offices:
        raise Rejected(Code.WRONG_OFFICE, "It belongs to another office.")


def service(caller: Caller) -> None:
    """Refuse who is no service of ours."""
    if caller.role != SYSTEM:
        raise Rejected(Code.WRONG_ROLE, "This is for services.")


def staff_of_or_service(caller: Caller, office: Office) -> None:
    """Refuse who is neither an officer of this office nor a service of ours."""
    if caller.role != SYSTEM:
        staff_of(caller, office)


def staff_or_kiosk_of(caller: Caller, office: Office) -> None:
    """Refuse who is neither an officer nor a kiosk of this office."""
    if caller.role != KIOSK:
        staff_of(caller, office)
    elif office.id not in caller.offices:
        raise Rejected(Code.WRONG_OFFICE, "The kiosk belongs to another office.")


def supervises(caller: Caller, office: Office) -> None:
    """Refuse who is no supervisor of this office."""
    staff_of(caller, office)
    if caller.role not in SUPERVISORS:
        raise Rejected(Code.WRONG_ROLE, "This is for supervisors.")


def ticket_of(state: State, command: OfTicket) -> Ticket:
    """Return the ticket that a command is about; refuse one that has changed meanwhile."""
    if command.ticket_id not in state.tickets:
        raise Rejected(Code.NOT_FOUND, "There is no such ticket.")
    ticket = state.tickets[command.ticket_id]
    if command.expected_version not in (None, ticket.version):
        raise Rejected(Code.VERSION_MISMATCH, f"It is at version {ticket.version} now.")
    return ticket


def in_status(ticket: Ticket, *allowed: Status) -> None:
    """Refuse what does not fit where the ticket stands."""
    if ticket.status not in allowed:
        raise Rejected(Code.WRONG_STATE, f"Ticket {ticket.number} is {ticket.status}.")


def owned(ticket: Ticket, caller: Caller) -> None:
    """Refuse who did not call it, unless a supervisor."""
    if caller.role not in SUPERVISORS and ticket.officer_id != caller.id:
        raise Rejected(Code.NOT_YOUR_TICKET, f"Ticket {ticket.number} is another officer's.")


def idle(state: State, counter: str) -> None:
    """Refuse a counter where somebody is."""
    if (ticket_id := state.counters.get(counter)) is not None:
        number = state.tickets[ticket_id].number
        raise Rejected(Code.COUNTER_BUSY, f"Ticket {number} is at counter {counter}.")


def counter_of(office: Office, counter: str, stop: Stop) -> None:
    """Refuse a counter that the office does not have, or that is for another stop."""
    if counter not in office.counters:
        raise Rejected(Code.NOT_FOUND, "The office has no such counter.")
    if office.counters[counter] != stop:
        raise Rejected(Code.WRONG_COUNTER, f"Counter {counter} is no {stop}.")


def served_now(state: State) -> None:
    """Refuse while nobody is served."""
    if state.status is DayStatus.SUSPENDED:
        raise Rejected(Code.SERVICE_SUSPENDED, "Service is suspended.")
    if state.status is not DayStatus.OPEN:
        raise Rejected(Code.OFFICE_CLOSED, "The day is not open.")
