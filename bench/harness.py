"""How a comparison is made: sides take turns, several rounds, medians; ratios within a round."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import servers

Side = Callable[[], float]
"""Does its work once and returns its figure: so many a second, or seconds."""


@dataclass
class Bench:
    """What every row is given: where files go, how often, how far."""

    home: Path
    rounds: int = 3
    quick: bool = False
    full: bool = False
    ends_at: float = math.inf  # on the monotonic clock
    rooms: int = 0

    def room(self) -> Path:
        """Return a place of one's own for files, on the file system all sides share."""
        self.rooms += 1
        return self.home / f"room-{self.rooms}"

    @contextmanager
    def mongo(self) -> Iterator[str]:
        """Have an empty database server; its URL."""
        with servers.mongo(self.room()) as url:
            yield url

    def sizes(self, *sizes: int, full: int | None = None) -> tuple[int, ...]:
        """Return how far the axis goes this time; `full` is its last step in a full run."""
        if self.quick:
            return sizes[:2]
        return (*sizes, full) if self.full and full else sizes

    def has(self, seconds: float) -> bool:
        """Tell whether a step that takes so long still fits into this run."""
        return self.full or time.monotonic() + seconds < self.ends_at

    def compare(self, sides: dict[str, Side], rounds: int | None = None) -> "Samples":
        """Have each side do its work in each round; who goes first changes with the round."""
        found: dict[str, list[float]] = {name: [] for name in sides}
        names = list(sides)
        for turn in range(rounds or self.rounds):
            first = turn % len(names)
            for name in (*names[first:], *names[:first]):
                found[name].append(sides[name]())
        return Samples(found)


@dataclass(frozen=True)
class Samples:
    """The figures of each side, one a round."""

    of: dict[str, list[float]]

    def medians(self) -> dict[str, float]:
        """Return each side's median."""
        return {name: median(figures) for name, figures in self.of.items()}

    def ratio(self, ours: str, peer: str) -> float:
        """Return the median of the rounds' own ratios: both halves of one saw the same noise."""
        pairs = zip(self.of[ours], self.of[peer], strict=True)
        return median(a / b for a, b in pairs)


@dataclass(frozen=True)
class Verdict:
    """One figure held against its target; `target` None: shown, not judged."""

    what: str
    figure: float
    unit: str  # "×", "ms", "s"
    target: float | None = None
    ours: str = ""
    peer: str = ""

    @property
    def ok(self) -> bool:
        """Ratios must reach their target, times must keep below it."""
        if self.target is None:
            return True
        return self.figure >= self.target if self.unit == "×" else self.figure <= self.target


@dataclass
class Row:
    """One row of `design.md` §6 as it was measured."""

    name: str
    title: str
    fairness: str
    axis: str
    unit: str
    series: dict[str, dict[float, float]] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    peers: set[str] = field(default_factory=set)

    def is_ours(self, name: str) -> bool:
        """Tell whether a series is this project's."""
        return name not in self.peers

    def add(self, at: float, medians: dict[str, float]) -> None:
        """Add one step of the axis."""
        for name, figure in medians.items():
            self.series.setdefault(name, {})[at] = figure
        said = ", ".join(f"{name} {shown(figure)}" for name, figure in medians.items())
        say(f"  {self.axis} {at:,.0f}: {said} {self.unit}")

    def judge(
        self, what: str, samples: Samples, ours: str, peer: str, target: float | None
    ) -> None:
        """Hold one side's rate against another's."""
        self.peers.add(peer)
        medians = samples.medians()
        self.verdicts.append(
            Verdict(
                what,
                samples.ratio(ours, peer),
                "×",
                target,
                f"{shown(medians[ours])} {self.unit}",
                f"{shown(medians[peer])} {self.unit}",
            )
        )


def rate(work: Sequence[Callable[[], object]]) -> float:
    """Do one thing after the other; return how many a second."""
    start = time.perf_counter()
    for one in work:
        one()
    return len(work) / (time.perf_counter() - start)


def quantile(figures: Sequence[float], share: float) -> float:
    """Return the smallest figure that is at least as large as this share of all."""
    ordered = sorted(figures)
    return ordered[max(0, -(-len(ordered) * int(share * 1000) // 1000) - 1)]


def shown(figure: float) -> str:
    """Return a figure with as many digits as mean something."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


def say(text: str) -> None:
    """Tell who waits how far it is."""
    print(text, file=sys.stderr, flush=True)
