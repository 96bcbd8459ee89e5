"""The register: one stream per office and year that hands out consultation numbers in order.

A number given to a submission that then failed is not used again: gaps are possible, a
number twice is not.
"""

from dataclasses import dataclass
from datetime import datetime

from kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class NumberAssigned:
    """The next number was given out; `serial` is its last part."""

    number: str
    serial: int


@dataclass(frozen=True, kw_only=True)
class AssignNumber:
    """Give out the next number."""

    now: datetime
    office: str
    year: int


def decide(command: AssignNumber, last: int) -> list[NumberAssigned]:
    """Return the next number, `KS-<office>-<year>-<6 digits>`."""
    serial = last + 1
    number = f"KS-{command.office}-{command.year}-{serial:06}"
    return [NumberAssigned(number=number, serial=serial)]


def evolve(_last: int, fact: Fact) -> int:
    """Return the last serial that was given out."""
    event: NumberAssigned = fact.event
    return event.serial


def initial() -> int:
    """No number given out yet."""
    return 0
