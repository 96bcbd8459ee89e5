"""Ctrl-C, SIGTERM and a closed terminal all mean the same: end, in order, once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody wants the system to end; no error, so `except Exception` lets it pass."""


def raise_on_endings() -> None:
    """From now on the first of these signals raises `Interrupted`; later ones change nothing."""
    for number in ENDINGS:
        if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN):  # nohup
            signal.signal(number, _interrupt)


@contextmanager
def ignored() -> Iterator[None]:
    """Bring something to its end whatever signals arrive."""
    before = [signal.signal(number, signal.SIG_IGN) for number in ENDINGS]
    try:
        yield
    finally:
        for number, handler in zip(ENDINGS, before, strict=True):
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    raise Interrupted
