"""A clock that is wrong makes no second leader: leases are judged on the database's clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from threading import Event, Thread
from typing import Any

from tests.desks import Desks, desks, note
from tests.support import eventually, frozen, meanwhile

OFF_S = 600

FROZEN_S = 6
"""Longer than a lease."""

FREEZES = 3
EVERY_S = 0.02
IN_HAND = 8
"""So many dates at most a leader was about to set or to fire when it was cut off."""


@contextmanager
def written(desk: Desks) -> Iterator[list[str]]:
    """Append notes that set dates, all the time."""
    names: list[str] = []
    enough = Event()

    def write() -> None:
        while not enough.wait(EVERY_S):
            names.append(f"n{len(names)}")
            desk.log.append(note("a-1", len(names), f"due:{names[-1]}"))

    writer = Thread(target=write)
    writer.start()
    try:
        yield names
    finally:
        enough.set()
        writer.join()


def stands(desk: Desks) -> tuple[str, int, int, int]:
    """Return who leads, and how far the relay has come under which leader."""
    lease: Any = desk.db["leases"].find_one("leader")
    reached: Any = desk.db["deadlines"].find_one("_checkpoint")
    return lease["holder"], lease["fence"], reached["position"], reached["fence"]


def test_wrong_clocks_make_no_second_leader(stack):
    """One is ten minutes fast, the other slow: the lead passes when the leader stands still."""
    with desks(stack, count=0) as desk, stack.subscriber("*.desk.*") as subscriber:
        fast, slow = desk.start(clock_off_s=OFF_S), desk.start(clock_off_s=-OFF_S)
        desk.log.append(note("a-0", 1))
        eventually(desk.relayed)
        with meanwhile(lambda: stands(desk), EVERY_S) as seen, written(desk) as names:
            for _ in range(FREEZES):
                before = desk.leader()
                with frozen(before):
                    time.sleep(FROZEN_S)  # how long it stands still is what is tested
                assert {before, desk.leader()} == {fast, slow}, "the lead did not pass"
                time.sleep(1)  # awake, it goes on with what it had in hand
        eventually(lambda: desk.relayed() == len(names) + 1)
        eventually(lambda: set(desk.fired()) == set(names))
        heard = [event for _, event in subscriber.drain() if event["subject"] == "1"]
        firings = desk.firings()

    leaders = [lease for lease, _ in groupby(seen, key=lambda look: look[:2])]
    assert len(leaders) == FREEZES + 1, "the lead passed while the leader was awake"
    assert [fence for _, fence in leaders] == sorted({fence for _, fence in leaders})
    assert [look[2:] for look in seen] == sorted(look[2:] for look in seen)
    told = dict.fromkeys(event["sequence"] for event in heard)
    assert list(told) == list(range(1, len(names) + 1))

    by_clock = {fast: timedelta(seconds=OFF_S), slow: timedelta(seconds=-OFF_S)}
    for fired in firings:
        assert abs(fired["at"] - by_clock[fired["pid"]] - now()) < timedelta(minutes=2)
    turns = [pid for pid, _ in groupby(firings, key=lambda fired: fired["pid"])]
    assert len(turns) <= 1 + 2 * FREEZES, "two fired at the same time"
    again = len(firings) - len(names)
    assert again <= FREEZES * IN_HAND, "fired again though nobody was cut off"


def now() -> datetime:
    """Return the time on a clock that is right."""
    return datetime.now(UTC)
