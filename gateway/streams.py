"""The streams of server-sent events that are open in this process."""

import resource
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import eventlet
from eventlet.event import Event
from prometheus_client import Gauge
from werkzeug.wrappers import Response

from contracts.errors import Code, Unavailable
from gateway.errors import Refusal
from gateway.sse import HEARTBEAT, MEDIA_TYPE, Message, come_back_after
from kernel.clock import jitter, monotonic

HEARTBEAT_S = 10.0
"""After so long without a word a stream says that it lives, and looks whether its client does."""

MOST = 1000
"""So many streams at a time in one process: calls are to get through beside them."""

LATER_S = 5
"""When who was refused may try again."""

AGAIN_S = (1.0, 6.0)
"""When a client comes back; not all at once when a gateway has gone."""

WOKEN_TOGETHER = 10
"""So many streams write one after the other before calls have their turn ..."""

BREATH_S = 0.004
"""... for so long: five hundred have the newest within half a second, and calls hardly notice."""

OPEN = Gauge("pst_http_streams", "Streams of server-sent events that are open", ["stream"])


class Source(Protocol):
    """Where streams get their messages from."""

    name: str

    def since(self, seen: str) -> Sequence[Message]:
        """Return what there is to say to who has seen the message of this id; may take a while."""

    def join(self, stream: "Stream") -> None:
        """Wake this one, too, whenever there may be more to say."""

    def leave(self, stream: "Stream") -> None:
        """Wake it no more."""


class Stream:
    """What one client hears: what there is to say to it now, and after each change.

    Nothing is kept for anybody: who reads slowly is given what there is by then.
    """

    is_gone: Callable[[], bool] = staticmethod(lambda: False)
    """Tells whether the client has closed the connection."""

    def __init__(
        self,
        source: Source,
        seen: str,
        leave: Callable[["Stream"], None],
        address: str = "",
        lasts_s: float = float("inf"),
    ) -> None:
        self.source = source
        self.address = address
        self._seen = seen
        self._leave = leave
        self._ending = False
        self._until = monotonic() + lasts_s
        self._bell = Event()
        self._said = self._speak()

    def __iter__(self) -> Iterator[bytes]:
        return self._said

    def wake(self) -> None:
        """Have it look whether there is something to say."""
        if not self._bell.ready():
            self._bell.send(True)

    def end(self) -> None:
        """Have it say nothing more."""
        self._ending = True
        self.wake()

    def close(self) -> None:
        """Leave nothing behind."""
        self._leave(self)

    def _speak(self) -> Iterator[bytes]:
        shortest, longest = AGAIN_S
        yield come_back_after(shortest + jitter(longest - shortest))
        while not (self._ending or self.is_gone() or monotonic() >= self._until):
            self._bell = Event()  # whatever changes from here on is heard
            said = False
            for each in self.source.since(self._seen):
                self._seen, said = each.id, True
                yield each.text
            patience = min(HEARTBEAT_S, max(0.0, self._until - monotonic()))
            if not said and not self._bell.wait(patience):
                yield HEARTBEAT


class Streams:
    """Those that are open in this process, no more than so many of one address."""

    def __init__(self, per_address: int, most: int = MOST) -> None:
        self._most = min(most, _files() // 2)
        self._per_address = per_address
        self._open: set[Stream] = set()
        self._of = Counter[str]()
        self._ending = False

    def open(
        self, source: Source, seen: str, address: str, lasts_s: float = float("inf")
    ) -> "EventStream":
        """Answer with what `source` says, to who has `seen` the message of this id, for so long.

        Raises `Refusal` (rate_limited) for one too many of an `address`; `Unavailable` for one
        too many of all, and when the process ends.
        """
        if self._of[address] >= self._per_address:
            told = f"At most {self._per_address} streams at a time from one address."
            raise Refusal(Code.RATE_LIMITED, told, Retry_After=str(LATER_S))
        if self._ending or len(self._open) >= self._most:
            told = "As many streams are open as this gateway takes."
            raise Unavailable(told, retry_after=LATER_S)
        stream = Stream(source, seen, self._closed, address, lasts_s)
        self._open.add(stream)
        self._of[address] += 1
        OPEN.labels(source.name).inc()
        source.join(stream)
        return EventStream(stream)

    def end(self) -> None:
        """End all of them; none is opened any more."""
        self._ending = True
        for stream in tuple(self._open):
            stream.end()

    def _closed(self, stream: Stream) -> None:
        if stream in self._open:
            self._open.remove(stream)
            self._of[stream.address] -= 1
            if not self._of[stream.address]:
                del self._of[stream.address]  # nothing is kept of who has none open
            OPEN.labels(stream.source.name).dec()
            stream.source.leave(stream)


def wake_all(streams: Iterable[Stream]) -> None:
    """Wake them a few at a time: hundreds at once would hold up the calls."""
    for number, stream in enumerate(tuple(streams), 1):
        stream.wake()
        if number % WOKEN_TOGETHER == 0:
            eventlet.sleep(BREATH_S)


class EventStream(Response):
    """The answer that a stream is; it ends with its connection."""

    def __init__(self, stream: Stream) -> None:
        kept_by_nobody = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(stream, headers=kept_by_nobody, content_type=MEDIA_TYPE)
        self._stream = stream

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Send each message when it is there."""
        self._stream.is_gone = environ["pst.is_gone"]
        environ["pst.hang_up"]()
        environ["eventlet.minimum_write_chunk_size"] = 1
        return super().__call__(environ, start_response)


def _files() -> int:
    """Return how many files this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 2 * MOST
