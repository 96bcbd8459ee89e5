"""What the services tell, heard without being kept: for who only wants to look again."""

import json
from collections.abc import Callable

import eventlet
import structlog
from kombu.entity import Queue
from kombu.message import Message

from kernel.broker import EVENTS, connection

log = structlog.get_logger()

AGAIN_S = 1.0

WAITING = 1000
"""So many events wait for a process that stands still; older ones are dropped."""


class Hearing:
    """Calls `heard(office, subject)` for each event of a service, `missed()` when some may be lost.

    The subject is whom the event is about: a consultation, a ticket, a day.
    """

    def __init__(
        self, url: str, service: str, heard: Callable[[str, str], None], missed: Callable[[], None]
    ) -> None:
        self._url = url
        self._binding = f"*.{service}.*"
        self._heard = heard
        self._missed = missed

    def run(self) -> None:
        """Listen for ever; a lost broker is waited for."""
        while True:
            try:
                self._listen()
            except Exception as error:  # kombu's transports raise many kinds
                log.warning("hears_nothing", error=f"{type(error).__name__}: {error}")
                eventlet.sleep(AGAIN_S)

    def _listen(self) -> None:
        own = Queue(
            exchange=EVENTS,
            routing_key=self._binding,
            durable=False,
            exclusive=True,
            auto_delete=True,
            max_length=WAITING,
        )
        with connection(self._url) as conn:
            conn.connect()  # or not, at once: the library would try again ever more rarely
            conn.Consumer([own], on_message=self._take, no_ack=True).consume()
            self._missed()
            while True:
                conn.drain_events()

    def _take(self, message: Message) -> None:
        office = message.delivery_info["routing_key"].partition(".")[0]
        self._heard(office, json.loads(message.body)["subject"])
