"""Offices, people and steps for the tests of the walk-in queue."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from gateway import examples
from offices.office import load_offices
from tests.support import ROOT, Person, Stack, running

PEKANBARU, JAYAPURA = "1471", "9471"
DESKS = 50

BOOK = {**examples.GUEST_BOOK, "name": "Siti-PENANDA", "email": "siti-penanda@example.com"}
AT_KIOSK = {**BOOK, "identity_checked": False}  # no officer has seen the card


def write_offices(directory: Path) -> Path:
    """Write the deployed offices, that of Jayapura with fifty desks."""
    directory.mkdir(parents=True)
    pekanbaru, jayapura = (_deployed(office) for office in (PEKANBARU, JAYAPURA))
    jayapura["counters"] = [
        {"counter": f"K-{n}", "name": f"Meja {n}", "stop": "desk"} for n in range(1, DESKS + 1)
    ]
    jayapura["queue"]["tickets_a_day"] = 9_999
    for office in (pekanbaru, jayapura):
        text = yaml.safe_dump(office, allow_unicode=True, sort_keys=False)
        (directory / f"{office['office']}.yaml").write_text(text)
    return directory


def _deployed(office: str) -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load((ROOT / f"deploy/offices/{office}.yaml").read_text())
    return words


@contextmanager
def offices(tmp_path: Path) -> Iterator[Stack]:
    """Run a system with both, on a working day at nine o'clock in Pekanbaru, eleven in Jayapura."""
    directory = write_offices(tmp_path / "offices")
    unlimited = {"PST_RATE_LIMIT": "100000/second", "PST_STREAMS_PER_ADDRESS": "1000"}
    with running(tmp_path / "run", PST_OFFICES=str(directory), **unlimited) as stack:
        stack.travel_to(next_nine(stack, directory))
        yield stack


def next_nine(stack: Stack, directory: Path, office: str = PEKANBARU) -> datetime:
    """Return nine o'clock at an office on its next working day."""
    calendar = load_offices(directory)[office].calendar
    day = calendar.local_date(stack.now()) + timedelta(days=1)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return calendar.at(day, time(9))


class Office:
    """One office over HTTP, as its people use it."""

    def __init__(self, stack: Stack, office: str) -> None:
        self.stack = stack
        self.id = office
        self.kiosk = self.person("kiosk", "kiosk-1")
        self.budi = self.person("officer", "budi")
        self.sari = self.person("supervisor", "sari")

    def person(self, role: str, sub: str) -> Person:
        """Return somebody of this office."""
        return Person(self.stack.url, self.stack.token(role, sub, (self.id,)))

    def issue(self, **words: Any) -> dict[str, Any]:
        """Take a number."""
        answer = self.kiosk.post(f"/offices/{self.id}/tickets", words)
        assert answer.status_code == 201, answer.text
        ticket: dict[str, Any] = answer.json()
        return ticket

    def call_next(self, counter: str, by: Person | None = None, stop: str = "desk") -> Any:
        """Call who is next; the answer."""
        path = f"/offices/{self.id}/counters/{counter}/call-next"
        return (by or self.budi).post(path, {"stop": stop})

    def step(self, ticket: dict[str, Any], name: str, body: Any = None) -> dict[str, Any]:
        """Move a ticket on, by Budi."""
        answer = self.budi.post(f"/tickets/{ticket['ticket_id']}/{name}", body)
        assert answer.status_code == 200, answer.text
        moved: dict[str, Any] = answer.json()
        return moved

    def clear(self) -> None:
        """Send everybody home."""
        queue = self.budi.get(f"/offices/{self.id}/queue").json()
        for ticket in (*queue["waiting"], *queue["serving"]):
            name = "finish" if ticket["status"] == "in_service" else "cancel"
            assert self.sari.post(f"/tickets/{ticket['ticket_id']}/{name}").status_code == 200
