"""What another system sees: the published events, in order, without personal data."""

import json
from datetime import UTC, datetime

import pika

from contracts.events import Envelope
from contracts.topology import EVENTS_STREAM
from tests.e2e.test_consultation import answered
from tests.support import eventually

STORY = [
    "consultation_submitted",
    "request_accepted",
    "message_posted",
    "consultation_answered",
    "sla_met",
    "consultation_closed",
]


def test_subscriber_sees_the_story(stack):
    """One event a fact, in the order of the log; internal notes never."""
    with stack.subscriber("1471.consultation.*") as subscriber:
        path, officer, _, _ = answered(stack)
        officer.post(f"{path}/messages", {"text": "catatan", "internal": True})
        officer.post(f"{path}/close", {"reason": "resolved"})
        mine = path.rpartition("/")[2]

        def story():
            return [e for _, e in subscriber.drain() if e["subject"] == mine]

        eventually(lambda: len(story()) >= len(STORY))
        events = story()
    assert [e["type"].split(".")[-2] for e in events] == STORY
    assert [e["sequence"] for e in events] == sorted(e["sequence"] for e in events)
    ids = {
        event["event_id"]
        for commit in stack.log_of("consultation").find({"stream": f"consultation-{mine}"})
        for event in commit["events"]
    }
    assert {e["id"] for e in events} < ids
    for event in events:
        assert Envelope().validate(event) == {}
        assert event["source"] == "/pst/1471/consultation"
        assert event["actorkind"] == "officer"


def test_correlation_id_is_found_again_in_the_events(stack):
    """From the header of the call to the envelope."""
    with stack.subscriber() as subscriber:
        resource = stack.officer().post(
            "/consultations",
            {
                "office": "1471",
                "type": "data",
                "topic": "x",
                "question": "y",
                "contact": {"name": "Siti"},
            },
            X_Correlation_ID="lacak-saya-7",
        )
        assert resource.headers["X-Correlation-ID"] == "lacak-saya-7"
        eventually(lambda: "lacak-saya-7" in [e["correlationid"] for _, e in subscriber.drain()])


def test_stream_replays_what_was_missed(stack):
    """A subscriber that comes later reads on from when it went away."""
    away_since = datetime.now(UTC)
    path, _, _, _ = answered(stack)
    eventually(lambda: stack.caught_up("consultation"))
    connection = pika.BlockingConnection(pika.URLParameters(stack.settings.amqp_url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=100)
    found: list[str] = []
    taken = 0

    def enough():
        return len(found) >= 5

    def take(channel, method, _properties, body):
        nonlocal taken
        taken += 1
        if f'"subject":"{path.rpartition("/")[2]}"'.encode() in body:
            found.append(json.loads(body)["type"].split(".")[-2])
        if not enough():
            channel.basic_ack(method.delivery_tag)

    channel.basic_consume(EVENTS_STREAM, take, arguments={"x-stream-offset": away_since})

    def read_on():
        before = taken
        connection.process_data_events(time_limit=0.5)
        # pika rejects what it still holds when it closes, and a stream ends the connection on
        # that: unacknowledged, no more than the prefetch comes, and it is taken to the last
        return enough() and taken == before

    eventually(read_on)
    connection.close()
    assert found == STORY[:5]
