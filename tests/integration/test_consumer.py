"""Taking messages from the broker: in order, once committed, and what cannot be taken waits."""

import json
import uuid
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import pika
import pytest
from structlog.testing import capture_logs

from contracts import topology
from contracts.errors import Code, Rejected, StreamUnavailable, Unavailable
from contracts.events import CONTENT_TYPE
from contracts.topology import RETRY_LADDER_S, consumer_queue, parked_queue
from kernel import broker, consumer
from kernel.broker import Outgoing, Publisher
from kernel.consumer import Consumer
from pst.parked_messages import parked_messages
from tests.support import eventually


def event(n, **changes):
    """Make an event of the conversation."""
    words = {
        "specversion": "1.0",
        "id": f"e-{n}",
        "type": "id.go.bps.pst.consultation.sla_met.v1",
        "source": "/pst/1471/consultation",
        "subject": "k1",
        "time": "2026-11-23T05:00:00.000Z",
        "datacontenttype": "application/json",
        "dataschema": "/schemas/consultation.sla_met.v1.json",
        "sequence": n,
        "position": n,
        "recordedtime": "2026-11-23T05:00:00.000Z",
        "correlationid": "c",
        "causationid": "c",
        "actorkind": "officer",
        "data": {
            "office": "1471",
            "answered_at": "2026-11-23T05:00:00.000Z",
            "due_at": "2026-11-23T05:00:00.000Z",
        },
    }
    return {**words, **changes}


class Scene:
    """A consumer of its own, what it took, and a way to send to it."""

    def __init__(self, url):
        self.url = url
        self.service = f"test-{uuid.uuid4().hex[:8]}"
        self.taken = []
        self.taken_at = {}
        self.failing = {}
        self.publisher = Publisher(url)
        self.consumer = Consumer(url, self.service, (f"*.{self.service}.*",), self.handle)
        self.thread = Thread(target=self.consumer.run)

    def handle(self, envelope):
        """Take an event, or fail as often as told."""
        self.taken.append(envelope["id"])
        self.taken_at.setdefault(envelope["id"], monotonic())
        if self.failing.get(envelope["id"], 0):
            self.failing[envelope["id"]] -= 1
            raise self.error

    error: Exception = ValueError("cannot")

    def send(self, body, content_type=CONTENT_TYPE, headers=None):
        """Publish one message to the service's queue."""
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        self.publisher.publish(
            body,
            exchange="",
            routing_key=consumer_queue(self.service),
            content_type=content_type,
            message_id="m-1",
            headers=headers,
        )

    def parked(self):
        """Return what a person would be shown."""
        with parked_messages(self.url, self.service) as messages:
            return [(m.id, m.error, m.body) for m in messages.all()]

    def retry_parked(self):
        """Send all back, as `pst parked retry --all` does."""
        with parked_messages(self.url, self.service) as messages:
            for message in list(messages.all()):
                messages.retry(message)


@contextmanager
def declared(url, service):
    """Wait until the queues exist."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()

    def there():
        nonlocal channel
        try:
            channel.queue_declare(parked_queue(service), passive=True)
        except pika.exceptions.ChannelClosedByBroker:
            channel = connection.channel()
            return False
        return True

    eventually(there)
    yield
    connection.close()


@pytest.fixture
def scene(stack, monkeypatch):
    """A consumer with a short ladder."""
    for module in (topology, consumer):
        monkeypatch.setattr(module, "RETRY_LADDER_S", (1, 2))
    monkeypatch.setattr(consumer, "WAIT_S", 0.2)
    scene = Scene(stack.settings.amqp_url)
    scene.thread.start()
    # to draw a traceback for a person at a terminal takes longer than a step of the ladder
    with capture_logs(), declared(scene.url, scene.service):
        yield scene
    scene.consumer.stop()
    scene.thread.join(10)
    scene.publisher.close()


def test_messages_are_taken_in_order(scene):
    """One after the other."""
    for n in range(20):
        scene.send(event(n))
    eventually(lambda: len(scene.taken) == 20)
    assert scene.taken == [f"e-{n}" for n in range(20)]


def test_failing_message_climbs_the_ladder_and_is_parked(scene):
    """Three tries in all; the others pass meanwhile; sent back, it is taken."""
    scene.failing["e-1"] = 3
    for n in (1, 2, 3):
        scene.send(event(n))
    eventually(lambda: scene.taken == ["e-1", "e-2", "e-3"], within=0.9)
    eventually(lambda: scene.taken.count("e-1") == 3)
    eventually(lambda: [(e, b) for _, e, b in scene.parked()] != [])
    ((_, error, body),) = scene.parked()
    assert error == "ValueError: see the log"
    assert json.loads(body) == event(1)
    scene.retry_parked()
    eventually(lambda: scene.taken.count("e-1") == 4)
    assert scene.parked() == []


def test_poison_holds_up_the_others_for_no_step_of_the_ladder(scene):
    """One message in ten always fails; every other is taken long before the first step is over."""
    poison = {f"e-{n}" for n in range(0, 50, 10)}
    scene.failing = dict.fromkeys(poison, 99)
    sent = {}
    for n in range(50):
        sent[f"e-{n}"] = monotonic()
        scene.send(event(n))
    eventually(lambda: set(scene.taken) == set(sent))
    waited = {name: at - sent[name] for name, at in scene.taken_at.items() if name not in poison}
    assert len(waited) == 45
    assert max(waited.values()) < RETRY_LADDER_S[0]
    eventually(lambda: len(scene.parked()) == len(poison), within=30, every=0.5)
    assert [name for name in scene.taken if name not in poison] == [n for n in sent if n in waited]


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe no text",
        b"{",
        b"[]",
        {"id": "not an event"},
        event(1, data={"office": "1471"}),
        event(1, type="something.else"),
        b'{"data":' + b"[" * 100_000,
    ],
    ids=[
        "no text",
        "no JSON",
        "no object",
        "no envelope",
        "wrong data",
        "no type of ours",
        "too deep",
    ],
)
def test_unreadable_message_is_parked_at_once(scene, body):
    """No later try could understand it; the next message is taken."""
    scene.send(body)
    scene.send(event(2))
    eventually(lambda: scene.taken == ["e-2"])
    assert len(scene.parked()) == 1


@pytest.mark.parametrize(
    ("words", "content_type", "said"),
    [
        ({"time": "Siti Rahma", "sequence": "Siti"}, CONTENT_TYPE, "ours: time, sequence"),
        ({"data": {"office": "1471", "answered_at": "Siti"}}, CONTENT_TYPE, "ours: answered_at"),
        ({"data": "Siti Rahma"}, CONTENT_TYPE, "ours: data"),
        ({"type": "id.go.bps.pst.consultation.sla_met.vSiti"}, CONTENT_TYPE, "type: ValueError"),
        ({}, "text/Siti", "its content type is not"),
    ],
    ids=["envelope", "data", "no object", "type", "content type"],
)
def test_error_of_an_unreadable_message_quotes_nothing_of_it(scene, words, content_type, said):
    """It names what is wrong: the person may be forgotten later, and the header would stay."""
    scene.send(event(1, **words), content_type=content_type)
    ((_, error, _),) = eventually(scene.parked)
    assert said in error
    assert "Siti" not in error


def test_error_of_a_failed_message_quotes_nothing_of_it(scene):
    """Whoever raised it may have put in what it stumbled over; our own words are ours."""
    scene.failing = {"e-1": 9, "e-2": 9}
    scene.error = KeyError("Siti Rahma")
    scene.send(event(1))
    ((_, error, _),) = eventually(scene.parked)
    assert error == "KeyError: see the log"
    scene.error = Rejected(Code.WRONG_STATE, "It is closed.")
    scene.send(event(2))
    assert eventually(lambda: scene.parked()[1:])[0][1] == "Rejected: wrong_state: It is closed."


def test_what_climbs_is_looked_at_and_stands_still(scene):
    """Where it waits for its next try; looked at, it goes on."""
    scene.failing["e-1"] = 1
    scene.send(event(1))
    with parked_messages(scene.url, scene.service) as messages:
        ((headers, body),) = eventually(lambda: [(m.headers, m.body) for m in messages.climbing()])
        assert json.loads(body) == event(1)
        assert headers[consumer.ATTEMPT] == 1
        sleep(1.5)  # longer than the step
        assert scene.taken == ["e-1"]
        assert messages.waiting() == 0
    eventually(lambda: scene.taken == ["e-1", "e-1"])


def test_nothing_is_lost_by_looking_often(scene):
    """Each look counts as a delivery, of which RabbitMQ 4 grants 20 unless told otherwise."""
    scene.send(b"{")
    eventually(scene.parked)
    for _ in range(25):
        with parked_messages(scene.url, scene.service) as messages:
            assert len(eventually(lambda: list(messages.all()))) == 1
    *_, parked = broker.consumer_queues(scene.service, ("#",))
    assert parked.name == parked_queue(scene.service)
    assert parked.queue_arguments["x-delivery-limit"] > 1_000_000


def test_many_parked_messages_are_all_looked_at(scene):
    """However many wait: who looks for a person must find every message."""
    many = [
        Outgoing(
            body=b"{",
            exchange="",
            routing_key=parked_queue(scene.service),
            content_type="text/plain",
            message_id=str(n),
        )
        for n in range(10_001)
    ]
    scene.publisher.publish_all(many)
    with parked_messages(scene.url, scene.service) as messages:
        assert [m.id for m in messages.all()] == [m.message_id for m in many]


def test_body_that_cannot_be_unpacked_is_parked_at_once(scene):
    """Packed by no method we know."""
    scene.send(event(1), headers={"compression": "nonsense"})
    scene.send(event(2))
    eventually(lambda: scene.taken == ["e-2"])
    assert "cannot be unpacked" in scene.parked()[0][1]


@pytest.mark.parametrize("said", ["often", -7])
def test_odd_count_of_tries_counts_as_none(scene, said):
    """Who sent it may have written anything there."""
    scene.failing["e-1"] = 1
    scene.send(event(1), headers={consumer.ATTEMPT: said})
    eventually(lambda: scene.taken == ["e-1", "e-1"])


def test_wrong_content_type_is_parked(scene):
    """Whatever it is, it is no event."""
    scene.send(event(1), content_type="text/plain")
    eventually(lambda: len(scene.parked()) == 1)
    assert scene.taken == []


def test_event_that_is_not_known_yet_is_passed_over(scene):
    """A newer publisher may say more than this consumer understands."""
    scene.send(event(1, type="id.go.bps.pst.consultation.invented_later.v1"))
    scene.send(event(2))
    eventually(lambda: scene.taken == ["e-2"])
    assert scene.parked() == []


def test_outage_keeps_the_message_in_its_place(scene):
    """Nothing climbs, nothing is overtaken, nothing is lost."""
    scene.error = Unavailable("the database is away")
    scene.failing["e-1"] = 3
    for n in (1, 2):
        scene.send(event(n))
    eventually(lambda: scene.taken == ["e-1"] * 4 + ["e-2"])
    assert scene.parked() == []


def test_stream_that_cannot_be_served_does_not_hold_up_the_others(scene):
    """It is no outage: the message climbs, and the next is taken meanwhile."""
    scene.error = StreamUnavailable("k-1 is newer than this process")
    scene.failing["e-1"] = 1
    for n in (1, 2):
        scene.send(event(n))
    eventually(lambda: scene.taken == ["e-1", "e-2", "e-1"])
    assert scene.parked() == []


def test_message_that_reaches_no_queue_is_an_error(stack):
    """`mandatory`: never lost without a word."""
    publisher = Publisher(stack.settings.amqp_url)
    with pytest.raises(Unavailable, match="no queue takes"):
        publisher.publish(
            b"x", exchange="", routing_key="nowhere", content_type="text/plain", message_id="1"
        )
    publisher.close()
