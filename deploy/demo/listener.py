"""Another system, listening: a queue of its own at the broker, and what arrives in it."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pika
from pika.exceptions import AMQPError

from contracts.topology import EVENTS_EXCHANGE
from deploy.problem import Problem

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Event:
    """One published event. `received` is on this process's monotonic clock."""

    routing_key: str
    envelope: dict[str, Any]
    received: float

    @property
    def service(self) -> str:
        """Who tells it."""
        return self.routing_key.split(".")[1]

    @property
    def name(self) -> str:
        """What happened."""
        return self.routing_key.split(".")[2]

    @property
    def about(self) -> str:
        """Which consultation it is about."""
        return str(self.data.get("about", self.envelope["subject"]))

    @property
    def data(self) -> dict[str, Any]:
        """What it says besides."""
        return dict(self.envelope["data"])

    @property
    def correlation_id(self) -> str:
        """What it has in common with all that one call has caused."""
        return str(self.envelope["correlationid"])

    @property
    def at(self) -> datetime:
        """When it happened, by the system's clock."""
        return datetime.fromisoformat(self.envelope["time"])


class Listener:
    """Collects the events of one binding in a thread; a context manager."""

    def __init__(self, url: str, binding: str) -> None:
        self._url = url
        self._binding = binding
        self._received: list[Event] = []
        self._news = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> "Listener":
        try:
            self._connection = pika.BlockingConnection(pika.URLParameters(self._url))
            self._channel = self._connection.channel()
            queue = self._channel.queue_declare("", exclusive=True).method.queue
            self._channel.queue_bind(queue, EVENTS_EXCHANGE, self._binding)
            self._channel.basic_consume(queue, self._take, auto_ack=True)
        except AMQPError as error:
            raise Problem(f"Cannot listen to {EVENTS_EXCHANGE} at the broker: {error}") from error
        self._thread.start()  # from here on the connection is the thread's
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(AMQPError):  # closed already: the broker went away
            self._connection.add_callback_threadsafe(self._channel.stop_consuming)
        self._thread.join(PATIENCE_S)

    def count(self) -> int:
        """Return how many have arrived so far."""
        return len(self._received)

    def since(self, count: int) -> list[Event]:
        """Return what has arrived but for the first `count`."""
        return self._received[count:]

    def about(self, consultation_id: str) -> list[Event]:
        """Return what has arrived about one consultation, in order of arrival."""
        return [event for event in self._received if event.about == consultation_id]

    def wait(self, wanted: Callable[[Event], bool], after: int, what: str) -> Event:
        """Return the first wanted event but for the first `after`; wait for it.

        Raises `Problem`, naming `what`, when it does not come.
        """
        with self._news:
            self._news.wait_for(
                lambda: self._ended or any(map(wanted, self._received[after:])),
                PATIENCE_S,
            )
            found = next(filter(wanted, self._received[after:]), None)
        if found is None:
            lost = " (the connection to the broker was lost)" if self._ended else ""
            raise Problem(f"{what} did not come within {PATIENCE_S:.0f} s{lost}.")
        return found

    def _take(self, _channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        event = Event(method.routing_key, json.loads(body), time.monotonic())
        with self._news:
            self._received.append(event)
            self._news.notify_all()

    def _listen(self) -> None:
        with suppress(AMQPError):  # whoever waits is told
            self._channel.start_consuming()
            self._connection.close()
        with self._news:
            self._ended = True
            self._news.notify_all()
