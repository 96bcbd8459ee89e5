"""From the kiosk's button to the counter: issuing, calling, missing, coming back."""

from datetime import datetime, timedelta

from contracts.errors import Code, Rejected
from offices.office import Office
from services.queue import day, estimates, guards
from services.queue.commands import (
    CallNext,
    CancelTicket,
    Issue,
    Miss,
    MissByTime,
    Recall,
    Reinstate,
)
from services.queue.events import (
    Event,
    Lane,
    Stop,
    TicketCalled,
    TicketCancelled,
    TicketIssued,
    TicketMissed,
    TicketRecalled,
    TicketReinstated,
)
from services.queue.lane_rule import next_at
from services.queue.state import CALLED, DayStatus, State, Status, row_of

LETTERS = {Lane.REGULAR: "A", Lane.PRIORITY: "P"}


def issued(command: Issue, state: State) -> list[Event]:
    """The next number of its lane; the first use within opening hours opens the day."""
    office, now = command.office, command.now
    guards.staff_or_kiosk_of(command.caller, office)
    _takes_tickets(office, state, now)
    if len(state.tickets) >= office.queue.tickets_a_day:
        raise Rejected(Code.DAY_FULL, "No more numbers are given out today.")
    today = office.calendar.local_date(now)
    opens = [day.opening(office, now, command.estimates)] if state.status is DayStatus.NONE else []
    known = command.estimates if opens else state.estimates
    ticket = TicketIssued(
        ticket_id=command.ticket_id,
        number=f"{LETTERS[command.lane]}{state.issued.get(command.lane, 0) + 1:03}",
        lane=command.lane,
        priority_reason=command.priority_reason,
        party_size=command.party_size,
        service_date=today,
        stop=Stop.DESK if office.queue.single_stop else Stop.FRONT_OFFICE,
        estimate=estimates.of(known, command.lane, now),
    )
    return [*opens, ticket]


def would_open(office: Office, state: State, now: datetime) -> bool:
    """Tell whether a number taken now would open the day."""
    try:
        _takes_tickets(office, state, now)
    except Rejected:
        return False
    return state.status is DayStatus.NONE


def _takes_tickets(office: Office, state: State, now: datetime) -> None:
    today = office.calendar.local_date(now)
    last = office.calendar.closing(today) - timedelta(
        minutes=office.queue.last_ticket_before_close_min
    )
    if state.closing or state.status is DayStatus.CLOSED or now >= last:
        raise Rejected(Code.OFFICE_CLOSED, "No more numbers are given out today.")
    if state.status is DayStatus.NONE and not _has_opened(office, now):
        raise Rejected(Code.OFFICE_CLOSED, "The office has not opened yet.")


def _has_opened(office: Office, now: datetime) -> bool:
    """Tell whether it is between the opening and the end of a day of service, breaks included."""
    calendar = office.calendar
    today = calendar.local_date(now)
    spans = calendar.hours.spans(today)
    return (
        calendar.is_working_day(today) and bool(spans) and now >= calendar.at(today, spans[0].start)
    )


def called(command: CallNext, state: State) -> list[Event]:
    """Who is next by the lane rule; nothing if nobody waits."""
    office, counter = command.office, command.counter
    guards.staff_of(command.caller, office)
    guards.counter_of(office, counter, command.stop)
    guards.served_now(state)
    guards.idle(state, counter)
    found = next_at(state, command.stop, counter, office.queue.priority_in_a_row)
    if found is None:
        return []
    ticket = state.tickets[found.ticket_id]
    call = TicketCalled(
        ticket_id=found.ticket_id,
        number=ticket.number,
        lane=ticket.lane,
        stop=command.stop,
        counter=counter,
        officer_id=command.caller.id,
        attempt=1,
        overtook=found.overtook,
        overtake_reason=found.reason,
        missed_at=_missed_at(office, command.now, attempt=1),
    )
    return [call]


def recalled(command: Recall, state: State) -> list[Event]:
    """Not too soon after the call before, and not too often."""
    guards.staff_of(command.caller, command.office)
    ticket = guards.ticket_of(state, command)
    guards.in_status(ticket, *CALLED.values())
    guards.owned(ticket, command.caller)
    guards.served_now(state)
    policy = command.office.queue
    if ticket.attempts >= policy.calls:
        raise Rejected(Code.NO_CALLS_LEFT, f"It was called {ticket.attempts} times.")
    again = (ticket.called_at or command.now) + timedelta(seconds=policy.recall_after_s)
    if command.now < again:
        raise Rejected(
            Code.RECALL_TOO_SOON, f"Wait {policy.recall_after_s} seconds between two calls."
        )
    call = TicketRecalled(
        ticket_id=command.ticket_id,
        number=ticket.number,
        stop=ticket.stop,
        counter=ticket.counter or "",
        attempt=ticket.attempts + 1,
        missed_at=_missed_at(command.office, command.now, ticket.attempts + 1),
    )
    return [call]


def _missed_at(office: Office, now: datetime, attempt: int) -> datetime | None:
    last = attempt >= office.queue.calls
    return now + timedelta(seconds=office.queue.missed_after_s) if last else None


def missed(command: Miss | MissByTime, state: State) -> list[Event]:
    """After the last call: by the officer, or by the clock if nobody said anything since."""
    if isinstance(command, MissByTime):
        ticket = state.tickets.get(command.ticket_id)
        if ticket is None or ticket.called_at != command.called_at:
            return []
        if ticket.status not in CALLED.values() or state.status is DayStatus.SUSPENDED:
            return []  # nobody could begin: afterwards the officer says whether they are there
    else:
        guards.staff_of(command.caller, command.office)
        ticket = guards.ticket_of(state, command)
        guards.in_status(ticket, *CALLED.values())
        guards.owned(ticket, command.caller)
        if ticket.attempts < command.office.queue.calls:
            raise Rejected(Code.CALLS_LEFT, f"Call it {command.office.queue.calls} times first.")
    miss = TicketMissed(
        ticket_id=command.ticket_id,
        number=ticket.number,
        stop=ticket.stop,
        counter=ticket.counter or "",
        attempt=ticket.attempts,
    )
    return [miss]


def reinstated(command: Reinstate, state: State) -> list[Event]:
    """Who came after all waits again, behind the one who is next; on the same day, and soon."""
    guards.staff_of(command.caller, command.office)
    ticket = guards.ticket_of(state, command)
    guards.in_status(ticket, Status.NO_SHOW)
    if state.closing or state.status is DayStatus.CLOSED:
        raise Rejected(Code.OFFICE_CLOSED, "The day is closing.")
    minutes = command.office.queue.reinstate_within_min
    if command.now > (ticket.missed_at or command.now) + timedelta(minutes=minutes):
        raise Rejected(Code.TOO_LATE, f"It was missed more than {minutes} minutes ago.")
    waiting = state.rows.get(row_of(ticket), ())
    back = TicketReinstated(
        ticket_id=command.ticket_id,
        number=ticket.number,
        stop=ticket.stop,
        after=waiting[0] if waiting else None,
    )
    return [back]


def cancelled(command: CancelTicket, state: State) -> list[Event]:
    """By who holds it, or an officer; not once it is served."""
    if not command.holds_token:
        guards.staff_of(command.caller, command.office)
    ticket = guards.ticket_of(state, command)
    if ticket.status is Status.CANCELLED:
        return []
    guards.in_status(
        ticket,
        Status.WAITING_FRONT_OFFICE,
        Status.CALLED_FRONT_OFFICE,
        Status.AT_FRONT_OFFICE,
        Status.WAITING_DESK,
        Status.CALLED_DESK,
    )
    return [TicketCancelled(ticket_id=command.ticket_id, number=ticket.number)]
