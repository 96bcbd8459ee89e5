"""The board as a stream: at once, after each change, for hundreds, whatever goes away meanwhile."""

import json
import os
import re
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from contracts.errors import Code
from contracts.queue import BoardSchema
from deploy import ports
from gateway.openapi import describe
from gateway.service import GatewayService
from tests.api import problem
from tests.boards import boards
from tests.e2e.walk_in import JAYAPURA, PEKANBARU, Office
from tests.support import Stack, eventually

BOARDS = 500
CALLS = 30


@pytest.fixture(scope="module")
def pekanbaru(walk_in: Stack) -> Office:
    return Office(walk_in, PEKANBARU)


@pytest.fixture(scope="module")
def jayapura(walk_in: Stack) -> Office:
    return Office(walk_in, JAYAPURA)


class Board:
    """One stream as a client hears it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()
        self.last_id = ""

    def heard(self) -> dict[str, str]:
        """Return the fields of the next block; a comment has the name ""."""
        block: dict[str, str] = {}
        for line in self._lines:
            if not line:
                return block
            name, _, value = line.partition(":")
            block[name] = value.strip()
        raise EOFError

    def board(self) -> dict[str, Any]:
        """Return the next board."""
        while "data" not in (block := self.heard()):
            pass
        assert block["event"] == "board"
        self.last_id = block["id"]
        shown: dict[str, Any] = json.loads(block["data"])
        assert not BoardSchema().validate(shown)
        assert self.last_id == f"{shown['service_date']}/{shown['version']}"
        return shown


@contextmanager
def stream(office: Office, seen: str | None = None) -> Iterator[Board]:
    """Listen for a while; nothing for 20 seconds is a failure."""
    headers = {} if seen is None else {"Last-Event-ID": seen}
    place = f"{office.stack.url}/v1/offices/{office.id}/board/stream"
    with httpx.stream("GET", place, headers=headers, timeout=20) as response:
        assert response.status_code == 200
        yield Board(response)


def listening(stack: Stack) -> int:
    """Return how many streams the gateway says are open."""
    port = ports.load(stack.run_dir)["gateway"]
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    found = re.search(r'^pst_http_streams{stream="board"} (\S+)$', text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def test_board_comes_at_once_and_with_each_call(pekanbaru: Office) -> None:
    """A call is on the wall within a second; the last three stay."""
    with stream(pekanbaru) as wall:
        headers = wall.response.headers
        assert headers["Content-Type"] == "text/event-stream"
        assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-store", "no")
        assert re.fullmatch("[0-9a-f]{32}", headers["X-Correlation-ID"])
        assert int(wall.heard()["retry"]) >= 1000
        began = time.monotonic()
        wall.board()
        assert time.monotonic() - began < 1
        for _ in range(4):
            ticket = pekanbaru.issue()
            pekanbaru.call_next("FO-1", stop="front_office")
            began = time.monotonic()
            while ticket["number"] not in str(shown := wall.board()):
                pass
            assert time.monotonic() - began < 1
            assert shown["now_serving"][0]["counter"] == "FO-1"
            pekanbaru.step(ticket, "register")
            pekanbaru.step(ticket, "cancel")
        assert len(shown["recent_calls"]) == 3


def test_board_has_the_version_that_the_stream_names(pekanbaru: Office) -> None:
    """Who asks once and who listens see the same."""
    place = f"{pekanbaru.stack.url}/v1/offices/{PEKANBARU}/board"
    asked = httpx.get(place)
    with stream(pekanbaru) as wall:
        while (shown := wall.board())["version"] < asked.json()["version"]:
            pass
    assert asked.headers["ETag"] == f'"{shown["version"]}"'
    assert {**asked.json(), "updated_at": None} == {**shown, "updated_at": None}


def test_who_comes_back_hears_what_was_missed_and_nothing_twice(pekanbaru: Office) -> None:
    """The id of what is on the board waits for the next change; any other gets it at once."""
    with stream(pekanbaru) as wall:
        first = wall.board()
    with stream(pekanbaru, wall.last_id) as again:
        pekanbaru.issue()
        second = again.board()
        assert second["version"] > first["version"]
    for seen in (wall.last_id, "nonsense", "2020-01-06/3"):
        with stream(pekanbaru, seen) as late:
            assert late.board()["version"] == second["version"]


def test_stream_is_answered_as_documented(pekanbaru: Office) -> None:
    """Status, kind, headers; whatever id a client comes with."""
    paths = describe(GatewayService)["paths"]
    said = paths["/v1/offices/{office}/board/stream"]["get"]["responses"]["200"]
    for seen in ("", "2026-11-23/1", "x" * 4000, "%00"):
        with stream(pekanbaru, seen) as wall:
            assert wall.response.headers["Content-Type"] in said["content"]
            assert all(name in wall.response.headers for name in said["headers"])
            wall.board()
    head = httpx.head(f"{pekanbaru.stack.url}/v1/offices/{PEKANBARU}/board/stream")
    assert (head.status_code, head.content) == (200, b"")


def test_unknown_office_has_no_stream(walk_in: Stack) -> None:
    """Said before it begins."""
    problem(httpx.get(f"{walk_in.url}/v1/offices/9999/board/stream"), Code.NOT_FOUND)


def test_silence_is_broken_and_who_leaves_leaves_nothing(pekanbaru: Office) -> None:
    """A heart-beat within fifteen seconds; a client that has gone is seen at the next."""
    pekanbaru.issue()  # the next word for those who have gone
    eventually(lambda: listening(pekanbaru.stack) == 0)
    with stream(pekanbaru) as wall, stream(pekanbaru) as other:
        wall.board()
        assert listening(pekanbaru.stack) == 2
        other.response.close()
        began = time.monotonic()
        assert "" in wall.heard()
        assert time.monotonic() - began < 15
        eventually(lambda: listening(pekanbaru.stack) == 1, within=3)
    pekanbaru.issue()  # the next word
    eventually(lambda: listening(pekanbaru.stack) == 0, within=2)
    log = (pekanbaru.stack.run_dir / "log/gateway.log").read_text()
    assert "Traceback" not in log


def test_stream_outlives_the_service_and_the_broker(pekanbaru: Office) -> None:
    """It stays open, and shows the next change when they are back, told by the events."""
    stack, control = pekanbaru.stack, pekanbaru.stack.control
    with stream(pekanbaru) as wall:
        before = wall.board()
        control.stop("broker")
        control.kill("queue")
        with stream(pekanbaru, wall.last_id) as late:
            assert "retry" in late.heard()
            control.start("broker")
            stack.wait_ready("queue", "gateway")
            eventually(lambda: pekanbaru.call_next("FO-1", stop="front_office").status_code == 200)
            assert wall.board()["version"] > before["version"]
            assert late.board()["version"] > before["version"]
        eventually(lambda: shown_after(wall, pekanbaru) < 1)  # it looks by itself in 10 s only


def shown_after(wall: Board, office: Office) -> float:
    """Return how many seconds it takes until a new ticket is on the wall."""
    ticket, began = office.issue(), time.monotonic()
    while wall.board()["updated_at"] < ticket["issued_at"]:
        pass
    return time.monotonic() - began


def test_calls_are_as_quick_beside_hundreds_of_boards(jayapura: Office) -> None:
    """Five hundred on one gateway: 95 of 100 calls within 200 ms, and all see the last."""
    stack = jayapura.stack
    alone = calls(jayapura)
    jayapura.clear()
    with boards(f"{stack.url}/v1/offices/{JAYAPURA}/board/stream", BOARDS) as walls:
        eventually(lambda: "" not in walls.last())
        assert listening(stack) >= BOARDS
        beside = calls(jayapura)
        began = time.monotonic()
        shown = httpx.get(f"{stack.url}/v1/offices/{JAYAPURA}/board").json()
        last = {f"{shown['service_date']}/{shown['version']}": BOARDS}
        eventually(lambda: walls.last() == last, within=5, every=0.02)
        print(f"all {BOARDS} boards after {time.monotonic() - began:.2f} s")
    for count, took in ((0, alone), (BOARDS, beside)):
        print(f"{count} boards: " + ", ".join(f"{n} {s * 1000:.0f} ms" for n, s in took.items()))
    assert beside["p95"] <= 0.2
    jayapura.issue()  # the next word
    eventually(lambda: listening(stack) == 0)


def calls(office: Office) -> dict[str, float]:
    """Call so many one after another; how long it took, in seconds."""
    for _ in range(CALLS):
        office.issue()
    took = []
    for n in range(1, CALLS + 1):
        began = time.monotonic()
        assert office.call_next(f"K-{n}").status_code == 200
        took.append(time.monotonic() - began)
    cuts = statistics.quantiles(took, n=20)
    return {"p50": statistics.median(took), "p95": cuts[-1], "max": max(took)}


def test_gateway_told_to_end_ends_its_streams(jayapura: Office) -> None:
    """At once: they would never be done."""
    stack = jayapura.stack
    gateway = stack.control.pid("gateway")
    assert gateway
    with stream(jayapura) as wall, stream(jayapura) as other:
        wall.board()
        other.board()
        os.kill(gateway, signal.SIGTERM)
        began = time.monotonic()
        for each in (wall, other):
            with pytest.raises(EOFError):  # a whole answer, not a broken one
                each.board()
        eventually(lambda: stack.control.pid("gateway") != gateway, within=5)
        assert time.monotonic() - began < 5
    stack.wait_ready("gateway")
    with stream(jayapura, wall.last_id) as again:
        jayapura.issue()
        again.board()
