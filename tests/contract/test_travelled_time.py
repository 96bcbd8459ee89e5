"""The travelled time: forward only, and never where no clock could tell it."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import pytest

from host.travelled_time import LATEST, TravelledTime
from kernel.clock import Clock


@pytest.mark.parametrize("step", [timedelta(days=3_000_000), timedelta.max, timedelta()])
def test_step_that_no_clock_could_tell_is_refused(db, step):
    """Before it is stored: every process would read it, for ever."""
    assert TravelledTime(db).advance(timedelta(days=1)) == timedelta(days=1)
    with pytest.raises(ValueError, match=r"^time "):
        TravelledTime(db).advance(step)
    assert TravelledTime(db)() == timedelta(days=1)


@pytest.mark.parametrize("stored", [2**62, 1e300, float("inf")])
def test_stored_offset_that_no_clock_could_tell_ends_at_the_latest_moment(db, stored):
    """Written past the tool: time stands at its end, and is told, instead of failing everywhere."""
    db["offset"].insert_one({"_id": "offset", "ms": stored})
    travelled = TravelledTime(db)
    assert LATEST - timedelta(seconds=10) < Clock(travelled).now() <= LATEST
    with pytest.raises(ValueError, match="no further than the year 9000"):
        travelled.advance(timedelta(days=1))


def test_steps_add_up_to_the_last_year_at_most(db):
    """Each alone would be short enough."""
    half = (LATEST - Clock().now()) / 2 + timedelta(days=1)
    TravelledTime(db).advance(half)
    with pytest.raises(ValueError, match="no further than the year 9000"):
        TravelledTime(db).advance(half)
    assert Clock(TravelledTime(db)).now() < LATEST


def test_who_asks_while_it_is_read_gets_no_older_time(db):
    """A process that has just started: none of its first requests is decided in the real time."""
    db["offset"].insert_one({"_id": "offset", "ms": 1000})
    second: list[Future[timedelta]] = []
    reads: list[int] = []

    class Slowly:
        """While the first one reads, a second one asks."""

        def find_one(self, wanted):
            reads.append(1)
            if not second:
                second.append(pool.submit(travelled))
                sleep(0.1)  # it has asked by now
            return db["offset"].find_one(wanted)

    travelled = TravelledTime({"offset": Slowly()})  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as pool:
        assert travelled() == timedelta(seconds=1)
        assert second[0].result(10) == timedelta(seconds=1)
    assert reads == [1]  # for both
