"""Opening, suspending and closing a service day."""

from collections import Counter
from datetime import datetime, timedelta

from contracts.errors import Code, Rejected
from offices.office import Office
from services.queue import guards
from services.queue.commands import CloseByTime, CloseDay, OpenDay, Resume, Suspend
from services.queue.events import (
    ClosingBegun,
    Event,
    HourEstimate,
    ServiceDayClosed,
    ServiceDayOpened,
    ServiceResumed,
    ServiceSuspended,
    TicketExpired,
)
from services.queue.state import DayStatus, State, Status

CLOSED, FORGOTTEN = "day_closed", "date_over"


def opening(office: Office, now: datetime, estimates: tuple[HourEstimate, ...]) -> ServiceDayOpened:
    """Return the fact that opens the day it is at the office."""
    calendar = office.calendar
    today = calendar.local_date(now)
    return ServiceDayOpened(
        service_date=today,
        calendar_version=calendar.version,
        closes_at=calendar.closing(today) + timedelta(minutes=office.queue.close_after_min),
        ends_at=calendar.end_of_day(today),
        estimates=estimates,
    )


def opened(command: OpenDay, state: State) -> list[Event]:
    """By the supervisor; early, and on a day off too. Opened already, it stays so."""
    guards.supervises(command.caller, command.office)
    if state.status is DayStatus.CLOSED:
        raise Rejected(Code.WRONG_STATE, "The day is closed.")
    if state.status is not DayStatus.NONE:
        return []
    begun = opening(command.office, command.now, command.estimates)
    if command.now >= begun.closes_at:
        raise Rejected(Code.OFFICE_CLOSED, "Service has ended for today.")
    return [begun]


def suspended(command: Suspend, state: State) -> list[Event]:
    """For a declared reason."""
    guards.supervises(command.caller, command.office)
    guards.served_now(state)
    return [ServiceSuspended(reason_code=command.reason_code)]


def resumed(command: Resume, state: State) -> list[Event]:
    """Only what was suspended."""
    guards.supervises(command.caller, command.office)
    if state.status is not DayStatus.SUSPENDED:
        raise Rejected(Code.WRONG_STATE, "Service is not suspended.")
    return [ServiceResumed()]


def closing(command: CloseDay | CloseByTime, state: State) -> list[Event]:
    """No more tickets; who waits expires or, by the office's policy, is still served."""
    if isinstance(command, CloseDay):
        guards.supervises(command.caller, command.office)
    if state.status in (DayStatus.NONE, DayStatus.CLOSED) or state.closing:
        if isinstance(command, CloseByTime):
            return []
        raise Rejected(Code.WRONG_STATE, "The day is not open.")
    begun = ClosingBegun(reason="closing_time" if isinstance(command, CloseByTime) else "asked")
    waits = command.office.queue.at_close == "serve"
    return [begun, *([] if waits else _expired(state, only_waiting=True))]


def over(state: State) -> list[Event]:
    """End what was forgotten when the local date ends."""
    if state.status in (DayStatus.NONE, DayStatus.CLOSED):
        return []
    begun = [] if state.closing else [ClosingBegun(reason="date_over")]
    return [*begun, *_expired(state, only_waiting=False)]


def ended(state: State) -> list[Event]:
    """Close a day that is closing, suspended or not, once nobody is under way any more."""
    if not state.closing or state.status not in (DayStatus.OPEN, DayStatus.SUSPENDED):
        return []
    if any(not ticket.has_ended for ticket in state.tickets.values()):
        return []
    return [ServiceDayClosed(counts=counts(state))]


def counts(state: State) -> dict[str, int]:
    """Return how many tickets there were, and how they ended."""
    found = Counter(_ended_as(ticket.status) for ticket in state.tickets.values())
    return {"issued": len(state.tickets), **{str(s): found[s] for s in ENDS}}


ENDS = (Status.FINISHED, Status.REFERRED, Status.NO_SHOW, Status.CANCELLED, Status.EXPIRED)


def _ended_as(status: Status) -> Status:
    return Status.FINISHED if status is Status.AWAITING_FEEDBACK else status


def _expired(state: State, only_waiting: bool) -> list[Event]:
    reason = CLOSED if only_waiting else FORGOTTEN
    return [
        TicketExpired(ticket_id=ticket_id, number=ticket.number, reason=reason)
        for ticket_id, ticket in state.tickets.items()
        if ticket.is_waiting or not (only_waiting or ticket.has_ended)
    ]
