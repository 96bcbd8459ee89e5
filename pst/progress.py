"""A progress line on standard error: rewritten in place on a terminal, now and then elsewhere."""

import sys
from contextlib import suppress

import click

from kernel.clock import monotonic

OFTEN_S = 0.2
SELDOM_S = 5.0


class ProgressLine:
    """Says how much of `unit` is done, and how fast."""

    def __init__(self, what: str, unit: str) -> None:
        self._what = what
        self._unit = unit
        self._began = monotonic()
        self._in_place = bool(sys.stderr and sys.stderr.isatty())  # `2>&-` leaves none
        self._next = self._began + self._pause()
        self._said = False

    def __call__(self, done: int, of: int) -> None:
        """Tell it; it decides whether it is time to say so."""
        if monotonic() >= self._next:
            self._next = monotonic() + self._pause()
            self._say(done, of)

    def end(self, done: int) -> None:
        """Say the last word; none to a log that has not heard the first: it was no long work."""
        if self._in_place or self._said:
            self._say(done, done, last=True)

    def _say(self, done: int, of: int, last: bool = False) -> None:
        rate = done / max(monotonic() - self._began, 0.001)
        share = 100 * done // of if of else 100
        words = f"{self._what}: {share:3} %  {done} of {of} {self._unit}, {rate:.0f}/s"
        self._said = True
        with suppress(OSError):  # a terminal that was closed is no reason to end the work
            if self._in_place:
                click.echo(f"\r{words:<79}", err=True, nl=last)
            else:
                click.echo(words, err=True)

    def _pause(self) -> float:
        return OFTEN_S if self._in_place else SELDOM_S
