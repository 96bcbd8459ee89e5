"""The boards of the offices, as streams."""

from functools import partial
from typing import Any

import nameko

from contracts.errors import Code, Rejected
from gateway.call import ANYONE, caller_of
from gateway.hearing import Hearing
from gateway.server import ApiServer
from gateway.sse import Message, message
from gateway.streams import EventStream
from gateway.topic import Topic
from host.rpc import ServiceRpc
from kernel.clock import new_id
from kernel.config import Settings
from offices.office import load_offices


class Boards(ServiceRpc):
    """Gives the gateway the board of each office, read once for all who look at it.

    What the queue service publishes says when to read; what is shown is always its answer. While
    it or the broker is away the streams stay open with what they had.
    """

    server = ApiServer()

    def __init__(self) -> None:
        super().__init__("queue")

    def setup(self) -> None:
        """Know the offices; raises `OfficeFileError` for one that cannot be used."""
        super().setup()
        settings: Settings = nameko.config["settings"]
        spawn = self.container.spawn_managed_thread
        self._topics = {
            office: Topic("board", partial(self._read, office), spawn)
            for office in load_offices(settings.offices)
        }
        self._hearing = Hearing(settings.amqp_url, "queue", self._heard, self._missed)

    def start(self) -> None:
        """Begin to listen to the queue service."""
        self._service = self.caller()
        self._thread = self.container.spawn_managed_thread(self._hearing.run)

    def stop(self) -> None:
        """Listen no more."""
        self._thread.kill()

    def get_dependency(self, _worker_ctx: Any) -> "Boards":  # not the service itself
        """Return them."""
        return self

    def stream(self, office: str, seen: str, address: str) -> EventStream:
        """Answer with an office's board; raise `Rejected` (not_found) for an unknown one.

        Who has `seen` the message of this id, hears of the next. Raises what `Streams.open` does.
        """
        if office not in self._topics:
            raise Rejected(Code.NOT_FOUND, "There is no such office.")
        return self.server.streams.open(self._topics[office], seen, address)

    def _read(self, office: str) -> Message:
        request = {"office": office, "caller": caller_of(ANYONE, new_id())}
        board = self._service.board(request)
        return message("board", f"{board['service_date']}/{board['version']}", board)

    def _heard(self, office: str, _subject: str) -> None:
        if office in self._topics:
            self._topics[office].change()

    def _missed(self) -> None:
        for topic in self._topics.values():
            topic.change()
