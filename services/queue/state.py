"""What decisions need to know of a service day, folded from its facts; no personal data."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never

from kernel.facts import Fact
from offices.service_minutes import Stretch
from services.queue.events import (
    ClosingBegun,
    ConsultationNoted,
    Event,
    GuestBookSigned,
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


class Status(StrEnum):
    """Where a ticket stands."""

    WAITING_FRONT_OFFICE = "waiting_front_office"
    CALLED_FRONT_OFFICE = "called_front_office"
    AT_FRONT_OFFICE = "at_front_office"
    WAITING_DESK = "waiting_desk"
    CALLED_DESK = "called_desk"
    IN_SERVICE = "in_service"
    AWAITING_FEEDBACK = "awaiting_feedback"
    FINISHED = "finished"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    REFERRED = "referred"
    EXPIRED = "expired"


WAITING = {
    Stop.FRONT_OFFICE: Status.WAITING_FRONT_OFFICE,
    Stop.DESK: Status.WAITING_DESK,
}
CALLED = {Stop.FRONT_OFFICE: Status.CALLED_FRONT_OFFICE, Stop.DESK: Status.CALLED_DESK}


UNDER_WAY = (
    Status.CALLED_FRONT_OFFICE,
    Status.AT_FRONT_OFFICE,
    Status.CALLED_DESK,
    Status.IN_SERVICE,
)


class DayStatus(StrEnum):
    """Where a service day stands."""

    NONE = ""
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One visitor's way. `arrived_at`: at the stop where they wait or were called from.

    Some fields are only read, not decided by: see docs/adr/0023-a-day-is-read-from-its-state.md.
    `left_at`: when they first left the desk they were called to in their turn, which is when the
    time of who is behind them begins; `ahead`: who was called to a desk before them, in their lane.
    """

    number: str
    lane: Lane
    priority_reason: str | None
    party_size: int
    status: Status
    stop: Stop
    issued_at: datetime
    arrived_at: datetime
    version: int = 1  # counts its facts: what `If-Match` on a ticket is compared with
    reinstated: bool = False
    to_counter: str | None = None
    counter: str | None = None
    last_counter: str | None = None
    officer_id: str | None = None
    attempts: int = 0
    called_at: datetime | None = None
    ahead: str | None = None
    subject_id: str | None = None
    started_at: datetime | None = None
    held_at: datetime | None = None
    held_s: int = 0
    left_at: datetime | None = None
    missed_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    waited_s: int | None = None
    t0: datetime | None = None
    within_limit: bool | None = None
    referrals: tuple[str, ...] = ()
    served_at: str | None = None  # the counter where the service began
    overtook: int = 0  # at its calls, in all
    overtake_reason: str | None = None
    warned: bool = False  # of the ten minutes, which are told of once
    breached: bool = False

    @property
    def is_waiting(self) -> bool:
        """Tell whether it stands in a row."""
        return self.status in WAITING.values()

    @property
    def takes_its_turn(self) -> bool:
        """Tell whether it stands in its lane, and was not sent to a certain counter."""
        return self.to_counter is None

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more is to be done for it today."""
        return not (self.is_waiting or self.status in UNDER_WAY)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The ten minutes that run in a lane."""

    ticket_id: str
    t0: datetime
    warns_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class State:
    """What decisions need. `rows`: who waits, first to last, by `row_of`."""

    status: DayStatus = DayStatus.NONE
    closing: bool = False
    office: str = ""
    service_date: date | None = None
    tickets: dict[str, Ticket] = field(default_factory=dict)
    rows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    counters: dict[str, str] = field(default_factory=dict)  # counter → ticket
    issued: dict[Lane, int] = field(default_factory=dict)  # lane → last serial
    priority_in_a_row: dict[Stop, int] = field(default_factory=dict)
    last_called: dict[Lane, str] = field(default_factory=dict)  # to a desk
    desks: tuple[str, ...] = ()  # at which somebody was called today
    clocks: dict[Lane, Clock] = field(default_factory=dict)
    suspensions: tuple[Stretch, ...] = ()
    suspended_at: datetime | None = None


def row_of(ticket: Ticket) -> str:
    """Return in which row a waiting ticket stands: its lane's, or a counter's own."""
    return row_name(ticket.stop, ticket.to_counter or ticket.lane)


def row_name(stop: Stop, name: str) -> str:
    """Name a row: of a lane, or of a counter that somebody was transferred to."""
    return f"{stop}/{name}"


def ahead_of(state: State, ticket_id: str) -> str | None:
    """Return who was called to a desk before somebody who waits for one, in their lane."""
    ticket = state.tickets[ticket_id]
    last = state.last_called.get(ticket.lane)
    return ticket.ahead if last == ticket_id else last  # who came back is not behind themselves


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
            return replace(state, status=DayStatus.OPEN, service_date=event.service_date)
        case ServiceSuspended():
            return replace(state, status=DayStatus.SUSPENDED, suspended_at=at)
        case ServiceResumed():
            return _service_resumed(state, at)
        case ClosingBegun():
            return replace(state, closing=True)
        case ServiceDayClosed():
            return replace(state, status=DayStatus.CLOSED, tickets=_finished(state.tickets))
        case StartLimitSet():
            clock = Clock(
                ticket_id=event.ticket_id,
                t0=event.t0,
                warns_at=event.warns_at,
                ends_at=event.ends_at,
            )
            return _with_clock(state, event.lane, clock)
        case StartLimitStopped():
            return _with_clock(state, event.lane, None)
        case StartLimitApproaching():
            return _put(state, event.ticket_id, warned=True)
        case StartLimitBreached():
            return _put(state, event.ticket_id, warned=True, breached=True)
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
            return _put(state, event.ticket_id, attempts=event.attempt, called_at=at)
        case TicketMissed():
            gone = _left(state, event.ticket_id, Status.NO_SHOW, at)
            return _put(gone, event.ticket_id, missed_at=at)
        case TicketReinstated():
            back = replace(ticket, reinstated=True, attempts=0)
            return _joins(_with(state, event.ticket_id, back), event.ticket_id, at, event.after)
        case RegistrationStarted():
            return _put(state, event.ticket_id, status=Status.AT_FRONT_OFFICE)
        case GuestBookSigned():
            return _put(state, event.ticket_id, subject_id=event.subject_id)
        case TicketQueuedForDesk():
            moved = replace(ticket, stop=Stop.DESK, attempts=0, officer_id=None)
            freed = _free(_out_of_row(state, event.ticket_id), ticket)
            return _joins(_with(freed, event.ticket_id, moved), event.ticket_id, at)
        case ServiceStarted():
            return _put(
                state,
                event.ticket_id,
                status=Status.IN_SERVICE,
                started_at=at,
                waited_s=event.waited_s,
                t0=event.t0,
                within_limit=event.within_limit,
                served_at=event.counter,
            )
        case TicketTransferred():
            freed = _free(state, ticket)
            moved = replace(_gone(ticket, at), to_counter=event.to_counter, attempts=0)
            return _joins(_with(freed, event.ticket_id, moved), event.ticket_id, at)
        case TicketHeld():
            held = replace(_gone(ticket, at), held_at=at)
            return _with(_free(state, ticket), event.ticket_id, held)
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
            first = ticket.left_at == ticket.finished_at  # nobody behind them counts from it now
            again = replace(
                ticket,
                status=Status.IN_SERVICE,
                counter=event.counter,
                left_at=None if first else ticket.left_at,
                finished_at=None,
                outcome=None,
            )
            return _occupied(_with(state, event.ticket_id, again), event.ticket_id, event.counter)
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
        overtook=ticket.overtook + event.overtook,
        overtake_reason=event.overtake_reason or ticket.overtake_reason,
    )
    state = _occupied(_out_of_row(state, event.ticket_id), event.ticket_id, event.counter)
    if ticket.to_counter is not None:  # out of turn: no lane has moved on
        return _with(state, event.ticket_id, called)
    run = state.priority_in_a_row.get(event.stop, 0) + 1 if ticket.lane is Lane.PRIORITY else 0
    state = replace(state, priority_in_a_row={**state.priority_in_a_row, event.stop: run})
    if event.stop is Stop.DESK:
        desks = state.desks if event.counter in state.desks else (*state.desks, event.counter)
        state = replace(state, desks=desks)
        called = replace(called, ahead=ahead_of(state, event.ticket_id), left_at=None)
        last = {**state.last_called, ticket.lane: event.ticket_id}
        state = replace(state, last_called=last)
    return _with(state, event.ticket_id, called)


def _left(state: State, ticket_id: str, status: Status, at: datetime) -> State:
    """It is over, wherever it stood."""
    ticket = state.tickets[ticket_id]
    gone = replace(_gone(ticket, at), status=status, held_at=None)
    return _with(_free(_out_of_row(state, ticket_id), ticket), ticket_id, gone)


def _gone(ticket: Ticket, at: datetime) -> Ticket:
    return replace(
        ticket,
        counter=None,
        last_counter=ticket.counter or ticket.last_counter,
        left_at=ticket.left_at or at,
    )


def _joins(state: State, ticket_id: str, at: datetime, behind: str | None = None) -> State:
    """Put a ticket at the end of its row, or behind somebody."""
    ticket = state.tickets[ticket_id]
    ticket = replace(
        ticket,
        status=WAITING[ticket.stop],
        counter=None,
        arrived_at=at,
        warned=False,
        breached=False,
    )
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


def _with_clock(state: State, lane: Lane, clock: Clock | None) -> State:
    clocks = {each: running for each, running in state.clocks.items() if each != lane}
    return replace(state, clocks=clocks | ({lane: clock} if clock else {}))


def _service_resumed(state: State, at: datetime) -> State:
    over = (Stretch(state.suspended_at, at),) if state.suspended_at else ()
    return replace(
        state,
        status=DayStatus.OPEN,
        suspensions=(*state.suspensions, *over),
        suspended_at=None,
    )
