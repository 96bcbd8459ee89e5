"""A chart made of letters: one bar for each visitor, and a line across at the limit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

EIGHTHS = " ▁▂▃▄▅▆▇█"
MINUTE_S = 60
GUTTER = 5
"""Before the bars: the minutes, and the axis."""


@dataclass(frozen=True)
class Bar:
    """In which hour, how long, and whose number."""

    hour: str
    seconds: int
    number: str


def waits(bars: Sequence[Bar], limit_min: int, width: int) -> Iterator[str]:
    """Yield the lines of a chart of how long each visitor waited, at most `width` wide.

    An hour is written below the first bar that has it, a number above each bar that is over the
    limit; only those cross its line.
    """
    step = 2 if GUTTER + 2 * len(bars) - 1 <= width else 1
    seconds = [bar.seconds for bar in bars]
    over = [bar.number if bar.seconds > limit_min * MINUTE_S else "" for bar in bars]
    yield f"{'min':>{GUTTER - 2}}  {_labels(over, step)}".rstrip()
    for minute in range(max([limit_min + 1, *(-(-s // MINUTE_S) for s in seconds)]), 0, -1):
        if minute == limit_min:
            yield _limit(limit_min, seconds, step)
        label = "" if minute == limit_min or minute % 2 else f"{minute}"
        cells = (_cell(s - (minute - 1) * MINUTE_S) for s in seconds)
        yield f"{label:>{GUTTER - 2}} ┤{''.join(f'{c:<{step}}' for c in cells)}".rstrip()
    yield f"{'':>{GUTTER - 2}} └" + "─" * (step * len(bars) - step + 1)
    yield f"{'':>{GUTTER}}{_labels(_news([bar.hour for bar in bars]), step)}"


def _limit(minute: int, seconds: Sequence[int], step: int) -> str:
    over = ("█" if each > minute * MINUTE_S else "╌" for each in seconds)
    return f"{minute:>{GUTTER - 2}} ┼" + ("╌" * (step - 1)).join(over)


def _cell(over_s: int) -> str:
    """Write how much of one minute is filled."""
    return EIGHTHS[max(0, min(8, -(-over_s * 8 // MINUTE_S)))]


def _news(words: Sequence[str]) -> list[str]:
    """Leave out what is as the one before."""
    return ["" if n and word == words[n - 1] else word for n, word in enumerate(words)]


def _labels(words: Sequence[str], step: int) -> str:
    """Write each word at its bar, unless the one before is in the way."""
    line = ""
    for n, word in enumerate(words):
        if word and len(line) <= n * step:
            line = f"{line:<{n * step}}{word} "
    return line.rstrip()
