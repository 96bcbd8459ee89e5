"""The people of an office and its visitors: who presses what, and when.

Who is next, what may be done and how long somebody has waited are the queue service's to say.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from deploy.demo.agenda import Act, Agenda
from deploy.demo.visitors import Part, Visitor

Ticket = dict[str, Any]

BREATH = timedelta(seconds=20)
"""After who leaves a counter for another one."""

RECALL = timedelta(seconds=25)
MISSED = timedelta(seconds=61)
"""So long after the third call the clock has missed who did not come."""

COMES_BACK = timedelta(minutes=4)
NOTICED = timedelta(seconds=25)
"""After which an officer sees what they have done by mistake."""

DARK_AT, DARK_FOR = timedelta(hours=2, minutes=20), timedelta(minutes=15)
GIVES_UP = timedelta(minutes=9)
"""After the beginning of the power cut, the last of those who wait."""


class Calls(Protocol):
    """What the people ask of the queue service."""

    def issue(self, visitor: Visitor) -> Ticket:
        """Take a number at the kiosk."""

    def call_next(self, counter: str) -> Ticket | None:
        """Call who is next to a counter; None if nobody waits."""

    def step(self, counter: str, ticket: Ticket, name: str, body: Any = None) -> None:
        """Move a ticket on, by the officer of a counter."""

    def cancel(self, ticket: Ticket) -> None:
        """Wait no longer, by the token that came with the number."""

    def day(self, name: str, body: Any = None) -> None:
        """Move the day on, by the supervisor."""

    def waiting(self) -> list[Ticket]:
        """Return who waits."""


@dataclass
class Counter:
    """A counter, and whether its officer can call somebody."""

    name: str
    busy: bool = False


class Office:
    """One front office and two desks on one morning."""

    def __init__(self, calls: Calls, agenda: Agenda, front: str, desks: tuple[str, str]) -> None:
        self._calls = calls
        self._agenda = agenda
        self._front = Counter(front)
        self._desks = [Counter(name) for name in desks]
        self._visitors: dict[str, Visitor] = {}
        self._tickets: dict[str, Ticket] = {}
        self._needs: dict[str, timedelta] = {}
        """How much more of a desk's time, by ticket."""
        self._befallen: set[str] = set()
        """Whose part is played: from then on they are like anybody."""
        self._dark = False
        self._when_light: list[Act] = []

    def expect(self, visitors: tuple[Visitor, ...]) -> None:
        """Let the visitors come, and the light go out."""
        begins = self._agenda.now
        for visitor in visitors:
            self._agenda.at(begins + visitor.arrives, partial(self._comes, visitor))
        self._agenda.at(begins + DARK_AT, self._goes_dark)
        self._agenda.at(begins + DARK_AT + GIVES_UP, self._somebody_gives_up)
        self._agenda.at(begins + DARK_AT + DARK_FOR, self._is_light)

    def _comes(self, visitor: Visitor) -> None:
        ticket = self._calls.issue(visitor)
        self._visitors[ticket["ticket_id"]] = visitor
        self._tickets[ticket["ticket_id"]] = ticket
        self._needs[ticket["ticket_id"]] = visitor.served
        self._front_calls()

    # the front office

    def _front_calls(self) -> None:
        if (ticket := self._next(self._front)) is not None:
            self._agenda.after(self._of(ticket).walks, partial(self._registers, ticket))

    def _registers(self, ticket: Ticket) -> None:
        self._calls.step(self._front.name, ticket, "register")
        self._agenda.after(self._of(ticket).registers, partial(self._signs, ticket))

    def _signs(self, ticket: Ticket) -> None:
        self._calls.step(self._front.name, ticket, "guest-book", self._of(ticket).book)
        self._desks_call()
        self._agenda.after(BREATH, partial(self._is_free, self._front))

    # the desks

    def _desks_call(self) -> None:
        for desk in self._desks:
            self._desk_calls(desk)

    def _desk_calls(self, desk: Counter) -> None:
        if (ticket := self._next(desk)) is None:
            return
        if self._befalls(ticket, Part.NO_SHOW):
            self._agenda.after(RECALL, partial(self._calls_again, desk, ticket, 2))
        else:
            self._agenda.after(self._of(ticket).walks, partial(self._begins, desk, ticket))

    def _begins(self, desk: Counter, ticket: Ticket) -> None:
        if self._dark:
            self._when_light.append(partial(self._begins, desk, ticket))
            return
        self._calls.step(desk.name, ticket, "start")
        if self._befalls(ticket, Part.MISTAKE):
            self._agenda.after(self._half(ticket), partial(self._slips, desk, ticket))
        elif self._befalls(ticket, Part.TRANSFERRED):
            self._agenda.after(self._half(ticket), partial(self._moves, desk, ticket))
        else:
            self._goes_on(desk, ticket)

    def _goes_on(self, desk: Counter, ticket: Ticket) -> None:
        needed = self._needs[ticket["ticket_id"]]
        self._agenda.after(needed, partial(self._ends, desk, ticket))

    def _ends(self, desk: Counter, ticket: Ticket) -> None:
        self._calls.step(desk.name, ticket, "finish")
        self._agenda.after(self._of(ticket).written_up, partial(self._is_free, desk))

    def _is_free(self, counter: Counter) -> None:
        counter.busy = False
        if counter is self._front:
            self._front_calls()
        else:
            self._desk_calls(counter)

    # what does not go as planned

    def _calls_again(self, desk: Counter, ticket: Ticket, attempt: int) -> None:
        self._calls.step(desk.name, ticket, "recall")
        if attempt < 3:
            self._agenda.after(RECALL, partial(self._calls_again, desk, ticket, attempt + 1))
        else:
            self._agenda.after(MISSED, partial(self._is_free, desk))
            self._agenda.after(MISSED + COMES_BACK, partial(self._comes_back, ticket))

    def _comes_back(self, ticket: Ticket) -> None:
        self._calls.step(self._front.name, ticket, "reinstate")
        self._desks_call()

    def _slips(self, desk: Counter, ticket: Ticket) -> None:
        self._calls.step(desk.name, ticket, "finish")
        self._agenda.after(NOTICED, partial(self._sees_it, desk, ticket))

    def _sees_it(self, desk: Counter, ticket: Ticket) -> None:
        self._calls.step(desk.name, ticket, "undo-finish")
        self._goes_on(desk, ticket)

    def _moves(self, desk: Counter, ticket: Ticket) -> None:
        (other,) = (each for each in self._desks if each is not desk)
        self._calls.step(desk.name, ticket, "transfer", {"counter": other.name})
        self._agenda.after(BREATH, partial(self._is_free, desk))
        self._desk_calls(other)

    def _goes_dark(self) -> None:
        self._dark = True
        self._calls.day("suspend", {"reason_code": "power_cut"})

    def _somebody_gives_up(self) -> None:
        if waiting := self._calls.waiting():
            last = max(waiting, key=lambda ticket: str(ticket["issued_at"]))
            self._calls.cancel(self._tickets[last["ticket_id"]])

    def _is_light(self) -> None:
        self._calls.day("resume")
        self._dark = False
        for act in self._when_light:
            act()
        self._front_calls()
        self._desks_call()

    def _next(self, counter: Counter) -> Ticket | None:
        if counter.busy or self._dark:
            return None
        ticket = self._calls.call_next(counter.name)
        counter.busy = ticket is not None
        return ticket

    def _half(self, ticket: Ticket) -> timedelta:
        """Return half of what they need; the other half is to come."""
        self._needs[ticket["ticket_id"]] /= 2
        return self._needs[ticket["ticket_id"]]

    def _of(self, ticket: Ticket) -> Visitor:
        return self._visitors[ticket["ticket_id"]]

    def _befalls(self, ticket: Ticket, part: Part) -> bool:
        """Tell whether it is their part, and has not been played yet."""
        ticket_id = ticket["ticket_id"]
        if self._of(ticket).part is not part or ticket_id in self._befallen:
            return False
        self._befallen.add(ticket_id)
        return True
