"""The state of a service day after one more fact: `evolve` never refuses and reads no clock."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from kernel.facts import Fact
from offices.service_minutes import Stretch
from services.queue.events import (
    ClosingBegun,
    ConsultationNoted,
    Event,
    GuestBookSigned,
    IdentityChecked,
    Lane,
    OfTicket,
    Outcome,
    ReferralGiven,
    RegistrationStarted,
    ServiceDayClosed,
    ServiceDayOpened,
    ServiceFinished,
    ServiceFinishUndone,
    ServiceResumed,
    ServiceStarted,
    ServiceSuspended,
    StartLimitApproaching,
    StartLimitBreached,
    StartLimitSet,
    StartLimitStopped,
    Stop,
    TicketCalled,
    TicketCancelled,
    TicketExpired,
    TicketHeld,
    TicketIssued,
    TicketMissed,
    TicketQueuedForDesk,
    TicketRecalled,
    TicketReinstated,
    TicketResumed,
    TicketTransferred,
)
from services.queue.state import (
    CALLED,
    WAITING,
    Clock,
    DayStatus,
    DeskCall,
    Shown,
    State,
    Status,
    Ticket,
    row_name,
    row_of,
)

RECENT = 3
"""So many calls hang on the board."""


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact."""
    if isinstance(fact.event, ServiceDayOpened):
        state = replace(state, office=fact.office)
    return applied(state, fact.event, fact.occurred_at)


def after(state: State, events: Iterable[Event], at: datetime) -> State:
    """Return the state as it will be when these have happened."""
    for event in events:
        state = applied(state, event, at)
    return state


def applied(state: State, event: Event, at: datetime) -> State:
    """Return the state after one event."""
    match event:
        case ServiceDayOpened():
            return replace(
                state,
                status=DayStatus.OPEN,
                service_date=event.service_date,
                estimates=event.estimates,
            )
        case ServiceSuspended():
            return replace(state, status=DayStatus.SUSPENDED, suspended_at=at)
        case ServiceResumed():
            return _service_resumed(state, at)
        case ClosingBegun():
            return replace(state, closing=True)
        case ServiceDayClosed():
            ended = replace(_service_resumed(state, at), tickets=_finished(state.tickets))
            return replace(ended, status=DayStatus.CLOSED)
        case StartLimitSet():
            clock = Clock(t0=event.t0, warns_at=event.warns_at, ends_at=event.ends_at)
            return replace(state, clocks={**state.clocks, event.ticket_id: clock})
        case StartLimitStopped():
            left = {t: clock for t, clock in state.clocks.items() if t != event.ticket_id}
            return replace(state, clocks=left)
        case StartLimitApproaching():
            return _put(state, event.ticket_id, warned_of=state.clocks[event.ticket_id].t0)
        case StartLimitBreached():
            counted = replace(state, breaches=state.breaches + 1)
            return _put(counted, event.ticket_id, warned_of=event.t0, breached_of=event.t0)
        case TicketIssued():
            return _issued(state, event, at)
        case _:
            changed = _ticket_changed(state, event, at)
            version = state.tickets[event.ticket_id].version + 1
            return _put(changed, event.ticket_id, version=version)


def _ticket_changed(state: State, event: OfTicket, at: datetime) -> State:
    """Replace one ticket, and put it in or take it out of rows and counters."""
    ticket = state.tickets[event.ticket_id]
    match event:
        case TicketCalled():
            return _called(state, event, ticket, at)
        case TicketRecalled():
            recalled = _put(state, event.ticket_id, attempts=event.attempt, called_at=at)
            return _shown(recalled, event, at)
        case TicketMissed():
            gone = _left(state, event.ticket_id, Status.NO_SHOW, at)
            return _put(gone, event.ticket_id, missed_at=at)
        case TicketReinstated():
            back = replace(ticket, reinstated=True, attempts=0)
            return _joins(_with(state, event.ticket_id, back), event.ticket_id, at, event.after)
        case RegistrationStarted():
            return _put(state, event.ticket_id, status=Status.AT_FRONT_OFFICE)
        case GuestBookSigned():
            checked = event.identity_checked
            return _put(
                state, event.ticket_id, subject_id=event.subject_id, identity_checked=checked
            )
        case IdentityChecked():
            return _put(state, event.ticket_id, identity_checked=True)
        case TicketQueuedForDesk():
            moved = replace(ticket, stop=Stop.DESK, attempts=0, officer_id=None, reinstated=False)
            freed = _free(_out_of_row(state, event.ticket_id), ticket)
            return _joins(_with(freed, event.ticket_id, moved), event.ticket_id, at)
        case ServiceStarted():
            return _with(state, event.ticket_id, _started(ticket, event, at))
        case TicketTransferred():
            freed = _out_of_row(_free(_call_over(state, ticket, at), ticket), event.ticket_id)
            moved = replace(
                _gone(ticket),
                to_counter=event.to_counter,
                attempts=0,
                away_since=ticket.away_since or at,
                behind=None,
            )
            return _joins(_with(freed, event.ticket_id, moved), event.ticket_id, at)
        case TicketHeld():
            held = replace(_gone(ticket), held_at=at)
            freed = _free(_call_over(state, ticket, at), ticket)
            return _with(freed, event.ticket_id, held)
        case TicketResumed():
            again = replace(
                ticket, held_at=None, held_s=ticket.held_s + event.held_s, counter=event.counter
            )
            return _occupied(_with(state, event.ticket_id, again), event.ticket_id, event.counter)
        case ServiceFinished():
            referred = event.outcome is Outcome.REFERRED
            status = Status.REFERRED if referred else Status.AWAITING_FEEDBACK
            gone = _left(state, event.ticket_id, status, at)
            return _put(gone, event.ticket_id, finished_at=at, outcome=event.outcome)
        case ServiceFinishUndone():
            return _undone(state, event, ticket)
        case TicketCancelled():
            return _left(state, event.ticket_id, Status.CANCELLED, at)
        case TicketExpired():
            return _left(state, event.ticket_id, Status.EXPIRED, at)
        case ReferralGiven():
            return _put(state, event.ticket_id, referrals=(*ticket.referrals, event.target))
        case ConsultationNoted():
            return state
    assert_never(event)


def _issued(state: State, event: TicketIssued, at: datetime) -> State:
    ticket = Ticket(
        number=event.number,
        lane=event.lane,
        priority_reason=event.priority_reason,
        party_size=event.party_size,
        status=WAITING[event.stop],
        stop=event.stop,
        issued_at=at,
        arrived_at=at,
        estimate=event.estimate,
    )
    serials = {**state.issued, event.lane: state.issued.get(event.lane, 0) + 1}
    counted = replace(_with(state, event.ticket_id, ticket), issued=serials)
    return _joins(counted, event.ticket_id, at)


def _finished(tickets: dict[str, Ticket]) -> dict[str, Ticket]:
    """Nobody is waited for any longer to say how it was."""
    return {
        ticket_id: replace(ticket, status=Status.FINISHED)
        if ticket.status is Status.AWAITING_FEEDBACK
        else ticket
        for ticket_id, ticket in tickets.items()
    }


def _called(state: State, event: TicketCalled, ticket: Ticket, at: datetime) -> State:
    called = replace(
        ticket,
        status=CALLED[event.stop],
        counter=event.counter,
        officer_id=event.officer_id,
        attempts=event.attempt,
        called_at=at,
    )
    state = _shown(_out_of_row(state, event.ticket_id), event, at)
    state = _occupied(state, event.ticket_id, event.counter)
    if ticket.to_counter is not None:  # out of turn: no lane has moved on
        return _with(state, event.ticket_id, called)
    waits_on = bool(state.rows.get(row_name(event.stop, Lane.REGULAR)))
    before = state.priority_in_a_row.get(event.stop, 0)
    run = before + 1 if ticket.lane is Lane.PRIORITY and waits_on else 0
    state = replace(state, priority_in_a_row={**state.priority_in_a_row, event.stop: run})
    if event.stop is Stop.DESK:
        desks = state.desks if event.counter in state.desks else (*state.desks, event.counter)
        state = replace(state, desks=desks)
        called = replace(called, call=len(state.calls), behind=_behind(state, ticket))
        state = replace(
            state,
            calls=(*state.calls, DeskCall(ticket_id=event.ticket_id)),
            last_call={**state.last_call, ticket.lane: len(state.calls)},
        )
    return _with(state, event.ticket_id, called)


def _shown(state: State, event: TicketCalled | TicketRecalled, at: datetime) -> State:
    """Hang a call on the board; one that is called again hangs there once."""
    call = Shown(number=event.number, counter=event.counter, stop=event.stop, called_at=at)
    others = (c for c in state.recent if (c.number, c.stop) != (call.number, call.stop))
    return replace(state, recent=(call, *others)[:RECENT])


def _started(ticket: Ticket, event: ServiceStarted, at: datetime) -> Ticket:
    """The promise is about the first time; who was sent to another desk goes on there."""
    if ticket.away_since is not None:
        away_s = max(0, int((at - ticket.away_since).total_seconds()))
        held_s = ticket.held_s + away_s
        return replace(ticket, status=Status.IN_SERVICE, held_s=held_s, away_since=None)
    return replace(
        ticket,
        status=Status.IN_SERVICE,
        started_at=at,
        waited_s=event.waited_s,
        t0=event.t0,
        within_limit=event.within_limit,
    )


def _left(state: State, ticket_id: str, status: Status, at: datetime) -> State:
    """It is over, wherever it stood."""
    ticket = state.tickets[ticket_id]
    state = _call_over(_out_of_row(state, ticket_id), ticket, at)
    return _with(_free(state, ticket), ticket_id, replace(_gone(ticket), status=status))


def _gone(ticket: Ticket) -> Ticket:
    return replace(ticket, counter=None, last_counter=ticket.counter or ticket.last_counter)


def _behind(state: State, ticket: Ticket) -> int | None:
    last = state.last_call.get(ticket.lane)
    return ticket.behind if last == ticket.call else last


def _call_over(state: State, ticket: Ticket, at: datetime) -> State:
    """Who is behind them waits since they first left the desk they were called to."""
    if ticket.call is None or state.calls[ticket.call].left_at is not None:
        return state
    return _with_call(state, ticket.call, at)


def _with_call(state: State, number: int, left_at: datetime | None) -> State:
    call = replace(state.calls[number], left_at=left_at)
    return replace(state, calls=(*state.calls[:number], call, *state.calls[number + 1 :]))


def _undone(state: State, event: ServiceFinishUndone, ticket: Ticket) -> State:
    """It goes on; if it was the finish that they left with, they have not left."""
    if ticket.call is not None and state.calls[ticket.call].left_at == ticket.finished_at:
        state = _with_call(state, ticket.call, None)
    held_at = ticket.held_at or ticket.finished_at if event.held else None
    again = replace(
        ticket, status=Status.IN_SERVICE, held_at=held_at, finished_at=None, outcome=None
    )
    if event.held:
        return _with(state, event.ticket_id, again)
    there = replace(again, counter=event.counter)
    return _occupied(_with(state, event.ticket_id, there), event.ticket_id, event.counter)


def _joins(state: State, ticket_id: str, at: datetime, behind: str | None = None) -> State:
    """Put a ticket at the end of its row, or behind somebody."""
    ticket = state.tickets[ticket_id]
    ticket = replace(
        ticket,
        status=WAITING[ticket.stop],
        counter=None,
        arrived_at=at,
        arrival=state.arrivals + 1,
    )
    state = replace(state, arrivals=state.arrivals + 1)
    name = row_of(ticket)
    waiting = state.rows.get(name, ())
    place = waiting.index(behind) + 1 if behind in waiting else len(waiting)
    rows = {**state.rows, name: (*waiting[:place], ticket_id, *waiting[place:])}
    return replace(_with(state, ticket_id, ticket), rows=rows)


def _out_of_row(state: State, ticket_id: str) -> State:
    name = row_of(state.tickets[ticket_id])
    left = tuple(each for each in state.rows.get(name, ()) if each != ticket_id)
    return replace(state, rows={**state.rows, name: left})


def _occupied(state: State, ticket_id: str, counter: str) -> State:
    return replace(state, counters={**state.counters, counter: ticket_id})


def _free(state: State, ticket: Ticket) -> State:
    left = {c: t for c, t in state.counters.items() if c != ticket.counter}
    return replace(state, counters=left)


def _put(state: State, ticket_id: str, **changes: object) -> State:
    return _with(state, ticket_id, replace(state.tickets[ticket_id], **changes))  # type: ignore[arg-type]  # fields by name


def _with(state: State, ticket_id: str, ticket: Ticket) -> State:
    return replace(state, tickets={**state.tickets, ticket_id: ticket})


def _service_resumed(state: State, at: datetime) -> State:
    over = (Stretch(state.suspended_at, at),) if state.suspended_at else ()
    return replace(
        state,
        status=DayStatus.OPEN,
        suspensions=(*state.suspensions, *over),
        suspended_at=None,
    )
