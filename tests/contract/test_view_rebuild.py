"""`pst views rebuild` on the real server: a new collection, swapped for the old without a gap."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import click
import pymongo
import pytest

from kernel import view_following
from kernel.checkpoint import Checkpoint
from kernel.database import Db
from kernel.event_log import EventLog
from kernel.lease import Lease
from kernel.view_following import Follower, collections_of
from kernel.view_reading import Reader
from kernel.views import View, make_live
from pst import rebuilding
from pst.rebuilding import Progress, Rebuild
from tests.contract.test_views import (
    COUNTS,
    LIST,
    TYPES,
    append,
    fill,
    follow,
    late,
    log,
    meddling,
    position,
    rows,
    there,
)
from tests.support import eventually

__all__ = ["log"]  # the fixture

STREAMS = 20
REBUILDS = 5


def rebuild(db: Db, progress: Progress = lambda _done, _of: None, view: View = COUNTS) -> int:
    """Rebuild a view, as the tool does in its own process."""
    return Rebuild(db, EventLog(db), TYPES, view, progress).run()


def made(db: Db) -> list[str]:
    """Return the collections there are of this definition."""
    return collections_of(db, COUNTS)[COUNTS.definition(TYPES)]


def twice(each: int) -> dict[str, Any]:
    """Return what two streams come to."""
    return {f"a-{n}": {"n": each, "kind": "count"} for n in range(2)}


@contextmanager
def working(*steps: Callable[[], Any]) -> Iterator[None]:
    """Have these repeated meanwhile, each in a thread of its own; what they raise comes out."""
    enough = Event()

    def work(step: Callable[[], Any]) -> None:
        while not enough.is_set():
            if not step():
                enough.wait(0.005)

    with ThreadPoolExecutor(len(steps)) as pool:
        works = [pool.submit(work, step) for step in steps]
        try:
            yield
        finally:
            enough.set()
    for done in works:
        done.result()


def test_rebuild_under_load_leaves_no_gap(db, log):
    """A reader that asks all the time sees never an error, and never less than before."""
    fill(log, STREAMS, each=5)
    follower, versions = follow(db, log), dict.fromkeys(range(STREAMS), 5)
    reader, sums = Reader(db, log, TYPES, COUNTS), []

    def write() -> int:
        for n in versions:
            versions[n] += 1
            append(log, f"a-{n}", versions[n])
        return 0

    def read() -> int:
        found = reader.find({"kind": "count"}, [("n", 1)], 1000)
        sums.append(sum(d["n"] for d in found))
        return 1

    with working(write, read, follower.step):
        taken = [rebuild(db) for _ in range(REBUILDS)]
    # it asks for the lease that the rebuild has let go of once a second
    eventually(lambda: not follower.step() and position(db) == log.head().position)
    assert taken == sorted(taken)
    assert taken[0] > STREAMS * 5
    assert sums == sorted(sums), "a reader saw less than before"
    assert len(sums) > 20
    assert {key: row["n"] for key, row in rows(db).items()} == {
        f"a-{n}": version for n, version in versions.items()
    }


def test_rebuild_needs_no_running_service(db, log):
    """Nobody leads, the collection was never made: it is there afterwards, indexes included."""
    fill(log, streams=2, each=3)
    assert rebuild(db) == 6
    assert rows(db) == twice(3)
    assert position(db) == 6
    assert "n_1" in there(db).index_information()
    append(log, "a-0", 4)
    follow(db, log)
    assert rows(db)["a-0"]["n"] == 4


@pytest.mark.parametrize(
    "spoil",
    [
        lambda old: old.update_one({"_id": "a-0"}, {"$set": {"n": 99}}),
        lambda old: old.update_one({"_id": "a-0"}, {"$unset": {"n": 1}}),
        lambda old: old.delete_one({"_id": "a-0"}),
        lambda old: old.insert_one({"_id": "a-7", "n": 1}),
        lambda old: old.drop(),
    ],
    ids=["edited", "mutilated", "deleted", "invented", "dropped"],
)
def test_rebuild_heals(db, log, spoil):
    """What was done by hand is gone, also where it keeps the follower from going on."""
    fill(log, streams=2, each=3)
    follower = follow(db, log)
    spoil(there(db))
    with working(lambda: harmless(follower)):
        rebuild(db)
    assert rows(db) == twice(3)
    fill_on = [(f"a-{n}", 4) for n in range(2)]
    for stream, version in fill_on:
        append(log, stream, version)
    eventually(lambda: follower.step() or rows(db) == twice(4))
    eventually(lambda: rows(db) == twice(4))


def harmless(follower: Follower) -> int:
    """Step as a service does: a fault is logged, and tried again."""
    try:
        return follower.step()
    except KeyError:
        return 0


def test_second_rebuild_at_once_is_refused(db, log):
    """With a clear line; the first goes on."""
    fill(log, streams=2, each=3)

    def second(_done: int, _of: int) -> None:
        with pytest.raises(click.ClickException, match="view counts is being rebuilt already"):
            rebuild(db)

    assert rebuild(db, second) == 6
    assert rows(db) == twice(3)
    assert rebuild(db) == 6


def test_rebuild_that_cannot_go_on_says_where(db, log):
    """And leaves the live view as it was, and nothing beside it."""
    fill(log, streams=2, each=3)
    follow(db, log).release()
    append(log, "a-0", 4, kind="from_the_future")
    with pytest.raises(click.ClickException, match="cannot take in commit 7: UnknownEvent"):
        rebuild(db)
    assert rows(db) == twice(3)
    assert made(db) == [there(db).name]


def test_rebuild_does_not_wait_for_what_is_missing_in_the_log(db, log, monkeypatch):
    """It looks again for a while, as it may yet come; then it says after which commit."""
    fill(log, streams=2, each=3)
    db["commits"].delete_one({"position": 4})
    monkeypatch.setattr(rebuilding, "PATIENCE_S", 0.5)
    fresh, looked = EventLog(db), []
    read_on = fresh.read_on
    monkeypatch.setattr(fresh, "read_on", lambda *asked: looked.append(asked) or read_on(*asked))
    with pytest.raises(click.ClickException, match="does not get past commit 3: see `pst log ver"):
        Rebuild(db, fresh, TYPES, COUNTS, lambda _done, _of: None).run()
    assert 2 < len(looked) < 20
    assert not collections_of(db, COUNTS)


def test_rebuild_killed_in_the_middle_harms_nothing(db, log):
    """The live view is as it was and goes on; another rebuild may begin seconds later."""
    fill(log, streams=2, each=3)
    follower, before = follow(db, log), there(db).name
    spawn = multiprocessing.get_context("spawn")
    host, port = db.client.address
    process = spawn.Process(target=_stuck, args=(f"mongodb://{host}:{port}", db.name))
    process.start()
    eventually(lambda: len(made(db)) == 2 and Checkpoint(db[made(db)[1]]).read() == 6)
    process.kill()
    process.join()
    append(log, "a-0", 4)
    eventually(follower.step)
    assert rows(db)["a-0"]["n"] == 4
    assert there(db).name == before
    with working(follower.step):
        eventually(lambda: not refused(db), within=10)
    assert there(db).name not in (before, made(db)[1])
    assert rows(db)["a-0"]["n"] == 4


def test_what_rebuilds_left_is_dropped_later(db, log, monkeypatch):
    """By the services: a reader may still be at it for a moment; no other is touched."""
    monkeypatch.setattr(view_following, "SWEEP_S", 0.0)
    fill(log, streams=2, each=3)
    follower, definition = follow(db, log), COUNTS.definition(TYPES)
    db[f"{definition}_17"].insert_one({"_id": "left by one that was killed"})
    with working(follower.step, follower.sweep):
        rebuild(db)
    assert len(made(db)) == 3
    monkeypatch.setattr(view_following, "RETIRED_MS", 0)
    under_way: list[list[str]] = []

    def sweep(_done: int, _of: int) -> None:
        follower.sweep()
        under_way.append(made(db))

    with working(follower.step):
        rebuild(db, sweep)
    assert len(under_way[0]) == 4
    eventually(lambda: follower.step() or follower.sweep() or made(db) == [there(db).name])
    assert rows(db) == twice(3)


def refused(db: Db) -> bool:
    """Tell whether a rebuild is still under way, as far as the database knows."""
    try:
        rebuild(db)
    except click.ClickException:
        return True
    return False


def _stuck(url: str, name: str) -> None:
    """Begin a rebuild and never end it, in a process of its own."""
    db = pymongo.MongoClient(url, tz_aware=True)[name]
    rebuild(db, lambda _done, _of: time.sleep(3600))


def fence(db: Db) -> int:
    """Return the fence of who moved the live view on last."""
    found = there(db).find_one({"_id": "_checkpoint"})
    assert found is not None
    return int(found["fence"])


def test_late_leader_changes_nothing_in_the_rebuilt(db, log):
    """It has read a document that was edited by hand, sleeps, and wakes after the swap."""
    fill(log, streams=2, each=3)
    follow(db, log).release()
    there(db).update_one({"_id": "a-0"}, {"$set": {"n": 98}})
    append(log, "a-0", 4)
    held_up, its_fence = late(db, meddling(lambda: rebuild(db))), fence(db)
    assert held_up.take_in(log.read_on(6), 6, its_fence) == 0
    assert rows(db)["a-0"]["n"] == 4
    assert position(db) == 7


def test_live_view_does_not_get_ahead_of_what_replaces_it(db, log):
    """Before the swap, a leader of the past cannot move it on: no reader sees less after it."""
    fill(log, streams=2, each=3)
    follow(db, log).release()
    past, its_fence, old = [], fence(db), late(db, COUNTS)

    def meddle(done: int, _of: int) -> None:
        if done == 6:  # once more before the last stretch
            append(log, "a-0", 4)
        else:
            append(log, "a-0", 5)
            past.append(old.take_in(log.read_on(6), 6, its_fence))

    assert rebuild(db, meddle) == 7
    assert past == [0]
    assert rows(db)["a-0"]["n"] == 4
    follow(db, log)
    assert rows(db)["a-0"]["n"] == 5


def test_late_rebuild_does_not_replace_a_later_one(db, log):
    """The newest leader's is the live one."""
    name = COUNTS.definition(TYPES)
    assert make_live(db, name, f"{name}_2", fence=2)
    assert not make_live(db, name, f"{name}_1", fence=1)
    assert there(db).name == f"{name}_2"


def test_leader_that_does_not_let_go_is_left_alone(db, log, monkeypatch):
    """One that knows nothing of wishes: the rebuild gives up, and nothing is lost."""
    monkeypatch.setattr("pst.rebuilding.PATIENCE_S", 0.5)
    fill(log, streams=2, each=3)
    follow(db, log)
    name = there(db).name
    db["leases"].update_one({"_id": name}, {"$set": {"until": 2**60}})
    with pytest.raises(click.ClickException, match="is not let go of"):
        rebuild(db)
    assert rows(db) == twice(3)
    assert made(db) == [name]


def test_rebuild_redacts(db, log):
    """Who was forgotten is so in the new documents too."""
    append(log, "n-1", 1, "named", subject_id="siti", name="sealed-1")
    append(log, "n-2", 1, "named", subject_id="rian", name="sealed-2")
    append(log, "subject-siti", 1, "subject_erased", subject_id="siti")
    rebuild(db, view=LIST)
    assert {key: row["name"] for key, row in rows(db, LIST).items()} == {
        "n-1": "[dihapus]",
        "n-2": "sealed-2",
    }


def test_lease_is_free_after_a_rebuild(db, log):
    """The services lead again at once."""
    fill(log, streams=1, each=1)
    rebuild(db)
    assert Lease(db, COUNTS.definition(TYPES)).held()
