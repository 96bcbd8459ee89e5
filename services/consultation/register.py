"""The register: one stream per office and year that hands out consultation numbers in order.

A number given to a submission that then failed is not used again: gaps are possible, a
number twice is not.
"""

from dataclasses import dataclass
from datetime import datetime

from kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class NumberAssigned:
    """The next number was given out."""

    number: str


@dataclass(frozen=True, kw_only=True)
class AssignNumber:
    """Give out the next number."""

    now: datetime
    office: str
    year: int


def decide(command: AssignNumber, last: int) -> list[NumberAssigned]:
    """Return the next number, `KS-<office>-<year>-<6 digits>`."""
    return [NumberAssigned(number=f"KS-{command.office}-{command.year}-{last + 1:06}")]


def evolve(last: int, _fact: Fact) -> int:
    """Count."""
    return last + 1


def initial() -> int:
    """No number given out yet."""
    return 0
