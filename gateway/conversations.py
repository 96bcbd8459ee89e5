"""The conversations that somebody follows, as streams: each fact of one, in order, from where they
were.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import nameko
import structlog

from contracts.errors import PstError
from gateway.call import Call
from gateway.hearing import Hearing
from gateway.server import ApiServer
from gateway.sse import Message, message
from gateway.streams import EventStream, Stream, wake_all
from host.rpc import ServiceRpc
from kernel.clock import Clock
from kernel.config import Settings

log = structlog.get_logger()

Following = defaultdict[str, set[Stream]]


class Conversation:
    """What happens in one consultation, as far as one caller may see it.

    Told of a change it asks the service, as the caller; so it does every few seconds anyway, as
    of internal notes nothing is published, and a word may be lost.
    """

    name = "conversation"

    def __init__(self, service: Any, call: Call, following: Following) -> None:
        self._service = service
        self._asked = {"consultation_id": call.path["consultation_id"], "caller": call.caller}
        self._following = following

    def read(self, seen: str) -> Sequence[Message]:
        """Return what happened after a version; raises what the service refuses."""
        after = int(seen) if seen.isdecimal() and len(seen) < 10 else 0
        items = self._service.changes({**self._asked, "after": after})["items"]
        return [message(item["type"], str(item["version"]), item) for item in items]

    def since(self, seen: str) -> Sequence[Message]:
        """Return what happened after a version, nothing while the service is away."""
        try:
            return self.read(seen)
        except PstError as error:
            log.warning("not_read", stream=self.name, error=str(error))
            return []

    def join(self, stream: Stream) -> None:
        """Wake this one when something happens."""
        self._following[self._asked["consultation_id"]].add(stream)

    def leave(self, stream: Stream) -> None:
        """Wake it no more; nothing is kept of a conversation that nobody follows."""
        streams = self._following[self._asked["consultation_id"]]
        streams.discard(stream)
        if not streams:
            del self._following[self._asked["consultation_id"]]


class Conversations(ServiceRpc):
    """Gives the gateway the conversations that are followed, and wakes who follows them."""

    server = ApiServer()

    def __init__(self) -> None:
        super().__init__("consultation")
        self._following: Following = defaultdict(set)

    def setup(self) -> None:
        """Know where to listen."""
        super().setup()
        settings: Settings = nameko.config["settings"]
        self._hearing = Hearing(settings.amqp_url, "consultation", self._heard, self._missed)

    def start(self) -> None:
        """Begin to listen to the consultation service."""
        self._service = self.caller()
        self._thread = self.container.spawn_managed_thread(self._hearing.run)

    def stop(self) -> None:
        """Listen no more."""
        self._thread.kill()

    def get_dependency(self, _worker_ctx: Any) -> "Conversations":  # not the service itself
        """Return them."""
        return self

    def stream(self, call: Call) -> EventStream:
        """Answer with what happens in a consultation, after what the caller has seen.

        The stream ends with the caller's token.

        Raises what the service refuses, and what `Streams.open` does.
        """
        source = Conversation(self._service, call, self._following)
        seen = call.last_event_id or str(call.query["after"])
        source.read(seen)  # who may not see it is told so, not left waiting
        left = call.identity.ends_at - Clock().now().timestamp()
        return self.server.streams.open(source, seen, call.address, left)

    def change(self, consultation_id: str) -> None:
        """Say that something may have happened in a consultation."""
        wake_all(self._following.get(consultation_id, ()))

    def _heard(self, _office: str, subject: str) -> None:
        self.change(subject)

    def _missed(self) -> None:
        for consultation_id in tuple(self._following):
            self.change(consultation_id)
