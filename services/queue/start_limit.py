"""The 10-minute rule, as a clock of each ticket that spans two: its own and the one ahead.

Source: the published standard ("served at most 10 minutes after the previous visitor in the queue
was finished"). It runs in service minutes from `t0`: the latest of when the ticket directly ahead
in its lane left its desk, the ticket's own arrival in the row of the desk, and the opening of the
office or the end of its break. While the one ahead is still served it does not run at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from offices.office import Office
from offices.service_minutes import ServiceMinutes
from services.queue.commands import TellLimit
from services.queue.events import (
    Event,
    Lane,
    StartLimitApproaching,
    StartLimitBreached,
    StartLimitSet,
    StartLimitStopped,
    Stop,
)
from services.queue.state import (
    Clock,
    DayStatus,
    DeskCall,
    State,
    Status,
    Ticket,
    ahead_of,
    row_name,
)


@dataclass(frozen=True)
class Waited:
    """How long somebody waited for the beginning, by the rule; `waited` in service minutes."""

    t0: datetime
    waited: timedelta
    within_limit: bool


def waited(ticket: Ticket, state: State, now: datetime, office: Office) -> Waited:
    """Return it for a ticket that was called to a desk and begins now."""
    minutes = _minutes(state, office)
    begun = _t0(ticket, None if ticket.behind is None else state.calls[ticket.behind], minutes)
    t0 = now if begun is None else min(begun, now)
    ran = minutes.between(t0, now)
    return Waited(t0, ran, ran <= timedelta(minutes=office.queue.start_limit_min))


def changes(
    before: State, now: State, office: Office
) -> Iterator[StartLimitSet | StartLimitStopped]:
    """Yield how the clocks of the tickets change when one state follows the other."""
    clocks = dict(_clocks(now, office))
    for ticket_id in before.clocks:
        if ticket_id not in clocks:
            yield StartLimitStopped(ticket_id=ticket_id, lane=now.tickets[ticket_id].lane)
    for ticket_id, clock in clocks.items():
        if before.clocks.get(ticket_id) != clock:
            lane = now.tickets[ticket_id].lane
            yield StartLimitSet(ticket_id=ticket_id, lane=lane, **vars(clock))


def told(command: TellLimit, state: State) -> list[Event]:
    """Each once, and only while those ten minutes still run; who is over is not warned any more."""
    clock = state.clocks.get(command.ticket_id)
    if clock is None or clock.t0 != command.t0:
        return []
    ticket = state.tickets[command.ticket_id]
    if clock.ends_at is not None and command.now > clock.ends_at:
        ahead = ahead_of(state, command.ticket_id)
        who = ahead.ticket_id if ahead else None
        breach = StartLimitBreached(ticket_id=command.ticket_id, t0=clock.t0, ahead=who)
        return [] if ticket.breached_of == clock.t0 else [breach]
    if clock.warns_at is None or command.now < clock.warns_at:
        return []
    desks = [c for c in state.desks if c not in state.counters]
    return [StartLimitApproaching(ticket_id=command.ticket_id, counter_open=bool(desks))]


def _clocks(state: State, office: Office) -> Iterator[tuple[str, Clock]]:
    """Yield the ten minutes that run: of each who was called and has not begun, and who is next."""
    if state.status is not DayStatus.OPEN:
        return
    minutes, policy = _minutes(state, office), office.queue
    for ticket_id in _concerned(state):
        ticket = state.tickets[ticket_id]
        t0 = _t0(ticket, ahead_of(state, ticket_id), minutes)
        if t0 is None:
            continue
        warning = timedelta(minutes=policy.start_warning_min)
        yield (
            ticket_id,
            Clock(
                t0=t0,
                warns_at=None if ticket.warned_of == t0 else minutes.after(t0, warning),
                ends_at=minutes.after(t0, timedelta(minutes=policy.start_limit_min)),
            ),
        )


def _concerned(state: State) -> Iterator[str]:
    for ticket_id in state.counters.values():
        ticket = state.tickets[ticket_id]
        if ticket.status is Status.CALLED_DESK and ticket.takes_its_turn:
            yield ticket_id
    for lane in Lane:
        yield from state.rows.get(row_name(Stop.DESK, lane), ())[:1]


def _t0(ticket: Ticket, ahead: DeskCall | None, minutes: ServiceMinutes) -> datetime | None:
    """Return when the ten minutes began; None while the one ahead is at a desk."""
    if ahead is None:
        return minutes.begins(ticket.arrived_at)
    if ahead.left_at is None:
        return None
    return minutes.begins(max(ticket.arrived_at, ahead.left_at))


def _minutes(state: State, office: Office) -> ServiceMinutes:
    if state.service_date is None:
        return ServiceMinutes(())
    return ServiceMinutes.of(office.calendar, state.service_date, state.suspensions)
