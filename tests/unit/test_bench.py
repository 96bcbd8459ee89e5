"""The arithmetic of the benches; the benches themselves are no tests."""

import asyncio
from pathlib import Path
from typing import ClassVar

import pytest

from bench.harness import Bench, Row, Samples, Verdict, quantile, shown
from bench.officers import Office
from bench.table import table


def test_sides_take_turns():
    """Each goes first as often as the others."""
    calls: list[str] = []
    sides = {name: lambda name=name: float(calls.append(name) or 1) for name in "ab"}
    Bench(Path(), rounds=2).compare(sides)
    assert calls == ["a", "b", "b", "a"]


def test_ratio_is_taken_within_a_round():
    """Noise that hits both halves of a round leaves the ratio alone."""
    samples = Samples({"ours": [100.0, 10.0, 90.0], "peer": [50.0, 5.0, 30.0]})
    assert samples.ratio("ours", "peer") == 2.0
    assert samples.medians() == {"ours": 90.0, "peer": 30.0}


def test_ratios_must_reach_their_target_and_times_keep_below():
    """What is only shown is never a miss."""
    assert Verdict("", 0.8, "×", 0.8).ok
    assert not Verdict("", 0.79, "×", 0.8).ok
    assert Verdict("", 20.0, "ms", 20.0).ok
    assert not Verdict("", 20.1, "ms", 20.0).ok
    assert Verdict("", 0.1, "×").ok


def test_quantile_is_one_of_the_figures():
    """The smallest that so many are not above."""
    figures = [float(n) for n in range(1, 101)]
    assert (quantile(figures, 0.5), quantile(figures, 0.99), quantile([7.0], 0.5)) == (50, 99, 7)


def test_figures_have_the_digits_that_mean_something():
    """Three of them."""
    assert [shown(x) for x in (12345.6, 12.34, 1.234)] == ["12,346", "12.3", "1.23"]


def test_table_names_the_miss():
    """Who reads the last column knows."""
    row = Row("r", "A row", "", "axis", "/s")
    row.judge("one", Samples({"a": [1.0], "b": [2.0]}), "a", "b", 0.8)
    row.judge("two", Samples({"a": [2.0], "b": [2.0]}), "a", "b", None)
    lines = table([row]).splitlines()
    assert lines[2].startswith("| **A row**")
    assert "0.50 ×" in lines[3]
    assert "MISS" in lines[3]
    assert "MISS" not in lines[4]


class Line:
    """A connection to nowhere."""

    async def open(self) -> None:
        """It is."""

    def close(self) -> None:
        """It was."""


class Desk:
    """Calls from a row that all share, and remembers how many called at the same time."""

    waiting: ClassVar[list[str]] = []
    calling = most = 0

    def __init__(self) -> None:
        self.line = Line()

    async def issue(self, lane: dict[str, str]) -> None:
        Desk.waiting.append(f"{lane.get('lane', 'regular')}-{len(Desk.waiting)}")

    async def call_next(self) -> str | None:
        Desk.calling += 1
        Desk.most = max(Desk.most, Desk.calling)
        await asyncio.sleep(0)
        Desk.calling -= 1
        return Desk.waiting.pop(0) if Desk.waiting else None

    async def serve(self, ticket_id: str) -> None:
        """They talk."""


def test_all_officers_press_at_the_same_moment():
    """Each as often as asked, and every fifth number is one of the priority lane."""
    Desk.waiting, Desk.most = [], 0
    office = Office([Desk() for _ in range(5)])
    assert office.issue(20) > 0
    assert sum(ticket.startswith("priority") for ticket in Desk.waiting) == 4
    assert office.at_once(2) > 0
    assert office.visits(2) > 0
    assert (Desk.most, len(office.called)) == (5, 20)
    assert (len(office.took_at_once), len(office.took_visiting)) == (10, 10)


@pytest.mark.parametrize("waiting", [["a", "a"], ["a"]])
def test_ticket_called_twice_or_none_at_all_breaks_a_bench_off(waiting: list[str]):
    """A system that is fast and wrong gets no figure."""
    Desk.waiting = waiting
    with pytest.raises(RuntimeError, match="enough were waiting"):
        Office([Desk(), Desk()]).at_once(1)
