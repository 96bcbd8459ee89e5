"""Parked messages, seen from the `pst` tool: what could not be consumed and waits for a person.

Uses pika, not kombu: the tools run without eventlet. Looking at a message takes it from the
queue and puts it back when the connection closes; nothing is lost if the tool dies.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from contracts.errors import Unavailable
from contracts.topology import consumer_queue, parked_queue
from kernel.consumer import ATTEMPT, ERROR

LOOK_AT_MOST = 10_000


@dataclass(frozen=True)
class Parked:
    """One parked message; `tag` is good for the connection that took it."""

    tag: int
    properties: Any
    body: bytes

    @property
    def id(self) -> str:
        """The event's id, or its place in the queue when it has none."""
        return self.properties.message_id or f"no-id-{self.tag}"

    @property
    def headers(self) -> dict[str, Any]:
        """What travelled with it."""
        return dict(self.properties.headers or {})

    @property
    def error(self) -> str:
        """Why it was parked."""
        return str(self.headers.get(ERROR, "took its consumer's process down too often"))


class ParkedMessages:
    """The parked messages of one service."""

    def __init__(self, channel: Any, service: str) -> None:
        self._channel = channel
        self._service = service

    def all(self) -> Iterator[Parked]:
        """Yield them, the oldest first; none when the service has never consumed."""
        try:
            for _ in range(LOOK_AT_MOST):
                method, properties, body = self._channel.basic_get(parked_queue(self._service))
                if method is None:
                    return
                yield Parked(method.delivery_tag, properties, body)
        except ChannelClosedByBroker as error:
            if error.reply_code != 404:
                raise

    def retry(self, message: Parked) -> None:
        """Send it back to its service, its tries counted from nothing; confirmed, then removed."""
        headers = {k: v for k, v in message.headers.items() if k not in (ATTEMPT, ERROR)}
        properties = message.properties
        properties.headers = headers
        self._channel.basic_publish(
            "", consumer_queue(self._service), message.body, properties, mandatory=True
        )
        self.drop(message)

    def drop(self, message: Parked) -> None:
        """Remove it for good."""
        self._channel.basic_ack(message.tag)


@contextmanager
def parked_messages(url: str, service: str) -> Iterator[ParkedMessages]:
    """Open the parked messages of a service; raise `Unavailable` when the broker is away."""
    where = pika.URLParameters(url)
    where.heartbeat = 0  # a person may think for long before answering
    try:
        connection = pika.BlockingConnection(where)
    except (AMQPError, OSError) as error:
        raise Unavailable(f"the broker does not let us in: {_why(error)}") from error
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        yield ParkedMessages(channel, service)
    except AMQPError as error:
        raise Unavailable(f"the broker broke off: {_why(error)}") from error
    finally:
        if connection.is_open:
            connection.close()


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
