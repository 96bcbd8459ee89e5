"""Something that changes and that many look at: read once for all of them."""

from collections.abc import Callable, Sequence

import eventlet
import structlog
from eventlet.event import Event

from contracts.errors import PstError
from gateway.sse import Message
from gateway.streams import Stream, wake_all
from kernel.clock import monotonic

log = structlog.get_logger()

LOOK_S = 10.0
"""Read again after so long though nothing was told: a word may be lost, and days end."""

AGAIN_S = 1.0
"""After so long when it could not be read."""

PACE_S = 0.1
"""Read no more often than this, whatever happens."""


class Topic:
    """Read when it has changed, for as long as somebody listens; several changes are one reading.

    `read` raises `PstError` while what it asks is away: who listens keeps what there was.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], Message],
        spawn: Callable[[Callable[[], None]], object],
    ) -> None:
        self.name = name
        self.newest: Message | None = None
        self._read = read
        self._spawn = spawn
        self._streams: set[Stream] = set()
        self._changed = Event()
        self._followed = False

    def change(self) -> None:
        """Say that it may have changed."""
        if not self._changed.ready():
            self._changed.send(True)

    def since(self, seen: str) -> Sequence[Message]:
        """Return the newest, which is the whole of what there is to say, if it is another."""
        newest = self.newest
        return [] if newest is None or newest.id == seen else [newest]

    def join(self, stream: Stream) -> None:
        """Have one more listen."""
        self._streams.add(stream)
        if not self._followed:
            self._followed = True
            self._spawn(self._follow)

    def leave(self, stream: Stream) -> None:
        """Have one listen no more; what was read is not kept for who comes later."""
        self._streams.discard(stream)
        if not self._streams:
            self.newest = None
            self.change()

    def _follow(self) -> None:
        while self._streams:
            self._changed, began = Event(), monotonic()  # a change while it is read is heard
            self._changed.wait(LOOK_S if self._look() else AGAIN_S)
            eventlet.sleep(max(0.0, began + PACE_S - monotonic()))
        self._followed, self.newest = False, None  # it may have been read after the last left

    def _look(self) -> bool:
        try:
            newest = self._read()
        except PstError as error:
            log.warning("not_read", topic=self.name, error=str(error))
            return False
        except Exception:  # a fault of ours must not end the process
            log.exception("reading_failed", topic=self.name)
            return False
        if self.newest is None or newest.id != self.newest.id:
            self.newest = newest
            wake_all(self._streams)
        return True
