"""The calls of one morning, over HTTP: by kiosk, officers, supervisor, and a visitor's phone."""

from typing import Any

from deploy.demo.office import Ticket
from deploy.demo.system import OFFICE
from deploy.demo.tour import Person, Tour
from deploy.demo.visitors import Part, Visitor
from deploy.problem import Problem

PATH = f"/offices/{OFFICE}"


class Counters:
    """One front office and two desks, and who sits there. The first visitor's calls are shown."""

    def __init__(self, tour: Tour) -> None:
        self._tour = tour
        self._stops = {each["counter"]: each["stop"] for each in tour.office["counters"]}
        self.front, *desks = (*self._at("front_office")[:1], *self._at("desk")[:2])
        if self._stops[self.front] != "front_office" or len(desks) < 2:
            raise Problem(
                f"The morning needs a front office and two desks, which office {OFFICE} does not"
                " have: see `counters` in its office file."
            )
        self.desks = (desks[0], desks[1])
        self._kiosk = tour.person("Kiosk", "kiosk", "kiosk-1", OFFICE)
        self._sari = tour.person("Sari", "supervisor", "sari", OFFICE)
        self.staff = {
            self.front: tour.person("Ani", "officer", "ani", OFFICE),
            self.desks[0]: tour.budi,
            self.desks[1]: tour.person("Citra", "officer", "citra", OFFICE),
        }
        self.parts: dict[str, Part] = {}
        """What is to befall whom, by ticket."""
        self.last = ""
        """The ticket that was moved on last."""
        self._tokens: dict[str, str] = {}

    def issue(self, visitor: Visitor) -> Ticket:
        """Take a number at the kiosk."""
        first = visitor.part is Part.PRIORITY
        body = {"lane": "priority", "priority_reason": "elderly"} if first else {}
        ticket = self._call(self._kiosk, f"{PATH}/tickets", body, visitor.part)
        self.parts[ticket["ticket_id"]] = visitor.part
        self._tokens[ticket["ticket_id"]] = ticket.pop("track_token")
        return ticket

    def call_next(self, counter: str) -> Ticket | None:
        """Call who is next to a counter; None if nobody waits."""
        path = f"{PATH}/counters/{counter}/call-next"
        return self._call(self.staff[counter], path, {"stop": self._stops[counter]}) or None

    def step(self, counter: str, ticket: Ticket, name: str, body: Any = None) -> None:
        """Move a ticket on, by the officer of a counter."""
        self._call(self.staff[counter], f"/tickets/{ticket['ticket_id']}/{name}", body)

    def cancel(self, ticket: Ticket) -> None:
        """Wait no longer; who holds the number's token needs no other."""
        token = self._tokens[ticket["ticket_id"]]
        path = f"/tickets/{ticket['ticket_id']}/cancel?token={token}"
        self._call(Person("Phone", ""), path, None)

    def day(self, name: str, body: Any = None) -> None:
        """Move the day on, by the supervisor."""
        self._call(self._sari, f"{PATH}/day/{name}", body)

    def waiting(self) -> list[Ticket]:
        """Return who waits."""
        tickets: list[Ticket] = self._get(f"{PATH}/queue")["waiting"]
        return tickets

    def board(self) -> dict[str, Any]:
        """Return what hangs on the wall."""
        return self._get(f"{PATH}/board")

    def _get(self, path: str) -> dict[str, Any]:
        return self._tour.call(self._tour.budi, "GET", path, show=False).body

    def _call(
        self, who: Person, path: str, body: Any, part: Part = Part.ORDINARY
    ) -> dict[str, Any]:
        answer = self._tour.call(who, "POST", path, body, show=False)
        self.last = answer.body.get("ticket_id", self.last)
        if self.parts.get(answer.body.get("ticket_id", ""), part) is Part.FIRST:
            self._tour.screen.call(who.name, "POST", f"/v1{path}", answer, body)
        return answer.body

    def _at(self, stop: str) -> list[str]:
        return [counter for counter, at in self._stops.items() if at == stop]
