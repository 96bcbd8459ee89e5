"""The visitors of a morning, drawn from a seed: when they come, and how long they take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import exp, log
from statistics import NormalDist
from typing import Any

from kernel.clock import derive_id

SEED = "5600"
"""Of the morning that is played: one on which an overtaking costs another the ten minutes."""

LAST_ARRIVAL = timedelta(hours=3, minutes=15)
"""After the doors opened; who comes then is served before noon."""

BETWEEN_S = 340.0
"""On average between two arrivals, which know nothing of each other."""

SERVED_S, WRITTEN_UP_S, SPREAD = 420.0, 80.0, 0.6
"""Half of the consultations are shorter; a few are much longer (log-normal)."""

BITS = 12
"""Hexadecimal digits of an id that are all chance."""

NAMES = ("Agus", "Dewi", "Eka", "Fitri", "Hana", "Indra", "Joko", "Lina", "Maya", "Putri", "Rizky")
FAMILIES = ("Halim", "Lubis", "Nasution", "Pratama", "Saragih", "Siregar", "Wijaya")
PURPOSES = (
    "Data inflasi untuk skripsi",
    "Penduduk menurut kecamatan",
    "PDRB lapangan usaha 2020-2025",
    "Kode KBLI untuk izin usaha",
    "Garis kemiskinan kota",
)


class Part(StrEnum):
    """What befalls a visitor."""

    ORDINARY = "ordinary"
    FIRST = "first"
    NO_EMAIL = "no_email"
    PRIORITY = "priority"
    NO_SHOW = "no_show"
    MISTAKE = "mistake"
    TRANSFERRED = "transferred"


PARTS = {
    1: Part.FIRST,
    4: Part.NO_EMAIL,
    9: Part.PRIORITY,
    13: Part.NO_SHOW,
    18: Part.MISTAKE,
    25: Part.TRANSFERRED,
}
"""By order of arrival, the first is 1: chance alone would not make one morning show them all."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who comes `arrives` after the doors opened.

    They need `walks` to come when called, `registers` at the front office, `served` at the desk;
    the officer then needs `written_up` before the next one.
    """

    arrives: timedelta
    walks: timedelta
    registers: timedelta
    served: timedelta
    written_up: timedelta
    part: Part
    book: dict[str, Any]


class Chance:
    """Numbers like those of chance, but the same for the same seed, on any machine, for ever."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn = 0

    def number(self) -> float:
        """Return the next one, between 0 and 1, neither of them included."""
        self._drawn += 1
        digits = derive_id("morning", self._seed, str(self._drawn))[:BITS]
        return (int(digits, 16) + 0.5) / 16**BITS

    def gap_s(self, mean_s: float) -> float:
        """Return the time until the next of things that happen independently (exponential)."""
        return -mean_s * log(self.number())

    def length_s(self, median_s: float, spread: float) -> float:
        """Return how long something takes that is mostly short (log-normal)."""
        return median_s * exp(spread * NormalDist().inv_cdf(self.number()))

    def one_of(self, words: Sequence[str]) -> str:
        """Return one of them."""
        return words[int(self.number() * len(words))]


def drawn(seed: str) -> tuple[Visitor, ...]:
    """Return the visitors of a morning in the order in which they come."""
    chance = Chance(seed)
    return tuple(_visitors(chance))


def _visitors(chance: Chance) -> Iterator[Visitor]:
    arrives, n = timedelta(), 0
    while (arrives := arrives + _seconds(chance.gap_s(BETWEEN_S))) <= LAST_ARRIVAL:
        n += 1
        part = PARTS.get(n, Part.ORDINARY)
        yield Visitor(
            arrives=arrives,
            walks=_seconds(15 + 25 * chance.number()),
            registers=_seconds(chance.length_s(75, 0.3)),
            served=_seconds(chance.length_s(SERVED_S, SPREAD)),
            written_up=_seconds(chance.length_s(WRITTEN_UP_S, SPREAD)),
            part=part,
            book=_book(chance, n, part),
        )


def _book(chance: Chance, n: int, part: Part) -> dict[str, Any]:
    first, family = chance.one_of(NAMES), chance.one_of(FAMILIES)
    email = {"email": f"{first}.{family}.{n}@example.com".lower()}
    return {
        "name": f"{first} {family}",
        **({"no_email_reason": "has_none"} if part is Part.NO_EMAIL else email),
        "sex": chance.one_of(("female", "male")),
        "birth_year": 1960 + int(45 * chance.number()),
        "education": chance.one_of(("sma", "d1_d3", "d4_s1", "s2")),
        "occupation": chance.one_of(("student", "entrepreneur", "private_employee")),
        "institution_category": chance.one_of(("education_research_domestic", "private", "other")),
        "identity_type": "ktp",
        "identity_checked": True,
        "purpose": chance.one_of(PURPOSES),
        "use": chance.one_of(("school_assignment", "commercial", "research")),
        "services": ["consultation"],
        "means": ["visit"],
        "notice_version": "2026-1",
    }


def _seconds(length: float) -> timedelta:
    return timedelta(seconds=round(length))
