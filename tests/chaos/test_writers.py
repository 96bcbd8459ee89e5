"""Eight processes write at once: nothing skipped, nothing told twice, everything in its order.

Once as it is, once while the relay's leader is killed again and again, once while the broker
is restarted. `make soak` repeats the last two for hours (PST_SOAK_HOURS, default 2).
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from threading import Event, Thread
from typing import Any

import msgspec
import pika
import pytest
from pika.exceptions import AMQPError

from contracts.topology import EVENTS_EXCHANGE
from kernel.commit import Commit
from kernel.database import connect, database
from kernel.event_log import EventLog
from tests.desks import SERVICE, Desks, desks
from tests.support import ROOT, Stack, eventually

PROCESSES = 3
"""Of the relay, so that there is one to take over while others are started."""

COMMITS = 20_000
KILL_EVERY_S = 2.0
RESTARTS = 2

Accepted = dict[str, tuple[str, int]]
"""Event id → stream, version."""


class Told(msgspec.Struct):
    """What of a published event is looked at."""

    id: str
    subject: str
    sequence: int


EVENT = msgspec.json.Decoder(Told)


class Background(Thread):
    """A thread that runs until told, and hands on what went wrong in it."""

    def __init__(self, run: Callable[[Event], None]) -> None:
        super().__init__()
        self._run = run
        self._enough = Event()
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._run(self._enough)
        except BaseException as error:  # raised again where the test waits for it
            self._error = error

    def __enter__(self) -> "Background":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self.join()
        if self._error:
            raise self._error


class Reader:
    """Follows the log by position, as any follower does."""

    def __init__(self, desk: Desks, base: int) -> None:
        self._log = EventLog(database(connect(desk.settings), desk.settings, SERVICE))
        self._base = base
        self.seen: list[Commit] = []

    def read(self, enough: Event) -> None:
        """Take what is there, again and again."""
        while not enough.wait(0.01):
            self.seen += self._log.read_on(self._base + len(self.seen), 500)


class Ear:
    """A durable queue bound to the published notes; hears on after the broker was away."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.settings.amqp_url
        self._queue = f"test.ear.{os.urandom(4).hex()}"
        self.heard: dict[str, tuple[str, int]] = {}
        self.deliveries = 0
        with pika.BlockingConnection(pika.URLParameters(self._url)) as connection:
            channel = connection.channel()
            arguments = {"x-queue-type": "quorum"}
            channel.queue_declare(self._queue, durable=True, arguments=arguments)
            channel.queue_bind(self._queue, EVENTS_EXCHANGE, f"*.{SERVICE}.*")

    def listen(self, enough: Event) -> None:
        """Take what comes; ids in the order in which they first arrived."""
        while not enough.is_set():
            with suppress(AMQPError, OSError):
                self._consume(enough)
            enough.wait(0.2)
        with pika.BlockingConnection(pika.URLParameters(self._url)) as connection:
            connection.channel().queue_delete(self._queue)

    def _consume(self, enough: Event) -> None:
        with pika.BlockingConnection(pika.URLParameters(self._url)) as connection:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=200)
            for method, _, body in channel.consume(self._queue, inactivity_timeout=0.2):
                if method is not None:
                    self._take(body)
                    channel.basic_ack(method.delivery_tag)
                if enough.is_set():
                    return

    def _take(self, body: bytes) -> None:
        event = EVENT.decode(body)
        self.deliveries += 1
        self.heard.setdefault(event.id, (event.subject, event.sequence))


def test_eight_writers(stack):
    """20,000 commits, a reader and a subscriber."""
    with desks(stack, PROCESSES) as desk:
        check(stack, desk)


def test_eight_writers_while_leaders_are_killed(stack):
    """Every two seconds, whoever leads."""
    with desks(stack, PROCESSES) as desk, Background(lambda enough: kill(desk, enough)):
        check(stack, desk)


def test_eight_writers_while_the_broker_restarts(stack):
    """Twice, while they write and the relay publishes."""
    with desks(stack, PROCESSES) as desk, Background(lambda _: restart(stack, desk)):
        check(stack, desk)
    stack.wait_ready()


@pytest.mark.soak
def test_eight_writers_for_hours(stack):
    """Kills and restarts all the time, over one growing log."""
    end = time.monotonic() + 3600 * float(os.environ.get("PST_SOAK_HOURS", "2"))
    with desks(stack, PROCESSES) as desk, Background(lambda enough: kill(desk, enough)):
        for round_ in count():
            base = desk.log.head().position
            with Background(lambda _, base=base: restart(stack, desk, base)):
                check(stack, desk, round_)
            if time.monotonic() > end:
                return


def check(stack: Stack, desk: Desks, round_: int = 0) -> None:
    """Have it all written, read and heard; hold the three against each other."""
    base, since = desk.log.head().position, time.monotonic()
    reader, ear = Reader(desk, base), Ear(stack)
    with Background(reader.read), Background(ear.listen):
        accepted = write(desk, round_)
        wrote = time.monotonic() - since
        eventually(lambda: desk.relayed() == base + COMMITS, within=240, every=0.2)
        relayed = time.monotonic() - since
        eventually(lambda: len(ear.heard) >= COMMITS, within=60)
        eventually(lambda: len(reader.seen) >= COMMITS, within=60)
    again = ear.deliveries - len(ear.heard)
    print(
        f"\n{COMMITS} commits: written in {wrote:.0f} s, relayed in {relayed:.0f} s, {again} again"
    )

    assert [c.position for c in reader.seen] == list(range(base + 1, base + COMMITS + 1))
    stored = {c.events[0]["event_id"]: (c.stream, c.version) for c in reader.seen}
    assert len(accepted) == COMMITS
    assert stored == accepted
    assert in_order(stored.values())
    assert {i: (s.partition("-")[2], v) for i, (s, v) in stored.items()} == ear.heard
    assert in_order(ear.heard.values())


def in_order(versions: Any) -> bool:
    """Tell whether each stream's versions come one after the other."""
    last: dict[str, int] = {}
    for stream, version in versions:
        if version != last.get(stream, version - 1) + 1:
            return False
        last[stream] = version
    return True


def write(desk: Desks, round_: int) -> Accepted:
    """Have eight processes write; return what they say was accepted."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.writer", str(round_), str(COMMITS)],
        cwd=ROOT,
        env=desk.environ,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    return {event_id: (stream, int(version)) for stream, version, event_id in rows}


def kill(desk: Desks, enough: Event) -> None:
    """Kill whoever leads, every two seconds; each time start another process.

    A lease would outlive its dead holder by up to four seconds, and there would be nobody to
    kill: it is ended with them. How a lease runs out by itself is seen in `test_kills.py`.
    """
    since, killed = time.monotonic(), 0
    while not enough.wait(KILL_EVERY_S):
        eventually(lambda: desk.leader() in desk.running(), within=60, every=0.02)
        desk.kill_leader()
        desk.start(wait=False)
        killed += 1
    took = time.monotonic() - since
    print(f"\nleaders killed: {killed}, every {took / max(1, killed):.1f} s")
    assert killed >= took / KILL_EVERY_S / 2, "nobody took over at once"


def restart(stack: Stack, desk: Desks, base: int = 0) -> None:
    """Restart the broker when a part of the notes is published, and again later."""
    for n in range(1, RESTARTS + 1):
        reached = base + n * COMMITS // (RESTARTS + 1)
        eventually(lambda reached=reached: desk.relayed() >= reached, within=240)
        stack.control.stop("broker")
        stack.control.start("broker")
