"""Who waits too long at a moment, as the notifier asks for it."""

from contracts.queue import LateSchema
from services.queue import commands, queries
from services.queue.events import Lane
from tests.unit.service_day import ANI, SARI, Day, one_stop


def late(day):
    """Return the answer."""
    found = queries.late(day.state, day.office, day.now, version=9)
    assert LateSchema().validate(found) == {}
    return found


def numbers(day):
    return [each["number"] for each in late(day)["late"]]


def test_nobody_is_late_before_the_tenth_minute():
    """And after it, who is first; not who stands behind."""
    day = one_stop(clock="09:00")
    day.issue()
    day.issue()
    assert numbers(day.at("09:09").later(seconds=59)) == []
    (one,) = late(day.at("09:10:01"))["late"]
    assert one == {
        "number": "A001",
        "lane": "regular",
        "t0": "2026-11-23T02:00:00.000Z",
        "counter": None,
        "ahead": None,
    }


def test_who_was_called_and_has_not_begun_is_late_at_a_counter():
    """Until they begin."""
    day = one_stop(clock="09:00")
    first, _ = day.issue(), day.issue()
    day.call("K-2", ANI)
    (one,) = late(day.at("09:10:01"))["late"]
    assert (one["number"], one["counter"]) == ("A001", "K-2")
    day.start(first, ANI)
    assert numbers(day) == []


def test_who_went_before_is_named():
    """Whose end began the ten minutes."""
    day = one_stop(clock="09:00")
    day.issue()
    day.issue()
    day.served(minutes=30)
    (one,) = late(day.at("09:40:01"))["late"]
    assert (one["number"], one["ahead"], one["t0"]) == ("A002", "A001", "2026-11-23T02:30:00.000Z")
    day.call()
    assert late(day)["late"][0]["ahead"] == "A001"


def test_both_lanes_and_every_desk_are_told():
    """A desk is in use once somebody was called to it."""
    day = one_stop(clock="09:00")
    day.issue()
    day.issue()
    day.served(minutes=1)
    day.issue(Lane.PRIORITY)
    assert numbers(day.at("09:15")) == ["A002", "P001"]
    found = late(day)
    assert found["desks"] == [
        {"counter": "K-1", "number": None, "used": True},
        {"counter": "K-2", "number": None, "used": False},
    ]
    assert (found["waiting"], found["version"]) == ({"regular": 1, "priority": 1}, 9)
    assert found["breached"] == 0  # not told yet
    clock = day.state.clocks["t2"]
    day.do(commands.TellLimit, None, ticket_id="t2", t0=clock.t0)
    assert late(day)["breached"] == 1


def test_nobody_is_late_while_nobody_is_served():
    """Suspended, or after the end of the day; what was breached stays counted."""
    day = one_stop(clock="09:00")
    first = day.issue()
    clock = day.at("09:11").state.clocks[first]
    day.do(commands.TellLimit, None, ticket_id=first, t0=clock.t0)
    assert numbers(day) == ["A001"]
    day.do(commands.Suspend, SARI, reason_code="power_cut")
    assert numbers(day) == []
    day.do(commands.Resume, SARI)
    day.do(commands.CloseDay, SARI)
    assert numbers(day) == []
    assert late(day)["breached"] == 1


def test_a_day_that_never_was_has_nobody():
    """No error: the notifier asks for days it was told of."""
    assert late(Day())["late"] == []
