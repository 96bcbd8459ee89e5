"""Leases, checkpoints, deadlines and views, on the real server."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from kernel import lease as leases
from kernel.checkpoint import Checkpoint
from kernel.codec import EventType, EventTypes
from kernel.deadlines import Deadline, Deadlines
from kernel.event_log import EventLog
from kernel.lease import Lease
from kernel.views import Follower, View
from tests.contract.log_contract import draft
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
    second._renew_at = 0.0
    assert second.held()
    first._renew_at = 0.0
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


@pytest.fixture
def deadlines(db):
    """No dates yet."""
    prepared = Deadlines(db)
    prepared.prepare()
    return prepared


def test_dates_come_due_in_order(deadlines):
    """The oldest first, none before its time."""
    for name, days in (("late", 3), ("early", 1), ("far", 9)):
        deadlines.schedule(date(name, days))
    assert list(deadlines.due(NOON + timedelta(days=3))) == [date("early", 1), date("late", 3)]


def test_moved_date_is_due_once_at_its_new_time(deadlines):
    """The same name, another time."""
    deadlines.schedule(date("close", 1))
    deadlines.schedule(date("close", 2))
    assert list(deadlines.due(NOON + timedelta(days=1))) == []
    assert list(deadlines.due(NOON + timedelta(days=2))) == [date("close", 2)]


def test_date_moved_while_it_fired_stays(deadlines):
    """Done with the old one is not done with the new one."""
    deadlines.schedule(date("close", 1))
    deadlines.schedule(date("close", 2))
    deadlines.done(date("close", 1))
    assert list(deadlines.due(NOON + timedelta(days=2))) == [date("close", 2)]


def test_failed_date_comes_again(deadlines):
    """A little later, the others before it."""
    deadlines.schedule(date("close", 1))
    now = NOON + timedelta(days=1)
    deadlines.later(date("close", 1), now)
    assert list(deadlines.due(now)) == []
    assert list(deadlines.due(now + timedelta(seconds=5))) == [date("close", 1)]


def test_cancelled_date_is_gone(deadlines):
    """Cancelling what is not there is no fault."""
    deadlines.schedule(date("close", 1))
    deadlines.cancel("consultation-k1", "close", 2)
    deadlines.cancel("consultation-k1", "close", 2)
    assert list(deadlines.due(NOON + timedelta(days=9))) == []


def test_late_leader_undoes_nothing(deadlines):
    """What an older fact cancels or sets leaves alone what a later one has set."""
    deadlines.schedule(date("close", 2, sequence=7))
    deadlines.cancel("consultation-k1", "close", 5)
    deadlines.schedule(date("close", 1, sequence=3))
    assert list(deadlines.due(NOON + timedelta(days=9))) == [date("close", 2, sequence=7)]


@dataclass(frozen=True)
class Noted:
    """What `draft` stores."""

    text: str


def test_view_takes_each_fact_once(db):
    """Also when the checkpoint was lost after the documents were written."""
    log = EventLog(db)
    log.prepare()
    view = View(
        "counts",
        key=lambda fact: fact.stream,
        project=lambda document, _fact: {"n": (document or {"n": 0})["n"] + 1},
    )
    follower = Follower(db, log, EventTypes([EventType("noted", 1, Noted)]), view)
    for version in range(1, 4):
        log.append(draft("a-1", version))
    assert follower.step(fence=1) == 3
    view.collection(db).delete_one({"_id": "_checkpoint"})
    assert follower.step(fence=1) == 3
    assert view.collection(db).find_one({"_id": "a-1"})["n"] == 3
