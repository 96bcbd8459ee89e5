"""The demo's morning played against the rules alone: no HTTP, no broker, no database."""

from datetime import datetime
from typing import Any

from deploy.demo.agenda import Agenda
from deploy.demo.office import Office
from deploy.demo.visitors import Part, Visitor, drawn
from host.caller import Caller
from kernel.effects import Cancel, Schedule
from services.queue import commands
from services.queue.events import Lane, Outcome, Stop
from services.queue.reactions import react
from tests.support import fact
from tests.unit.service_day import ANI, BUDI, SARI, VISITOR, Day

CITRA = Caller(role="officer", id="citra", offices=("1471",))
STAFF = {"FO-1": ANI, "K-1": BUDI, "K-2": CITRA}
STEPS = {
    "register": commands.Register,
    "start": commands.Start,
    "undo-finish": commands.UndoFinish,
    "recall": commands.Recall,
    "reinstate": commands.Reinstate,
}


class InMemory:
    """The calls of a morning, and the clock by which they are made."""

    def __init__(self) -> None:
        self.rules = Day()
        self._reacted = 0
        self._dates: dict[str, tuple[datetime, dict[str, Any]]] = {}

    def until(self, moment: datetime) -> None:
        """Move the clock; what comes due before fires at its time."""
        self._take_up()
        while due := sorted((at, name) for name, (at, _) in self._dates.items() if at <= moment):
            self.rules.now, name = due[0]
            _, data = self._dates.pop(name)
            kind = type(commands.timed(name, data, self.rules.now, self.rules.office))
            self.rules.do(kind, None, **data)
            self._take_up()
        self.rules.now = max(self.rules.now, moment)

    def issue(self, visitor: Visitor) -> dict[str, Any]:
        first = visitor.part is Part.PRIORITY
        return self._ticket(self.rules.issue(Lane.PRIORITY if first else Lane.REGULAR))

    def call_next(self, counter: str) -> dict[str, Any] | None:
        stop = Stop(self.rules.office.counters[counter])
        ticket_id = self.rules.call(counter, STAFF[counter], stop)
        return None if ticket_id is None else self._ticket(ticket_id)

    def step(self, counter: str, ticket: dict[str, Any], name: str, body: Any = None) -> None:
        by, ticket_id = STAFF[counter], ticket["ticket_id"]
        match name:
            case "guest-book":
                self.rules.sign(ticket_id, by)
            case "transfer":
                to = body["counter"]
                self.rules.do(commands.Transfer, by, ticket_id=ticket_id, to_counter=to)
            case "finish":
                served = Outcome.SERVED
                self.rules.do(commands.Finish, by, ticket_id=ticket_id, outcome=served)
            case _:
                self.rules.do(STEPS[name], by, ticket_id=ticket_id)

    def cancel(self, ticket: dict[str, Any]) -> None:
        ticket_id = ticket["ticket_id"]
        self.rules.do(commands.CancelTicket, VISITOR, ticket_id=ticket_id, holds_token=True)

    def day(self, name: str, body: Any = None) -> None:
        kind = commands.Suspend if name == "suspend" else commands.Resume
        self.rules.do(kind, SARI, **body or {})

    def waiting(self) -> list[dict[str, Any]]:
        return [self._ticket(t) for t, each in self.rules.state.tickets.items() if each.is_waiting]

    def _ticket(self, ticket_id: str) -> dict[str, Any]:
        return {"ticket_id": ticket_id, **vars(self.rules.ticket(ticket_id))}

    def _take_up(self) -> None:
        """Set and drop dates, as the relay does."""
        for at, event in self.rules.log[self._reacted :]:
            for effect in react(fact(event, at=at)):
                if isinstance(effect, Schedule):
                    self._dates[effect.name] = (effect.at, effect.data)
                elif isinstance(effect, Cancel):
                    self._dates.pop(effect.name, None)
        self._reacted = len(self.rules.log)


def played(seed: str) -> Day:
    """Let the morning of a seed pass; return the day it made."""
    calls = InMemory()
    agenda = Agenda(calls.rules.now, calls.until)
    Office(calls, agenda, "FO-1", ("K-1", "K-2")).expect(drawn(seed))
    agenda.play()
    return calls.rules
