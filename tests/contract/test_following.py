"""Leases, checkpoints and deadlines, on the real server."""

from datetime import timedelta

import pytest
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from kernel import lease as leases
from kernel.checkpoint import Checkpoint
from kernel.deadlines import Cancelled, Deadline, Deadlines
from kernel.lease import Lease
from tests.support import NOON, eventually


def test_one_leader_at_a_time(db):
    """The second waits."""
    first, second = Lease(db, "leader"), Lease(db, "leader")
    assert first.held()
    assert not second.held()


def test_leader_that_is_gone_is_replaced(db, monkeypatch):
    """After its lease ran out on the database's clock; the fence grows."""
    monkeypatch.setattr(leases, "LEASE_MS", 300)
    monkeypatch.setattr(leases, "RENEW_S", 0.05)
    first, second = Lease(db, "leader"), Lease(db, "leader")
    assert first.held()
    eventually(second.held, within=5)
    assert second.fence > first.fence


def test_leader_that_leaves_is_replaced_at_once(db):
    """A drained process does not make the others wait."""
    first, second = Lease(db, "leader"), Lease(db, "leader")
    assert first.held()
    first.release()
    assert second.held()


def test_frozen_leader_notices(db, monkeypatch):
    """It wakes up, asks, and is leader no more."""
    monkeypatch.setattr(leases, "LEASE_MS", 300)
    monkeypatch.setattr(leases, "RENEW_S", 0.05)
    first, second = Lease(db, "leader"), Lease(db, "leader")
    assert first.held()
    eventually(second.held, within=5)
    monkeypatch.setattr(leases, "LEASE_MS", 60_000)
    second._ask_at = 0.0
    assert second.held()
    first._ask_at = 0.0
    assert not first.held()


def test_checkpoint_never_moves_back(db):
    """Nor is it moved by a leader of the past."""
    checkpoint = Checkpoint(db["view"])
    assert checkpoint.read() == 0
    assert checkpoint.advance(0, 10, fence=2)
    assert not checkpoint.advance(0, 9, fence=2)
    assert not checkpoint.advance(8, 9, fence=2)
    assert not checkpoint.advance(10, 11, fence=1)
    assert checkpoint.read() == 10


def test_checkpoint_that_was_dropped_starts_anew(db):
    """Who was at work when it went does not put it back in the middle."""
    checkpoint = Checkpoint(db["view"])
    assert checkpoint.advance(0, 10, fence=1)
    db["view"].drop()
    assert not checkpoint.advance(10, 11, fence=1)
    assert checkpoint.read() == 0


def date(name: str, days: int, sequence: int = 1) -> Deadline:
    """Make a date of one stream."""
    return Deadline(
        sequence=sequence,
        stream="consultation-k1",
        name=name,
        due_at=NOON + timedelta(days=days),
        data={"at": NOON, "n": 1},
        office="1471",
        correlation_id="c",
        causation_id="e",
    )


def cancelled(name: str, sequence: int) -> Cancelled:
    """Make the end of a date of the same stream."""
    return Cancelled(stream="consultation-k1", name=name, sequence=sequence)


@pytest.fixture
def deadlines(db):
    """No dates yet."""
    prepared = Deadlines(db)
    prepared.prepare()
    return prepared


def test_dates_come_due_in_order(deadlines):
    """The oldest first, none before its time."""
    for name, days in (("late", 3), ("early", 1), ("far", 9)):
        deadlines.apply([date(name, days)])
    assert list(deadlines.due(NOON + timedelta(days=3))) == [date("early", 1), date("late", 3)]


def test_moved_date_is_due_once_at_its_new_time(deadlines):
    """The same name, another time."""
    deadlines.apply([date("close", 1)])
    deadlines.apply([date("close", 2)])
    assert list(deadlines.due(NOON + timedelta(days=1))) == []
    assert list(deadlines.due(NOON + timedelta(days=2))) == [date("close", 2)]


def test_date_moved_while_it_fired_stays(deadlines):
    """Done with the old one is not done with the new one."""
    deadlines.apply([date("close", 1)])
    deadlines.apply([date("close", 2)])
    deadlines.done(date("close", 1))
    assert list(deadlines.due(NOON + timedelta(days=2))) == [date("close", 2)]


def test_failed_date_comes_again(deadlines):
    """A little later, the others before it."""
    deadlines.apply([date("close", 1)])
    now = NOON + timedelta(days=1)
    deadlines.later(date("close", 1), now)
    assert list(deadlines.due(now)) == []
    assert list(deadlines.due(now + timedelta(seconds=5))) == [date("close", 1)]


def test_cancelled_date_is_gone(deadlines):
    """Cancelling what is not there is no fault."""
    deadlines.apply([date("close", 1)])
    deadlines.apply([cancelled("close", 2)])
    deadlines.apply([cancelled("close", 2)])
    assert list(deadlines.due(NOON + timedelta(days=9))) == []


def test_late_leader_undoes_nothing(deadlines):
    """What an older fact cancels or sets leaves alone what a later one has set."""
    deadlines.apply([date("close", 2, sequence=7)])
    deadlines.apply([cancelled("close", 5)])
    deadlines.apply([date("close", 1, sequence=3)])
    assert list(deadlines.due(NOON + timedelta(days=9))) == [date("close", 2, sequence=7)]


def between(monkeypatch, meddle):
    """Have something happen after dates were deleted and before new ones are inserted."""
    insert, left = Collection.insert_many, [meddle]

    def insert_many(*words, **more):
        while left:
            left.pop()()
        return insert(*words, **more)

    monkeypatch.setattr(Collection, "insert_many", insert_many)


def test_late_leader_that_dies_half_way_takes_nothing_away(deadlines, monkeypatch):
    """The next one has set the same date before, and will not come by again."""

    def die():
        raise AutoReconnect("cut")

    set_before = date("close", 2, sequence=5)
    deadlines.apply([set_before])
    with monkeypatch.context() as cut:
        between(cut, die)
        with pytest.raises(AutoReconnect):
            deadlines.apply([set_before])
    assert list(deadlines.due(NOON + timedelta(days=9))) == [set_before]


def test_late_leader_is_overruled_half_way(deadlines, monkeypatch):
    """It sets an old date while the newer leader is between two statements."""
    deadlines.apply([date("close", 1, sequence=3)])
    between(monkeypatch, lambda: deadlines.apply([date("close", 1, sequence=5)]))
    deadlines.apply([date("close", 2, sequence=8)])
    assert list(deadlines.due(NOON + timedelta(days=9))) == [date("close", 2, sequence=8)]


def test_newer_leader_half_way_overrules_a_late_one(deadlines, monkeypatch):
    """The other way round: what the newer one has set stays."""
    deadlines.apply([date("close", 1, sequence=3)])
    between(monkeypatch, lambda: deadlines.apply([date("close", 2, sequence=8)]))
    deadlines.apply([date("close", 1, sequence=5)])
    assert list(deadlines.due(NOON + timedelta(days=9))) == [date("close", 2, sequence=8)]


def test_lease_that_is_asked_for_is_let_go(db, monkeypatch):
    """At its holder's next renewal; a third does not get in between."""
    monkeypatch.setattr(leases, "RENEW_S", 0.05)
    holder, third, tool = Lease(db, "view"), Lease(db, "view"), Lease(db, "view")
    assert holder.held()
    tool.ask_for()
    assert not tool.held()
    eventually(lambda: not holder.held(), within=3)
    assert not third.held()
    eventually(tool.held, within=3)
    assert not holder.held()
    tool.release()
    eventually(holder.held, within=3)


def test_wish_for_a_lease_passes(db, monkeypatch):
    """Who asked and died does not keep it from the others."""
    monkeypatch.setattr(leases, "LEASE_MS", 300)
    monkeypatch.setattr(leases, "RENEW_S", 0.05)
    holder = Lease(db, "view")
    assert holder.held()
    Lease(db, "view").ask_for()
    eventually(lambda: not holder.held(), within=3)
    eventually(holder.held, within=3)


def test_lease_is_abandoned_only_after_a_while(db):
    """Its holder may be one that comes back; one nobody ever held is not yet."""
    assert not Lease(db, "nobody").taken_if_abandoned(60_000)
    left = Lease(db, "view")
    assert left.held()
    assert not Lease(db, "view").taken_if_abandoned(0)
    left.release()
    assert not Lease(db, "view").taken_if_abandoned(60_000)
    assert Lease(db, "view").taken_if_abandoned(0)
