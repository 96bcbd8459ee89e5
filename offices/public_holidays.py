"""National holidays and joint leave of Indonesia, year by year, as the `holidays` library has them.

The joint ministerial decree fixes both for one year at a time, a few months ahead. For a
year without its decree the library still computes the holidays (lunar ones are marked
"(perkiraan)"), but **no joint leave**: a limit counted there may come out too early.
`decreed_through()` says where that begins; every calendar version carries it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from holidays import country_holidays
from holidays.version import __version__ as library_version

FIRST_YEAR, LAST_YEAR = 1946, 2100
"""The tables say nothing outside these years."""


class DayKind(StrEnum):
    """Why a date is not what its weekday says."""

    HOLIDAY = "holiday"
    JOINT_LEAVE = "joint_leave"
    CLOSURE = "closure"
    WORKING = "working"


@dataclass(frozen=True)
class DayOff:
    """A named date; `working` means that it counts although it looks like a day off."""

    date: date
    kind: DayKind
    name: str


class OutsideTables(ValueError):
    """A year for which nobody can say which days are off."""


@cache
def national_days(year: int) -> Mapping[date, DayOff]:
    """Return the holidays and joint leave of one year; a date that is both is a holiday.

    Raises `OutsideTables` for a year before 1946 or after 2100.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OutsideTables(f"no holiday tables for {year}, only {FIRST_YEAR} to {LAST_YEAR}")
    days = {
        **_of_category("government", DayKind.JOINT_LEAVE, year),
        **_of_category("public", DayKind.HOLIDAY, year),
    }
    return MappingProxyType(dict(sorted(days.items())))


def _of_category(category: str, kind: DayKind, year: int) -> dict[date, DayOff]:
    # Without `language` the names would follow the machine's locale.
    table = country_holidays("ID", years=year, categories=(category,), language="id")
    return {day: DayOff(day, kind, name) for day, name in table.items()}


@cache
def decreed_through() -> int:
    """Return the last year whose joint leave is known to the installed library."""
    years = range(LAST_YEAR, FIRST_YEAR, -1)
    return next(
        year
        for year in years
        if any(day.kind is DayKind.JOINT_LEAVE for day in national_days(year).values())
    )


def tables_version() -> str:
    """Name the tables: the library's version and the last year with a decree."""
    return f"id-{library_version}-to-{decreed_through()}"
