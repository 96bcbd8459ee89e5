"""A service day as the tests of its rules play it: one command after the other, by local time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest

from contracts.errors import Code, Rejected
from host.caller import Caller
from kernel.facts import Fact
from kernel.vault import Vault
from kernel.views import View
from offices.office import Office, load_offices
from services.queue import commands, decider
from services.queue.events import (
    Estimate,
    Event,
    HourEstimate,
    Lane,
    Stop,
    TicketCalled,
    TicketIssued,
)
from services.queue.evolve import applied
from services.queue.schemas import TYPES
from services.queue.state import State, Ticket

OFFICE = load_offices(Path(__file__).parents[2] / "deploy/offices")["1471"]
MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)

KIOSK = Caller(role="kiosk", id="kiosk-1", offices=("1471",))
BUDI = Caller(role="officer", id="budi", offices=("1471",))
ANI = Caller(role="officer", id="ani", offices=("1471",))
SARI = Caller(role="supervisor", id="sari", offices=("1471",))
ELSEWHERE = Caller(role="officer", id="cici", offices=("3171",))
VISITOR = Caller(role="service_user", id="siti")

BOOK: dict[str, Any] = {
    "name": "Siti Rahma",
    "email": "siti@example.com",
    "phone": None,
    "sex": "female",
    "birth_year": "2001",
    "education": "d4_s1",
    "occupation": "student",
    "institution": "Universitas Riau",
    "purpose": "Skripsi",
    "institution_category": "education_research_domestic",
    "use": "school_assignment",
    "services": ("consultation",),
    "means": ("visit",),
    "identity_type": "ktp",
    "identity_checked": True,
    "no_email_reason": None,
    "notice_version": "2026-1",
    "codes_version": "1",
}


def office(**queue: Any) -> Office:
    """Return the office of Pekanbaru with two desks, and other values of its queue."""
    counters = {"FO-1": "front_office", "K-1": "desk", "K-2": "desk"}
    return replace(OFFICE, queue=replace(OFFICE.queue, **queue), counters=counters)


def refused(code: Code, do: Callable[..., Any], *args: Any, **words: Any) -> None:
    """Assert that it is refused with this code."""
    with pytest.raises(Rejected) as refusal:
        do(*args, **words)
    assert refusal.value.code is code


def estimate(lane: Lane, clock: str, p90_s: int, p50_s: int = 60) -> HourEstimate:
    """Return what is told with the numbers of an hour of Monday."""
    begins = OFFICE.calendar.at(MONDAY, time.fromisoformat(clock))
    told = Estimate(p50_s=p50_s, p90_s=p90_s)
    return HourEstimate(lane=lane, begins=begins, ends=begins + timedelta(hours=1), estimate=told)


class Day:
    """A day in play: `at("09:00")` sets the clock, the verbs decide and take the facts in."""

    def __init__(
        self,
        on: date = MONDAY,
        clock: str = "08:00",
        estimates: tuple[HourEstimate, ...] = (),
        **queue: Any,
    ) -> None:
        self.office = office(**queue)
        self.estimates = estimates
        self.date = on
        self.state = State()
        self.log: list[tuple[datetime, Event]] = []
        self.at(clock)

    def at(self, clock: str) -> "Day":
        """Set the local time."""
        self.now = self.office.calendar.at(self.date, time.fromisoformat(clock))
        return self

    def later(self, **by: float) -> "Day":
        """Move on."""
        self.now += timedelta(**by)
        return self

    def do(self, kind: type[Any], by: Caller | None = BUDI, **words: Any) -> list[Event]:
        """Decide one command, and take in what follows."""
        if by is not None:
            words["caller"] = by
        events = decider.decide(kind(now=self.now, office=self.office, **words), self.state)
        for event in events:
            self.state = applied(self.state, event, self.now)
            self.log.append((self.now, event))
        return events

    def issue(self, lane: Lane = Lane.REGULAR, reason: str | None = None) -> str:
        """Take a number; its ticket id."""
        ticket_id = f"t{len(self.state.tickets) + 1}"
        if lane is Lane.PRIORITY:
            reason = reason or "elderly"
        words = {"lane": lane, "priority_reason": reason, "estimates": self.estimates}
        self.do(commands.Issue, KIOSK, ticket_id=ticket_id, **words)
        return ticket_id

    def call(self, counter: str = "K-1", by: Caller = BUDI, stop: Stop = Stop.DESK) -> str | None:
        """Call who is next; the ticket id."""
        events = self.do(commands.CallNext, by, counter=counter, stop=stop)
        return next((e.ticket_id for e in events if isinstance(e, TicketCalled)), None)

    def start(self, ticket_id: str, by: Caller = BUDI) -> Any:
        """Begin; the fact of it."""
        return self.do(commands.Start, by, ticket_id=ticket_id)[0]

    def finish(self, ticket_id: str, by: Caller = BUDI) -> Any:
        """Finish; the fact of it."""
        return self.do(commands.Finish, by, ticket_id=ticket_id)[0]

    def served(self, counter: str = "K-1", by: Caller = BUDI, minutes: int = 5) -> str:
        """Call, start and finish who is next."""
        ticket_id = self.call(counter, by)
        assert ticket_id is not None
        self.start(ticket_id, by)
        self.later(minutes=minutes)
        self.finish(ticket_id, by)
        return ticket_id

    def missed(self, counter: str = "K-1", by: Caller = BUDI) -> str:
        """Call who is next until they are missed; the ticket id."""
        ticket_id = self.call(counter, by)
        assert ticket_id is not None
        for _ in range(2):
            self.later(seconds=20).do(commands.Recall, by, ticket_id=ticket_id)
        self.do(commands.Miss, by, ticket_id=ticket_id)
        return ticket_id

    def sign(self, ticket_id: str, by: Caller = BUDI, **words: Any) -> list[Event]:
        """Sign the guest book, in other words here and there; only an officer sees a card."""
        book = BOOK | {"identity_checked": by.role != "kiosk"} | words
        ids = {"visit_id": f"v-{ticket_id}", "subject_id": f"s-{ticket_id}"}
        return self.do(commands.SignGuestBook, by, ticket_id=ticket_id, **ids, words=book)

    def ticket(self, ticket_id: str) -> Ticket:
        """Return where it stands."""
        return self.state.tickets[ticket_id]

    def facts(self) -> Iterator[Fact]:
        """Yield what has happened as the log gives it back: stored, and read again."""
        for number, (at, event) in enumerate(self.log, 1):
            stored = TYPES.encode(event, f"e-{number}", at, create_autospec(Vault))
            stored |= {"data": json.loads(json.dumps(stored["data"], default=str))}
            yield Fact(
                event=TYPES.decode(stored),
                event_id=f"e-{number}",
                name=stored["type"],
                occurred_at=at,
                stream=f"day-1471-{self.date}",
                sequence=number,
                position=number,
                recorded_at=at,
                office="1471",
                actor_kind="officer",
                actor_id="budi",
                correlation_id="",
                causation_id="",
            )

    def documents(self, view: View) -> list[dict[str, Any]]:
        """Return those of a view of this day."""
        made: dict[str, dict[str, Any]] = {}
        for fact in self.facts():
            if (key := view.key(fact)) is not None:
                made[key] = view.project(made.get(key), fact)
        return list(made.values())

    def numbers(self) -> list[str]:
        """Return all numbers in the order in which they were given out."""
        return [e.number for _, e in self.log if isinstance(e, TicketIssued)]

    def clock(self, lane: Lane = Lane.REGULAR) -> tuple[str, str, str | None] | None:
        """Return whose ten minutes run in a lane: ticket, since and until when, in local time.

        If several do, of the one who is next to be called.
        """
        running = {t: c for t, c in self.state.clocks.items() if self.ticket(t).lane is lane}
        if not running:
            return None
        ticket_id, clock = max(running.items(), key=lambda each: self.ticket(each[0]).is_waiting)
        ends = self._local(clock.ends_at) if clock.ends_at else None
        return ticket_id, self._local(clock.t0), ends

    def _local(self, moment: datetime) -> str:
        shift = self.office.calendar.at(self.date, time(0))
        return (datetime.combine(self.date, time(0)) + (moment - shift)).strftime("%H:%M")


def one_stop(**words: Any) -> Day:
    """Return a day at whose desk visitors wait at once."""
    return Day(single_stop=True, **words)
