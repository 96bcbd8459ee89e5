"""The broker from inside the services: queues and exchanges, and a publisher that never loses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.messaging import Producer

from contracts import topology
from contracts.errors import Unavailable
from kernel.clock import monotonic

CONFIRM_S = 10.0
"""How long the broker may take to confirm what was published together."""

EVENTS = Exchange(topology.EVENTS_EXCHANGE, type="topic", durable=True)
QUORUM = {"x-queue-type": "quorum"}


def connection(url: str) -> Connection:
    """Return a connection, not yet open, that fails fast when the broker is away.

    A dead peer is noticed by TCP keep-alive, which the library turns on, instead of AMQP
    heartbeats, which nobody could send while a handler works.
    """
    return Connection(url, connect_timeout=3)


def events_stream() -> Queue:
    """The stream that takes every event."""
    return Queue(
        topology.EVENTS_STREAM,
        EVENTS,
        routing_key="#",
        queue_arguments={
            "x-queue-type": "stream",
            "x-max-age": topology.STREAM_MAX_AGE,
            "x-max-length-bytes": topology.STREAM_MAX_BYTES,
        },
    )


def consumer_queues(service: str, bindings: tuple[str, ...]) -> list[Queue]:
    """The queue a service consumes from, its retry ladder, and where failures are parked."""
    name = topology.consumer_queue(service)
    main = {
        **QUORUM,
        "x-single-active-consumer": True,
        "x-delivery-limit": topology.MAX_DELIVERIES,
        **_dead_letters_to(topology.parked_queue(service)),
    }
    steps = [
        Queue(
            topology.retry_queue(service, s),
            queue_arguments={**QUORUM, "x-message-ttl": s * 1000, **_dead_letters_to(name)},
        )
        for s in topology.RETRY_LADDER_S
    ]
    bound = [Queue(name, EVENTS, routing_key=key, queue_arguments=main) for key in bindings]
    parked = {**QUORUM, "x-delivery-limit": topology.MAX_LOOKS}
    return [*bound, *steps, Queue(topology.parked_queue(service), queue_arguments=parked)]


def _dead_letters_to(queue: str) -> dict[str, str]:
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One persistent message on its way out; those of one `subject` keep their order."""

    body: bytes
    subject: str = ""
    exchange: str
    routing_key: str
    content_type: str
    message_id: str
    headers: Mapping[str, Any] | None = None


class Publisher:
    """Publishes with confirms and `mandatory`: on return the broker has it in a queue.

    One thread at a time. Raises `Unavailable` when it is not certain that the broker has all
    the messages; publish all of them again then (consumers deduplicate).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._channel: Any = None
        self._producer: Producer | None = None
        self._sent = 0
        self._waiting: set[int] = set()
        self._refused: list[str] = []

    def publish(self, body: bytes, **address: Any) -> None:
        """Publish one message; `address` is what else an `Outgoing` has."""
        self.publish_all([Outgoing(body=body, **address)])

    def publish_all(self, messages: Sequence[Outgoing]) -> None:
        """Publish all, and wait until the broker has confirmed every one.

        What belongs to different subjects travels together. The next message of a subject
        leaves when the one before it is confirmed: refused, it must not be overtaken.
        """
        for row in _rows(messages):
            self._publish_row(row)

    def _publish_row(self, row: Sequence[Outgoing]) -> None:
        try:
            producer = self._producer or self._open()
            for message in row:
                self._send(producer, message)
            self._await_confirms()
        except Exception as error:  # kombu's transports raise many kinds; the next one reconnects
            self.close()
            raise Unavailable(f"the broker did not confirm: {type(error).__name__}") from error
        refused, self._refused = self._refused, []
        if refused:
            raise Unavailable(refused[0])

    def close(self) -> None:
        """Drop the connection; the next message opens another."""
        if self._channel is not None and self._channel.connection is not None:
            # without a word to the broker: frozen, it would not answer a polite good-bye
            self._channel.connection.collect()
        self._channel = self._producer = None

    def _open(self) -> Producer:
        self._channel = connection(self._url).channel()
        self._sent, self._waiting, self._refused = 0, set(), []
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._confirmed)
        self._channel.events["basic_nack"].add(self._on_nack)
        events_stream()(self._channel).declare()
        self._producer = Producer(self._channel, on_return=self._on_return)
        return self._producer

    def _send(self, producer: Producer, message: Outgoing) -> None:
        self._sent += 1  # the broker counts too: this is the message's tag
        self._waiting.add(self._sent)
        producer.publish(
            message.body,
            exchange=message.exchange,
            routing_key=message.routing_key,
            content_type=message.content_type,
            content_encoding="utf-8",
            delivery_mode=2,
            mandatory=True,
            message_id=message.message_id,
            headers=dict(message.headers or {}),
            timeout=CONFIRM_S,
        )

    def _await_confirms(self) -> None:
        give_up = monotonic() + CONFIRM_S
        while self._waiting:
            if self._channel.connection is None:
                raise ConnectionError("closed")
            self._channel.connection.drain_events(timeout=max(0.01, give_up - monotonic()))

    def _confirmed(self, tag: int, multiple: bool) -> None:
        if multiple:
            self._waiting = {t for t in self._waiting if t > tag}
        else:
            self._waiting.discard(tag)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._refused.append("the broker refused a message")
        self._confirmed(tag, multiple)

    def _on_return(self, exception: Exception, _exchange: str, key: str, _message: object) -> None:
        self._refused.append(f"no queue takes {key}: {exception}")


def _rows(messages: Sequence[Outgoing]) -> list[list[Outgoing]]:
    """Return the messages in rows: the first of each subject, the second of each, and so on."""
    rows: list[list[Outgoing]] = []
    before: Counter[str] = Counter()
    for message in messages:
        n = before[message.subject]
        if message.subject:
            before[message.subject] += 1
        if n == len(rows):
            rows.append([])
        rows[n].append(message)
    return rows


def reachable(url: str) -> bool:
    """Say whether the broker takes a connection now."""
    try:
        with connection(url) as conn:
            conn.connect()
    except Exception:  # any failure to connect is the answer
        return False
    return True
