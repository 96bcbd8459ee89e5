"""Fifty officers press at once, at two processes of the queue service, one of them killed."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from kernel.clock import new_id
from offices.office import load_offices
from services.queue.schemas import TYPES
from tests.e2e.walk_in import DESKS, JAYAPURA, Office, offices
from tests.lane_rule import check_lane_rule
from tests.support import Person, Stack, eventually

pytestmark = pytest.mark.alone  # as fast as it goes, and told so

ROUNDS = 20
KIOSKS = 200
SOME = 10
"""So many have been called when a process is killed."""
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def walk_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with offices(tmp_path_factory.mktemp("call-next")) as stack:
        yield stack


@pytest.fixture(scope="module")
def office(walk_in: Stack) -> Office:
    return Office(walk_in, JAYAPURA)


@pytest.fixture(scope="module")
def officers(office: Office) -> dict[str, Person]:
    return {f"K-{n}": office.person("officer", f"petugas-{n}") for n in range(1, DESKS + 1)}


class Patience:
    """Asks again, with the same key, whoever is told to come again; counts how often that was."""

    def __init__(self) -> None:
        self.repeats = 0

    def post(self, person: Person, path: str, body: dict[str, str]) -> Any:
        """Return what is answered in the end."""
        key, give_up = new_id(), time.monotonic() + PATIENCE_S
        while (answer := person.post(path, body, Idempotency_Key=key)).status_code == 503:
            assert time.monotonic() < give_up, answer.text
            self.repeats += 1
        return answer


@pytest.fixture
def patience() -> Patience:
    return Patience()


def pressed(patience: Patience, counter: str, officer: Person) -> Any:
    """Call who is next; None when nobody is left."""
    path = f"/offices/{JAYAPURA}/counters/{counter}/call-next"
    answer = patience.post(officer, path, {"stop": "desk"})
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.status_code == 200 else None


def served(patience: Patience, officers: dict[str, Person], ticket: dict[str, Any]) -> None:
    """Start and finish, by who has called."""
    for name in ("start", "finish"):
        path = f"/tickets/{ticket['ticket_id']}/{name}"
        answer = patience.post(officers[ticket["counter"]], path, {})
        assert answer.status_code == 200, answer.text


def one_round(
    office: Office, officers: dict[str, Person], count: int, patience: Patience, kill: bool
) -> None:
    """Issue so many, have everybody press at once, and look at what came of it."""
    lanes = [
        {"lane": "priority", "priority_reason": "elderly"} if n % 5 == 0 else {}
        for n in range(count)
    ]
    waiting = [office.issue(**words) for words in lanes]
    with ThreadPoolExecutor(DESKS) as pool:
        pressing = [pool.submit(pressed, patience, *each) for each in officers.items()]
        if kill:
            eventually(lambda: sum(p.done() for p in pressing) >= SOME, every=0.001)
            os.kill(office.stack.control.pid("queue") or 0, signal.SIGKILL)
            assert not all(p.done() for p in pressing)  # it was in the middle
        tickets = [ticket for p in pressing if (ticket := p.result())]
    assert len(tickets) == min(count, DESKS)
    assert len({t["ticket_id"] for t in tickets}) == len(tickets)
    assert len({t["counter"] for t in tickets}) == len(tickets)
    urgent = {t["ticket_id"] for t in waiting if t["lane"] == "priority"}
    assert urgent <= {t["ticket_id"] for t in tickets}
    regular = [t["ticket_id"] for t in waiting if t["lane"] == "regular"]
    got = {t["ticket_id"] for t in tickets} - urgent
    assert got == set(regular[: len(got)])  # none was skipped
    assert kill or not patience.repeats  # two processes are no reason to come again
    with ThreadPoolExecutor(DESKS) as pool:
        list(pool.map(partial(served, patience, officers), tickets))
    office.clear()


def test_nobody_gets_a_ticket_twice_and_none_is_skipped(
    walk_in: Stack, office: Office, officers: dict[str, Person]
) -> None:
    """40, 50 and 60 waiting in turns; in the middle one of two processes is killed."""
    office.sari.post(f"/offices/{JAYAPURA}/day/open")
    with walk_in.another("queue"):
        for number in range(ROUNDS):
            kill = number == ROUNDS // 2
            one_round(office, officers, (40, 50, 60)[number % 3], Patience(), kill)
    walk_in.pst("log", "verify", "queue")  # or it fails
    commits = walk_in.log_of("queue").find({}).sort("position", 1)
    events = [TYPES.decode(event) for commit in commits for event in commit["events"]]
    in_a_row = load_offices(walk_in.settings.offices)[JAYAPURA].queue.priority_in_a_row
    calls = sum(min((40, 50, 60)[n % 3], DESKS) for n in range(ROUNDS))
    assert check_lane_rule(events, in_a_row) == calls


def test_numbers_of_many_kiosks_have_no_gap(
    walk_in: Stack, office: Office, patience: Patience
) -> None:
    """Two hundred at once: unique, and one after the other by lane."""
    kiosks = [office.person("kiosk", f"kiosk-{n}") for n in range(KIOSKS)]

    def press(kiosk: Person) -> str:
        answer = patience.post(kiosk, f"/offices/{JAYAPURA}/tickets", {})
        assert answer.status_code == 201, answer.text
        number: str = answer.json()["number"]
        return number

    with walk_in.another("queue"), ThreadPoolExecutor(KIOSKS) as pool:
        numbers = sorted(int(number[1:]) for number in pool.map(press, kiosks))
    assert numbers == list(range(numbers[0], numbers[0] + KIOSKS))
