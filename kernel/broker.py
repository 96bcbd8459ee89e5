"""The broker from inside the services: queues and exchanges, and a publisher that never loses."""

from collections.abc import Mapping
from typing import Any

from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.messaging import Producer

from contracts.errors import Unavailable
from contracts.topology import (
    EVENTS_EXCHANGE,
    EVENTS_STREAM,
    MAX_DELIVERIES,
    RETRY_LADDER_S,
    STREAM_MAX_AGE,
    STREAM_MAX_BYTES,
    consumer_queue,
    parked_queue,
    retry_queue,
)

EVENTS = Exchange(EVENTS_EXCHANGE, type="topic", durable=True)
QUORUM = {"x-queue-type": "quorum"}


def connection(url: str) -> Connection:
    """Return a connection, not yet open, that fails fast when the broker is away.

    A dead peer is noticed by TCP keep-alive, which the library turns on, instead of AMQP
    heartbeats, which nobody could send while a handler works.
    """
    return Connection(url, connect_timeout=3, transport_options={"confirm_publish": True})


def events_stream() -> Queue:
    """The stream that takes every event."""
    return Queue(
        EVENTS_STREAM,
        EVENTS,
        routing_key="#",
        queue_arguments={
            "x-queue-type": "stream",
            "x-max-age": STREAM_MAX_AGE,
            "x-max-length-bytes": STREAM_MAX_BYTES,
        },
    )


def consumer_queues(service: str, bindings: tuple[str, ...]) -> list[Queue]:
    """The queue a service consumes from, its retry ladder, and where failures are parked."""
    name = consumer_queue(service)
    main = {
        **QUORUM,
        "x-single-active-consumer": True,
        "x-delivery-limit": MAX_DELIVERIES,
        **_dead_letters_to(parked_queue(service)),
    }
    steps = [
        Queue(
            retry_queue(service, s),
            queue_arguments={**QUORUM, "x-message-ttl": s * 1000, **_dead_letters_to(name)},
        )
        for s in RETRY_LADDER_S
    ]
    bound = [Queue(name, EVENTS, routing_key=key, queue_arguments=main) for key in bindings]
    return [*bound, *steps, Queue(parked_queue(service), queue_arguments=QUORUM)]


def _dead_letters_to(queue: str) -> dict[str, str]:
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


class Publisher:
    """Publishes with confirms and `mandatory`: on return the broker has it in a queue.

    One thread at a time. Raises `Unavailable` when it is not certain that the broker has the
    message; publish it again then (consumers deduplicate).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._channel: Any = None
        self._producer: Producer | None = None
        self._returned: list[str] = []

    def publish(
        self,
        body: bytes,
        *,
        exchange: str,
        routing_key: str,
        content_type: str,
        message_id: str,
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        """Publish one persistent message and wait until the broker has confirmed it."""
        try:
            producer = self._producer or self._open()
            self._returned.clear()
            producer.publish(
                body,
                exchange=exchange,
                routing_key=routing_key,
                content_type=content_type,
                content_encoding="utf-8",
                delivery_mode=2,
                mandatory=True,
                message_id=message_id,
                headers=dict(headers or {}),
                confirm_timeout=10,
            )
        except Exception as error:  # kombu's transports raise many kinds; the next one reconnects
            self.close()
            raise Unavailable(f"the broker did not confirm: {type(error).__name__}") from error
        if self._returned:
            raise Unavailable(f"no queue takes {routing_key}: {self._returned[0]}")

    def close(self) -> None:
        """Drop the connection; the next message opens another."""
        if self._channel is not None and self._channel.connection is not None:
            # without a word to the broker: frozen, it would not answer a polite good-bye
            self._channel.connection.collect()
        self._channel = self._producer = None

    def _open(self) -> Producer:
        self._channel = connection(self._url).channel()
        events_stream()(self._channel).declare()
        self._producer = Producer(self._channel, on_return=self._on_return)
        return self._producer

    def _on_return(self, exception: Exception, *_: object) -> None:
        self._returned.append(str(exception))


def reachable(url: str) -> bool:
    """Say whether the broker takes a connection now."""
    try:
        with connection(url) as conn:
            conn.connect()
    except Exception:  # any failure to connect is the answer
        return False
    return True
