"""A service process follows its log: quickly, cheaply, also what others append."""

import statistics
import time
from datetime import timedelta

import pytest

from tests.desks import desks, note
from tests.support import eventually

APPENDS = 50

FOLLOWING = ("desk", "consultation", "notifier")
"""The processes that follow a log while these tests run."""


@pytest.fixture(scope="module")
def desk(stack):
    """One process."""
    with desks(stack) as found:
        yield found


def test_append_of_another_process_is_published_within_milliseconds(stack, desk):
    """From the return of the append here to the hands of a subscriber; nobody told the leader.

    Best of three, so that it is not the load of the machine that is measured.
    """
    with stack.subscriber("*.desk.*") as subscriber:
        medians = [median_of_appends(desk, subscriber, n * APPENDS) for n in range(3)]
    print(f"\nappend elsewhere to subscriber, medians: {[f'{m * 1000:.0f} ms' for m in medians]}")
    assert min(medians) <= 0.05


def median_of_appends(desk, subscriber, since):
    """Append some notes, one after the other has been heard; return the median time it took."""
    took = []
    for n in range(since, since + APPENDS):
        desk.log.append(note("a-wake", n + 1, f"wake {n}"))
        start = time.perf_counter()
        eventually(lambda n=n: len(subscriber.drain()) > n, within=10, every=0.001)
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def test_idle_processes_ask_little(stack, desk):
    """About one small query a look, not one a look and follower."""
    eventually(lambda: desk.relayed() == desk.log.head().position)
    asked, since = operations(stack), time.monotonic()
    time.sleep(3)  # idle for so long is what is measured
    rate = (operations(stack) - asked) / (time.monotonic() - since) / len(FOLLOWING)
    print(f"\nidle: {rate:.0f} operations/s a process")
    assert rate < 100


def operations(stack):
    """Return how much the database server has ever been asked."""
    counts = stack.mongo.admin.command("serverStatus")["opcounters"]
    return counts["query"] + counts["update"] + counts["command"]


def test_date_that_has_passed_when_it_is_set_fires_at_once(desk):
    """The relay tells who fires."""
    desk.log.append(note("a-now", 1, "due:now"))
    since = time.monotonic()
    eventually(lambda: "now" in desk.fired(), within=5, every=0.01)
    assert time.monotonic() - since < 1


def test_slow_effects_do_not_hold_up_others(desk):
    """As a mail server that says nothing for long: one stream waits, the others do not."""
    for n in range(4):
        desk.log.append(note(f"a-slow{n}", 1, f"due:slow{n}"))
    eventually(lambda: desk.relayed() == desk.log.head().position)
    desk.log.append(note("a-quick", 1, "due:quick"))
    eventually(lambda: len(desk.fired()) >= 6, within=20)
    fired = desk.fired()
    slow = [fired[f"slow{n}"] for n in range(4)]
    assert fired["quick"] < min(slow) - timedelta(seconds=1)
    assert max(slow) - min(slow) < timedelta(seconds=2), "one after the other"
