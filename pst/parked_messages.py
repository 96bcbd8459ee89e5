"""Parked messages, seen from the `pst` tool: what could not be consumed and waits for a person.

Uses pika, not kombu: the tools run without eventlet. Looking at a message takes it from the
queue and puts it back when the connection closes; nothing is lost if the tool dies.

What still climbs the retry ladder can be looked at, too, and stands still meanwhile. What its
service has yet to take in cannot: the broker shows that queue to its one consumer only.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from contracts.errors import Unavailable
from contracts.topology import RETRY_LADDER_S, consumer_queue, parked_queue, retry_queue
from kernel.config import SettingsError
from kernel.consumer import ATTEMPT, ERROR


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
    """The parked messages of one service; `exists` tells whether there is a queue of a name."""

    def __init__(self, channel: Any, service: str, exists: Callable[[str], bool]) -> None:
        self._channel = channel
        self._service = service
        self._exists = exists

    def all(self) -> Iterator[Parked]:
        """Yield every one, the oldest first; none when the service has never consumed."""
        return self._held(parked_queue(self._service))

    def climbing(self) -> Iterator[Parked]:
        """Yield those on the retry ladder, the lowest step first: who moves meanwhile moves up."""
        for seconds in RETRY_LADDER_S:
            yield from self._held(retry_queue(self._service, seconds))

    def waiting(self) -> int | None:
        """Return how many the service has yet to take in; None when it has never consumed."""
        if not self._exists(queue := consumer_queue(self._service)):
            return None
        return int(self._channel.queue_declare(queue, passive=True).method.message_count)

    def _held(self, queue: str) -> Iterator[Parked]:
        if not self._exists(queue):
            return
        while (found := self._channel.basic_get(queue))[0] is not None:
            method, properties, body = found
            yield Parked(method.delivery_tag, properties, body)

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
    try:
        where = pika.URLParameters(url)
    except ValueError as error:
        raise SettingsError(f"PST_AMQP_URL is wrong: {error}.") from error
    where.heartbeat = 0  # a person may think for long before answering
    try:
        connection = pika.BlockingConnection(where)
    except (AMQPError, OSError) as error:
        raise Unavailable(f"no connection to the broker: {_why(error)}") from error
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        yield ParkedMessages(channel, service, partial(_exists, connection))
    except AMQPError as error:
        raise Unavailable(f"the broker broke off: {_why(error)}") from error
    finally:
        if connection.is_open:
            connection.close()


def _exists(connection: pika.BlockingConnection, queue: str) -> bool:
    channel = connection.channel()  # of its own: a no closes it
    try:
        channel.queue_declare(queue, passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code != 404:
            raise
        return False
    channel.close()
    return True


def _why(error: Exception) -> str:
    while not str(error) and error.args and isinstance(error.args[0], Exception):
        error = error.args[0]  # pika says the cause there, and nothing itself
    error = getattr(error, "exception", error)
    return str(error) or type(error).__name__
