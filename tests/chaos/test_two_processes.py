"""Two processes of one service: they share the work, and one of them leads."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import httpx
import pytest

from contracts.consultation import ConsultationSummarySchema
from tests.chaos.test_freezes import data, head, listed, publishable
from tests.chaos.test_kills import persistent
from tests.support import QUESTION, Stack, Subscriber, eventually, frozen, meanwhile

CLIENTS = 16
SUBMITS = 64
PLAYERS = 8
EACH = 6
BEGUN = 40
"""So many commits of the burst are there, not all of them relayed, when a process is frozen."""

FROZEN_S = 8
"""Longer than a lease, and than the gateway waits for an answer."""

PATIENCE_S = 2
"""A player whose call waits for the frozen process asks again: the other answers."""


@pytest.fixture(scope="module", autouse=True)
def second(stack) -> Iterator[int]:
    """Another process of the consultation service."""
    with stack.another("consultation") as pid:
        yield pid


def test_numbers_have_no_gap_under_load(stack):
    """Everybody wants a number of the same register at once: nobody is turned away."""

    def submit(client: int) -> list[httpx.Response]:
        officer = stack.officer(f"loket-{client}")
        return [officer.post("/consultations", QUESTION) for _ in range(SUBMITS // CLIENTS)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(chain.from_iterable(pool.map(submit, range(CLIENTS))))
    assert [a.status_code for a in answers] == [201] * SUBMITS
    numbers = sorted(int(a.json()["number"].rpartition("-")[2]) for a in answers)
    assert numbers == list(range(numbers[0], numbers[0] + SUBMITS))


def test_leader_frozen_and_awake_again_does_no_harm(stack, second):
    """The other takes over; what the late one still does changes nothing."""
    stack.submit()
    eventually(lambda: stack.caught_up("consultation"))
    before = head(stack)
    reached = meanwhile(lambda: relayed(stack))
    with stack.subscriber("*.consultation.*") as subscriber, reached as seen:
        with ThreadPoolExecutor(PLAYERS) as pool:
            plays = [pool.submit(play, stack, f"beku-{n}") for n in range(PLAYERS)]
            eventually(lambda: head(stack) > before + BEGUN)
            freeze_leader(stack, stack.control.pid("consultation"), second)
            keys = [key for played in plays for key in played.result()]
        keys += play(stack, "beku")  # all awake
        eventually(lambda: stack.caught_up("consultation"), within=60)
        stored = publishable(stack, after=before)
        assert told(subscriber) == stored
    assert set(keys) <= stored.keys()
    assert seen == sorted(seen), "the checkpoint moved back"
    rows, officer = {row["consultation_id"]: row for row in listed(stack)}, stack.officer()
    for key in keys:
        resource = officer.get(f"/consultations/{key}").json()
        shown = ConsultationSummarySchema().fields
        assert rows[key] == {name: resource[name] for name in shown}


def play(stack: Stack, officer_id: str) -> list[str]:
    """Play one consultation after the other; return their ids."""
    officer, keys = stack.officer(officer_id), []
    officer.http.timeout = PATIENCE_S
    for n in range(EACH):
        contact = {"name": "Siti", "email": f"{officer_id}-{n}@example.com"}
        resource = persistent(officer, "/consultations", {**QUESTION, "contact": contact})
        path = f"/consultations/{resource['consultation_id']}"
        persistent(officer, f"{path}/accept", {})
        persistent(officer, f"{path}/messages", {"text": "Ini jawabannya."})
        persistent(officer, f"{path}/close", {"reason": "resolved"})
        keys.append(resource["consultation_id"])
    return keys


def freeze_leader(stack: Stack, *pids: int) -> None:
    """Freeze who leads for a while: the one from whom the lease passes to another."""
    for pid in pids:
        holder = lease(stack)["holder"]
        with frozen(pid):
            time.sleep(FROZEN_S)  # how long it stands still is what is tested
        if lease(stack)["holder"] != holder:
            return
    raise AssertionError("none of them led")


def lease(stack: Stack) -> dict[str, Any]:
    """Return who leads the consultation service."""
    found: dict[str, Any] = data(stack)["leases"].find_one("leader")
    return found


def relayed(stack: Stack) -> int:
    """Return how far the relay says it has come."""
    return int(data(stack)["deadlines"].find_one("_checkpoint")["position"])


def told(subscriber: Subscriber) -> dict[str, list[str]]:
    """Subject → the ids of its events in the order in which they first arrived."""
    found: dict[str, dict[str, None]] = {}
    for _, event in subscriber.drain():
        found.setdefault(event["subject"], {})[event["id"]] = None
    return {subject: list(ids) for subject, ids in found.items()}
