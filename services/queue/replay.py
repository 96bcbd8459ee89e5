"""A day's visitors once more, at other desks or by another lane rule; no clock, no chance.

What happened before the row of the desks, the suspensions and the closing are those of the facts.
Who is called, who waited too long and who expires is decided by the rules of `decider.py`.

Supposed is that every desk is there in all opening hours, and after them until the day is closed;
that a free one calls at once, but nobody in a break; that a service is done in one piece, though it
was held or transferred; that who did not come does not come whenever called; and that who went home
from the row does so at the same time, if they still wait.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from typing import Any

from contracts.errors import Rejected
from host.caller import Caller
from kernel.facts import Fact
from offices.office import Office
from offices.service_minutes import ServiceMinutes
from services.queue import commands, day
from services.queue.decider import decide
from services.queue.desk_script import Script, Vain
from services.queue.desk_ways import Happening
from services.queue.events import (
    ClosingBegun,
    Event,
    RegistrationStarted,
    ServiceDayOpened,
    ServiceResumed,
    ServiceSuspended,
    Stop,
    TicketCalled,
    TicketCancelled,
    TicketIssued,
    TicketMissed,
    TicketQueuedForDesk,
    TicketRecalled,
    TicketReinstated,
)
from services.queue.evolve import after, evolve
from services.queue.state import DayStatus, State, Status

Step = Callable[[datetime], None]


def with_desks(office: Office, desks: int, priority_in_a_row: int) -> Office:
    """Return the office with so many desks and no other counter, and this lane rule."""
    counters = {f"desk {n}": str(Stop.DESK) for n in range(1, desks + 1)}
    policy = replace(office.queue, priority_in_a_row=priority_in_a_row)
    return replace(office, counters=counters, queue=policy)


class Replay:
    """One replay: `run` it, then look at `state` and at what `happened`."""

    def __init__(self, office: Office, scripts: Mapping[str, Script]) -> None:
        self.state = State()
        self.happened: list[Happening] = []
        self._office = office
        self._who = Caller(role="supervisor", id="replay", offices=(office.id,))
        self._scripts = scripts
        self._calls = Counter[str]()
        self._arrived: list[str] = []  # at the desk, but nobody is served now
        self._given_up: list[tuple[str, Vain]] = []  # likewise, nobody is missed
        self._agenda: list[tuple[datetime, int, Step]] = []
        self._steps = 0
        self._hours = ServiceMinutes(())

    def run(self, facts: Iterable[Fact], until: datetime | None) -> None:
        """Replay the facts of a day, none earlier than the one before it, up to a moment."""
        for fact in facts:
            self._plan(fact)
        for ticket_id, script in self._scripts.items():
            if script.went_at is not None:
                self._at(script.went_at, partial(self._go_home, ticket_id))
        while self._agenda and (until is None or self._agenda[0][0] <= until):
            now = self._agenda[0][0]
            while self._agenda and self._agenda[0][0] == now:
                heappop(self._agenda)[2](now)
            self._serve(now)

    def _plan(self, fact: Fact) -> None:
        event, at = fact.event, fact.occurred_at
        match event:
            case ServiceDayOpened():
                self._hours = ServiceMinutes.of(self._office.calendar, event.service_date)
                self._at(at, partial(self._given, fact))
                for stretch in self._hours.stretches:
                    self._at(stretch.start, _look)
                self._at(event.ends_at, self._end)
            case ClosingBegun() if event.reason != "date_over":
                self._at(at, self._close)
            case _ if self._is_given(event):
                self._at(at, partial(self._given, fact))
            case _:
                pass

    def _is_given(self, event: Any) -> bool:
        match event:
            case TicketIssued() | RegistrationStarted() | TicketQueuedForDesk():
                return True
            case ServiceSuspended() | ServiceResumed():
                return True
            case TicketCalled() | TicketRecalled() | TicketMissed() | TicketReinstated():
                return event.stop is Stop.FRONT_OFFICE
            case TicketCancelled():
                return event.ticket_id not in self._scripts
        return False

    def _at(self, at: datetime, step: Step) -> None:
        """Plan a step; those of one moment are taken in the order in which they were planned."""
        self._steps += 1
        heappush(self._agenda, (at, self._steps, step))

    def _given(self, fact: Fact, now: datetime) -> None:
        status = self.state.status  # the day may have ended at another time than it did
        if isinstance(fact.event, ServiceSuspended) and status is not DayStatus.OPEN:
            return
        if isinstance(fact.event, ServiceResumed) and status is not DayStatus.SUSPENDED:
            return
        self.state = evolve(self.state, fact)
        self.happened.append((now, fact.event))
        self._take_in(day.ended(self.state), now)  # who else is under way is decided here
        if isinstance(fact.event, ServiceResumed):
            given_up, self._given_up = self._given_up, []
            for ticket_id, vain in given_up:
                self._in_vain(ticket_id, vain, now)

    def _do(self, kind: type[Any], now: datetime, **words: Any) -> None:
        self._take_in(decide(kind(now=now, office=self._office, **words), self.state), now)

    def _take_in(self, events: list[Event], now: datetime) -> None:
        self.state = after(self.state, events, now)
        self.happened += [(now, event) for event in events]

    def _ask(self, kind: type[Any], now: datetime, **words: Any) -> None:
        self._do(kind, now, caller=self._who, **words)

    def _close(self, now: datetime) -> None:
        self._do(commands.CloseByTime, now)

    def _end(self, now: datetime) -> None:
        self._do(commands.EndByTime, now)
        self._agenda.clear()

    def _serve(self, now: datetime) -> None:
        """Begin with those who have come to a desk, and have each free desk call."""
        if self.state.status is not DayStatus.OPEN:
            return
        arrived, self._arrived = self._arrived, []
        for ticket_id in arrived:
            self._ask(commands.Start, now, ticket_id=ticket_id)
            self._at(
                now + self._scripts[ticket_id].service,
                partial(self._ask, commands.Finish, ticket_id=ticket_id),
            )
        if self._desks_call(now):
            for desk in self._office.counters:
                if desk not in self.state.counters and not self._call(desk, now):
                    break

    def _desks_call(self, now: datetime) -> bool:
        open_ = self._hours.stretches
        return not open_ or now >= open_[-1].end or any(s.start <= now < s.end for s in open_)

    def _call(self, desk: str, now: datetime) -> bool:
        self._ask(commands.CallNext, now, counter=desk, stop=Stop.DESK)
        ticket_id = self.state.counters.get(desk)
        if ticket_id is None:
            return False
        script, calls = self._scripts[ticket_id], self._calls[ticket_id]
        self._calls[ticket_id] += 1
        if calls < len(script.vain):
            vain = script.vain[calls]
            self._at(now + vain.lasted, partial(self._in_vain, ticket_id, vain))
        else:
            self._at(now + script.walk, lambda _: self._arrived.append(ticket_id))
        return True

    def _in_vain(self, ticket_id: str, vain: Vain, now: datetime) -> None:
        if self.state.status is DayStatus.SUSPENDED:  # nobody is missed while nobody could begin
            self._given_up.append((ticket_id, vain))
            return
        called_at = self.state.tickets[ticket_id].called_at
        self._do(commands.MissByTime, now, ticket_id=ticket_id, called_at=called_at)
        if vain.back_after is not None:
            self._at(now + vain.back_after, partial(self._come_back, ticket_id))

    def _come_back(self, ticket_id: str, now: datetime) -> None:
        with suppress(Rejected):  # the day is closing
            self._ask(commands.Reinstate, now, ticket_id=ticket_id)

    def _go_home(self, ticket_id: str, now: datetime) -> None:
        if self.state.tickets[ticket_id].status is Status.WAITING_DESK:
            self._ask(commands.CancelTicket, now, ticket_id=ticket_id)


def _look(_now: datetime) -> None:
    """Nothing happens but that the desks look who waits."""
