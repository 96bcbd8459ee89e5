"""The 10-minute rule, as a clock in each lane that spans two tickets.

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
from services.queue.state import DayStatus, State, Status, Ticket, ahead_of, row_name


@dataclass(frozen=True)
class Waited:
    """How long somebody waited for the beginning, by the rule; `waited` in service minutes."""

    t0: datetime
    waited: timedelta
    within_limit: bool


def waited(ticket: Ticket, state: State, now: datetime, office: Office) -> Waited:
    """Return it for a ticket that was called to a desk and begins now."""
    minutes = _minutes(state, office)
    begun = _t0(ticket, ticket.ahead, state, minutes)
    t0 = now if begun is None else min(begun, now)
    ran = minutes.between(t0, now)
    return Waited(t0, ran, ran <= timedelta(minutes=office.queue.start_limit_min))


def changes(
    before: State, now: State, office: Office
) -> Iterator[StartLimitSet | StartLimitStopped]:
    """Yield how the clocks of the lanes change when one state follows the other."""
    for lane in Lane:
        running, runs = before.clocks.get(lane), _clock(now, lane, office)
        if runs is None:
            if running is not None:
                yield StartLimitStopped(ticket_id=running.ticket_id, lane=lane)
        elif running is None or not _same(runs, running):
            yield runs


def told(command: TellLimit, state: State) -> list[Event]:
    """Each once, and only while those ten minutes still run; who is over is not warned any more."""
    same = (
        c for c in state.clocks.values() if (c.ticket_id, c.t0) == (command.ticket_id, command.t0)
    )
    clock = next(same, None)
    if clock is None:
        return []
    ticket = state.tickets[clock.ticket_id]
    if _passed(clock.ends_at, command.now):
        ahead = ticket.ahead if _awaited(ticket) else ahead_of(state, clock.ticket_id)
        breach = StartLimitBreached(ticket_id=clock.ticket_id, t0=clock.t0, ahead=ahead)
        return [] if ticket.breached else [breach]
    if not _passed(clock.warns_at, command.now):
        return []
    desks = [c for c in state.desks if c not in state.counters]
    return [StartLimitApproaching(ticket_id=clock.ticket_id, counter_open=bool(desks))]


def _passed(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now >= moment


def _same(event: StartLimitSet, running: object) -> bool:
    fields = ("ticket_id", "t0", "warns_at", "ends_at")
    return all(getattr(event, name) == getattr(running, name) for name in fields)


def _clock(state: State, lane: Lane, office: Office) -> StartLimitSet | None:
    if state.status is not DayStatus.OPEN:
        return None
    found = _concerned(state, lane)
    if found is None:
        return None
    ticket_id, ahead = found
    minutes = _minutes(state, office)
    t0 = _t0(state.tickets[ticket_id], ahead, state, minutes)
    if t0 is None:
        return None
    policy, warned = office.queue, state.tickets[ticket_id].warned
    warning = timedelta(minutes=policy.start_warning_min)
    return StartLimitSet(
        ticket_id=ticket_id,
        lane=lane,
        t0=t0,
        warns_at=None if warned else minutes.after(t0, warning),
        ends_at=minutes.after(t0, timedelta(minutes=policy.start_limit_min)),
    )


def _concerned(state: State, lane: Lane) -> tuple[str, str | None] | None:
    """Return whose clock may run, and who is ahead: one called but not begun, or the first."""
    last = state.last_called.get(lane)
    if last is not None and _awaited(state.tickets[last]):
        return last, state.tickets[last].ahead
    waiting = state.rows.get(row_name(Stop.DESK, lane), ())
    return (waiting[0], ahead_of(state, waiting[0])) if waiting else None


def _awaited(ticket: Ticket) -> bool:
    return ticket.status is Status.CALLED_DESK and ticket.takes_its_turn


def _t0(
    ticket: Ticket, ahead: str | None, state: State, minutes: ServiceMinutes
) -> datetime | None:
    """Return when the ten minutes began; None while the one ahead is at a desk."""
    begins = ticket.arrived_at
    if ahead is not None:
        left_at = state.tickets[ahead].left_at
        if left_at is None:
            return None
        begins = max(begins, left_at)
    return minutes.begins(begins)


def _minutes(state: State, office: Office) -> ServiceMinutes:
    if state.service_date is None:
        return ServiceMinutes(())
    return ServiceMinutes.of(office.calendar, state.service_date, state.suspensions)
