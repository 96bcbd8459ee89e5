"""The relay on the real broker and database: whole batches, in order, none of it lost."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from contracts.errors import Unavailable
from contracts.events import EVENTS
from kernel import relay as relays
from kernel.broker import Outgoing, Publisher
from kernel.codec import EventType, EventTypes, UnknownEvent
from kernel.deadlines import Deadlines
from kernel.effects import Cancel, Publish, Schedule
from kernel.event_log import EventLog
from kernel.relay import Relay
from tests.contract.log_contract import draft
from tests.support import NOON

MANY = 30


@dataclass(frozen=True)
class Noted:
    """What `draft` stores."""

    text: str


TYPES = EventTypes([EventType("noted", 1, Noted)])

DUE = {"answered_at": NOON, "due_at": NOON}


def published(fact):
    """Tell of each fact, by an event whose shape is known."""
    return [Publish("sla_met", DUE)]


class Desk:
    """A log, a relay, and what a subscriber hears of it."""

    def __init__(self, db, url, subscriber, react=published):
        self.log = EventLog(db)
        self.log.prepare()
        self.deadlines = Deadlines(db)
        self.publisher = Publisher(url)
        self.subscriber = subscriber
        self.relay = Relay("desk", self.log, TYPES, react, self.publisher, self.deadlines)

    def heard(self):
        """Return (subject, sequence) of what arrived."""
        return [(e["subject"], e["sequence"]) for _, e in self.subscriber.drain()]

    def dates(self):
        """Return the names of the dates, whenever due, in the order of their time."""
        return [d.name for d in self.deadlines.due(NOON + timedelta(days=99))]


@pytest.fixture
def desk(stack, db, monkeypatch):
    """A service of which nobody has heard before."""
    monkeypatch.setitem(EVENTS, ("desk", "sla_met", 1), EVENTS["consultation", "sla_met", 1])
    with stack.subscriber("*.desk.*") as subscriber:
        found = Desk(db, stack.settings.amqp_url, subscriber)
        yield found
        found.publisher.close()


def fill(log, count=MANY, streams=3):
    """Append to some streams in turn; return (subject, version) in the order of the log."""
    for n in range(count):
        log.append(draft(f"a-{n % streams}", n // streams + 1))
    return [(str(n % streams), n // streams + 1) for n in range(count)]


def test_batch_is_published_in_the_order_of_the_log(desk):
    """All of it in one step, and the checkpoint moves once."""
    stored = fill(desk.log)
    assert desk.relay.step(fence=1) == MANY
    assert desk.heard() == stored
    assert desk.deadlines.checkpoint().read() == MANY
    assert desk.relay.step(fence=1) == 0


def test_batch_whose_connection_is_lost_is_published_again_in_order(desk, monkeypatch):
    """What arrived before arrives again; first arrivals keep the order."""
    stored = fill(desk.log)
    send, sent = desk.publisher._send, []

    def cut(producer, message):
        send(producer, message)
        sent.append(message)
        if len(sent) == MANY // 2:
            raise ConnectionResetError

    monkeypatch.setattr(desk.publisher, "_send", cut)
    with pytest.raises(Unavailable, match="did not confirm: ConnectionResetError"):
        desk.relay.step(fence=1)
    assert desk.deadlines.checkpoint().read() == 0
    assert desk.relay.step(fence=1) == MANY
    heard = desk.heard()
    assert len(heard) >= MANY
    assert list(dict.fromkeys(heard)) == stored


def test_checkpoint_moves_now_and_then_under_load(desk, monkeypatch):
    """What is confirmed is not told again by who goes on; all is saved when it grows quiet."""
    monkeypatch.setattr(relays, "SAVE_S", 60.0)
    stored = []
    for version in range(1, 4):
        desk.log.append(draft("a-1", version))
        stored.append(("1", version))
        assert desk.relay.step(fence=1) == 1
        assert desk.deadlines.checkpoint().read() == 1
    assert desk.relay.step(fence=1) == 0
    assert desk.deadlines.checkpoint().read() == 3
    assert desk.heard() == stored


def test_who_leads_next_tells_again_what_was_not_saved(stack, db, desk, monkeypatch):
    """A leader that dies before it saved; one that is told to stop leaves nothing behind."""
    monkeypatch.setattr(relays, "SAVE_S", 60.0)
    for version in range(1, 4):
        desk.log.append(draft("a-1", version))
        desk.relay.step(fence=1)
    following = Desk(db, stack.settings.amqp_url, desk.subscriber)
    assert following.relay.step(fence=2) == 2
    following.log.append(draft("a-1", 4))
    assert following.relay.step(fence=2) == 1
    following.relay.settle()
    assert Desk(db, stack.settings.amqp_url, desk.subscriber).relay.step(fence=3) == 0
    assert [version for _, version in desk.heard()] == [1, 2, 3, 2, 3, 4]


def test_new_dates_are_set_at_once_though_the_checkpoint_waits(stack, db, desk, monkeypatch):
    """A date may be near; that another lost its point can wait, and does not wait for ever."""
    monkeypatch.setattr(relays, "SAVE_S", 60.0)

    def react(fact):
        match fact.sequence:
            case 1:
                return [Schedule("pointless", NOON, {})]
            case 2:
                return [Cancel("pointless"), Schedule("near", NOON + timedelta(hours=1), {})]
            case 3:
                return [Schedule("pointless", NOON + timedelta(hours=2), {})]
        return []

    busy = Desk(db, stack.settings.amqp_url, desk.subscriber, react)
    seen = []
    for version in range(1, 5):
        busy.log.append(draft("a-1", version))
        busy.relay.step(fence=1)
        seen.append(busy.dates())
    assert seen == [["pointless"], ["pointless", "near"], ["near", "pointless"], seen[2]]
    busy.log.append(draft("a-2", 2))  # drops what was never set
    busy.relay.step(fence=1)
    assert busy.relay.step(fence=1) == 0
    assert busy.dates() == ["near", "near", "pointless"]
    assert not db["deadlines"].count_documents({"name": "pointless", "sequence": 1})


def test_late_leader_that_had_put_off_saving_does_not_move_the_checkpoint(desk, monkeypatch):
    """It froze between a confirm and the checkpoint; another has led meanwhile."""
    monkeypatch.setattr(relays, "SAVE_S", 60.0)
    fill(desk.log, count=2)
    desk.relay.step(fence=6)
    fill_more = [draft("a-7", version) for version in (1, 2, 3)]
    for each in fill_more[:2]:
        desk.log.append(each)
    desk.relay.step(fence=6)
    assert desk.deadlines.checkpoint().advance(2, 3, fence=7)
    desk.log.append(fill_more[2])
    desk.relay.step(fence=6)
    assert desk.relay.step(fence=6) == 0
    desk.relay.settle()
    assert desk.deadlines.checkpoint().read() == 3


def test_what_precedes_a_commit_that_cannot_be_read_is_done(desk):
    """The relay stops at it, not before."""
    stored = fill(desk.log, count=5)
    newer = draft("a-9")
    newer.events[0]["type"] = "invented_later"
    desk.log.append(newer)
    for _ in range(2):
        with pytest.raises(UnknownEvent, match="invented_later"):
            desk.relay.step(fence=1)
        assert desk.deadlines.checkpoint().read() == 5
    assert desk.heard() == stored


def test_late_leader_repeats_but_does_not_move_the_checkpoint(desk):
    """A newer one has been here."""
    fill(desk.log, count=4)
    assert desk.deadlines.checkpoint().advance(0, 1, fence=7)
    assert desk.relay.step(fence=6) == 0
    assert desk.deadlines.checkpoint().read() == 1


def test_dates_of_a_batch_come_out_as_if_set_one_by_one(stack, db, desk):
    """Set, moved, dropped and set anew within one batch, of one stream and of several."""

    def react(fact):
        later = NOON + timedelta(days=fact.sequence)
        match fact.sequence:
            case 1:
                return [Schedule("moved", later, {}), Schedule("dropped", later, {})]
            case 2:
                return [Cancel("dropped"), Schedule("moved", later, {}), Cancel("never")]
            case 3:
                return [Schedule("own", later, {}), Cancel("own")]
            case 4:
                return [Cancel("anew"), Schedule("anew", later, {})]
        return []

    busy = Desk(db, stack.settings.amqp_url, desk.subscriber, react)
    for version in range(1, 6):
        for stream in ("a-1", "a-2"):
            busy.log.append(draft(stream, version))
    assert busy.relay.step(fence=1) == 10
    found = list(busy.deadlines.due(NOON + timedelta(days=99)))
    assert [(d.stream, d.name, d.sequence) for d in found] == [
        (stream, name, sequence)
        for name, sequence in (("moved", 2), ("own", 3), ("anew", 4))
        for stream in ("a-1", "a-2")
    ]
    assert [d.due_at for d in found] == [NOON + timedelta(days=d.sequence) for d in found]


@pytest.mark.parametrize("size", [1, 3, 200])
def test_any_size_of_batch_comes_to_the_same(desk, monkeypatch, size):
    """Batches are about speed alone."""
    monkeypatch.setattr(relays, "BATCH", size)
    stored = fill(desk.log, count=10)
    while desk.relay.step(fence=1):
        pass
    assert desk.heard() == stored


def outgoing(n, key):
    """Make a message to the default exchange."""
    return Outgoing(
        body=json.dumps(n).encode(),
        exchange="",
        routing_key=key,
        content_type="application/json",
        message_id=str(n),
    )


def test_one_message_that_no_queue_takes_fails_the_batch(desk):
    """The others may have arrived; the next batch is not blamed for it."""
    queue = desk.subscriber.queue
    messages = [outgoing(1, queue), outgoing(2, "nowhere"), outgoing(3, queue)]
    with pytest.raises(Unavailable, match="no queue takes nowhere"):
        desk.publisher.publish_all(messages)
    desk.publisher.publish_all([outgoing(4, queue)])
    assert [n for _, n in desk.subscriber.drain()] == [1, 3, 4]


def test_message_that_the_broker_refuses_fails_the_batch(desk):
    """A full queue that rejects: a nack."""
    full = desk.subscriber.channel.queue_declare(
        "", exclusive=True, arguments={"x-max-length": 2, "x-overflow": "reject-publish"}
    ).method.queue
    with pytest.raises(Unavailable, match="the broker refused a message"):
        desk.publisher.publish_all([outgoing(n, full) for n in range(6)])


def test_what_the_broker_refuses_is_not_overtaken_within_its_subject(desk):
    """One queue is full, another takes all: nobody hears the second word before the first."""
    full = desk.subscriber.channel.queue_declare(
        "", exclusive=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"}
    ).method.queue
    desk.publisher.publish_all([outgoing(0, full)])
    queue = desk.subscriber.queue
    first, other = replace(outgoing(1, full), subject="a"), replace(outgoing(2, queue), subject="b")
    second = replace(outgoing(3, queue), subject="a")
    with pytest.raises(Unavailable, match="the broker refused a message"):
        desk.publisher.publish_all([first, other, second])
    assert [n for _, n in desk.subscriber.drain()] == [2]
