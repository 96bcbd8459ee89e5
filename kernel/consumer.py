"""The consumer: one message at a time, acknowledged only when its effect is committed.

A message whose handler fails waits on the retry ladder while the others go on; after the
last step, or at once when it cannot be read, it is parked with the error in a header, for a
person to look at (`pst parked`); the header quotes nothing, as a message may name a person who
is forgotten later. Our own confirmed publish moves a message, and only then is
it acknowledged: a crash between the two delivers it twice, never not at all.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from kombu.message import Message
from kombu.messaging import Consumer as KombuConsumer
from marshmallow import Schema, ValidationError

from contracts.common import schema
from contracts.errors import PstError, StreamUnavailable, Unavailable
from contracts.events import CONTENT_TYPE, EVENTS, TYPE_PREFIX, Envelope
from contracts.topology import RETRY_LADDER_S, parked_queue, retry_queue
from kernel.broker import Publisher, connection, consumer_queues
from kernel.clock import pause
from kernel.metrics import CONSUMED

log = structlog.get_logger()

ATTEMPT = "x-pst-attempt"
ERROR = "x-pst-error"
ROUTING_KEY = "x-pst-routing-key"
PREFETCH = 20
WAIT_S = 1.0


class Unreadable(Exception):
    """A message that no later try could understand."""


class _Stopping(Exception):
    """Leave the message to the next consumer."""


class Consumer:
    """Feeds the events of one service's queue to `handle(envelope)`, in order."""

    def __init__(
        self,
        url: str,
        service: str,
        bindings: tuple[str, ...],
        handle: Callable[[dict[str, Any]], None],
    ) -> None:
        self._url = url
        self._service = service
        self._queues = consumer_queues(service, bindings)
        self._handle = handle
        self._publisher = Publisher(url)
        self._stopping = False
        self._consuming = False

    def check(self) -> str | None:
        """Say what keeps the process from being ready."""
        return None if self._consuming else "not connected"

    def stop(self) -> None:
        """Finish the message in hand, then stop."""
        self._stopping = True

    def run(self) -> None:
        """Consume until stopped; a lost broker is waited for."""
        while not self._stopping:
            try:
                self._consume()
            except Exception as error:  # whatever broke, the messages are still in the queue
                self._consuming = False
                log.warning("consumer_disconnected", error=f"{type(error).__name__}: {error}")
                pause(WAIT_S)
        self._publisher.close()

    def _consume(self) -> None:
        with connection(self._url) as conn:
            conn.connect()
            channel = conn.channel()
            for queue in self._queues:
                queue(channel).declare()
            consumer = KombuConsumer(
                channel,
                [self._queues[0]],
                on_message=self._take,
                on_decode_error=self._undecodable,
                prefetch_count=PREFETCH,
                auto_declare=False,
            )
            with consumer:
                self._consuming = True
                while not self._stopping:
                    with suppress(TimeoutError):  # nothing came: see whether to stop
                        conn.drain_events(timeout=WAIT_S)

    def _take(self, message: Message) -> None:
        if self._stopping:
            return  # unacknowledged: the next consumer gets it
        try:
            envelope = read(message)
            if envelope["event"] is not None:
                self._until_available(envelope)
        except _Stopping:
            return
        except Unreadable as error:
            self._park(message, str(error))
        except Exception as error:
            log.exception("message_failed", message_id=message.properties.get("message_id"))
            self._next_step(message, _told(error))
        else:
            self._count("done")
        message.ack()

    def _undecodable(self, message: Message, error: Exception) -> None:
        """What the library cannot unpack is parked as it came."""
        self._park(message, f"cannot be unpacked: {type(error).__name__}")
        message.ack()

    def _until_available(self, envelope: dict[str, Any]) -> None:
        """Something of ours being away is no fault of the message: it keeps its place."""
        while True:
            try:
                return self._handle(envelope)
            except StreamUnavailable:
                raise  # no outage: the others need not wait for this one
            except Unavailable as error:
                if self._stopping:
                    raise _Stopping from error
                log.warning("waiting_to_consume", error=str(error))
                pause(WAIT_S)

    def _next_step(self, message: Message, error: str) -> None:
        attempt = _attempt(message)
        if attempt >= len(RETRY_LADDER_S):
            self._park(message, error)
        else:
            self._count("put off")
            step = retry_queue(self._service, RETRY_LADDER_S[attempt])
            self._move(message, step, {ATTEMPT: attempt + 1, ERROR: error})

    def _park(self, message: Message, error: str) -> None:
        self._count("parked")
        log.error("message_parked", message_id=message.properties.get("message_id"), error=error)
        self._move(message, parked_queue(self._service), {ERROR: error})

    def _count(self, result: str) -> None:
        CONSUMED.labels(self._service, result).inc()

    def _move(self, message: Message, queue: str, headers: dict[str, Any]) -> None:
        came_as = message.headers.get(ROUTING_KEY) or message.delivery_info["routing_key"]
        self._publisher.publish(
            _bytes(message),
            exchange="",
            routing_key=queue,
            content_type=message.content_type or "application/octet-stream",
            message_id=message.properties.get("message_id", ""),
            headers={**message.headers, ROUTING_KEY: came_as, **headers},
        )


def read(message: Message) -> dict[str, Any]:
    """Return the validated envelope; raise `Unreadable` for what will never be understood.

    Added to it: `event`, the event's name, None for one that this process does not know yet
    and may ignore; `data` is then as it came.
    """
    if message.content_type != CONTENT_TYPE:
        raise Unreadable(f"its content type is not {CONTENT_TYPE}")
    try:
        envelope = _loaded(Envelope, json.loads(_bytes(message).decode()))
        service, event, version = _kind(envelope["type"])
        shape = EVENTS.get((service, event, version))
        envelope["event"] = event if shape else None
        if shape:
            envelope["data"] = _loaded(shape, envelope["data"])
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON, or of no known type: {type(error).__name__}") from error
    return envelope


def _loaded(shape: type[Schema], words: Any) -> dict[str, Any]:
    known = schema(shape)
    try:
        loaded: dict[str, Any] = known.load(words)
    except ValidationError as error:
        wrong = ", ".join(name for name in known.fields if name in error.messages_dict)
        raise Unreadable(f"not a CloudEvent of ours: {wrong or 'no object'}") from error
    return loaded


def _told(error: Exception) -> str:
    """Say what failed; the words of who is not of ours might quote the message."""
    return f"{type(error).__name__}: {error if isinstance(error, PstError) else 'see the log'}"


def _kind(event_type: str) -> tuple[str, str, int]:
    service, event, version = event_type.removeprefix(f"{TYPE_PREFIX}.").split(".")
    return service, event, int(version.removeprefix("v"))


def _attempt(message: Message) -> int:
    """Read how often it was tried; who sent it may have written anything there."""
    said = message.headers.get(ATTEMPT, 0)
    return max(0, said) if isinstance(said, int) else 0


def _bytes(message: Message) -> bytes:
    body = message.body
    return body.encode() if isinstance(body, str) else bytes(body)
