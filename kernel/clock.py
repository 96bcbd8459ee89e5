"""Time, ids and chance: the one place they come from, so that a rule can never ask for them."""

import os
import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_NAMESPACE = uuid.UUID("6f0c4f5e-3d0b-5b1c-9d5a-0f1b7a1c1471")

Offset = Callable[[], timedelta]


def new_id() -> str:
    """Return an id nobody has had before: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def derive_id(*parts: str) -> str:
    """Return the id that belongs to `parts`: the same for the same parts, for ever."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(parts)).hex


def random_bytes(count: int) -> bytes:
    """Return `count` bytes fit for keys and nonces."""
    return os.urandom(count)


def jitter(longest: float) -> float:
    """Return a random pause of up to `longest` seconds, so that rivals part."""
    return random.uniform(0, longest)


def pause(seconds: float) -> None:
    """Let others run for `seconds`."""
    time.sleep(seconds)


def monotonic() -> float:
    """Seconds on a clock that never steps back; for intervals inside one process."""
    return time.monotonic()


def no_offset() -> timedelta:
    """The offset of a system that does not travel."""
    return timedelta()


class Clock:
    """The time of day: UTC, whole milliseconds (what the log can store), plus the travelled time.

    Order is never taken from it, only from the log: it may be wrong or step back.
    """

    def __init__(self, offset: Offset = no_offset) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """Return the present moment."""
        moment = datetime.now(UTC) + self._offset()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
