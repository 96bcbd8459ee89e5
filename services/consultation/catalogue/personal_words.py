"""What identifies a person and has no place in a published text: found by its form.

Not found: names, and what was written so that no machine knows it ("siti at example dot com").
"""

import re

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher

REGION = "ID"

_EMAIL = re.compile(r"[^\s@<>(),;:]+@[^\s@<>(),;:]+\.[^\s@<>(),;:]*[^\W_]")
_SIXTEEN = re.compile(r"(?<!\d)\d(?:[ .-]?\d){15}(?!\d)")
_DIALLED = re.compile(r"\(?(\+|0|62)")
"""How a number is written that is meant to be dialled; others are figures."""


def kinds_in(text: str, own: tuple[str, ...] = ()) -> list[str]:
    """Return what a text holds: `e-mail address`, `phone number`, `identity number`.

    `own`: addresses and numbers of the office itself, which are no secret.
    """
    found = []
    if any(address.casefold() not in own for address in _EMAIL.findall(text)):
        found.append("e-mail address")
    if _phones(text) - {number for each in own for number in _phones(each)}:
        found.append("phone number")
    if any(_is_identity(each) for each in _SIXTEEN.findall(text)):
        found.append("identity number")
    return found


def _phones(text: str) -> set[str]:
    matches = PhoneNumberMatcher(text, REGION, leniency=Leniency.VALID)
    dialled = [m.number for m in matches if _DIALLED.match(m.raw_string)]
    return {phonenumbers.format_number(n, phonenumbers.PhoneNumberFormat.E164) for n in dialled}


def _is_identity(digits: str) -> bool:
    """Sixteen digits in a row; set apart they may be four years, unless a birth date is in them."""
    plain = re.sub(r"\D", "", digits)
    day, month = int(plain[6:8]) % 40, int(plain[8:10])  # women's days are 40 more
    return digits == plain or (1 <= day <= 31 and 1 <= month <= 12)
