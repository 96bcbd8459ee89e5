"""What identifies a person and has no place in a published text: found by its form, or as known.

Not found: names of others, parts of a name, and what was written so that no machine knows it ("siti
at example dot com").
"""

import re
import unicodedata
from collections.abc import Iterable

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher

REGION = "ID"

_EMAIL = re.compile(
    r"[^\s@<>(),;:]+(?:@|\s?[(\[]\s?at\s?[)\]]\s?)[^\s@<>(),;:]+\.[^\s@<>(),;:]*[^\W_]",
    re.IGNORECASE,
)
_DIALLED = re.compile(r"\(?(\+|0|62)")
"""How a number is written that is meant to be dialled; others are figures."""

_CALL = r"\b(?:wa|whatsapp|hp|telp?|telepon|ponsel|handphone|phone)\b[^\w+]{0,3}"
_SHORT = re.compile(
    rf"(?<![\w.,])8[1-9]\d-\d{{3,4}}-\d{{3,5}}(?!\d)|{_CALL}8[1-9](?:[ .-]?\d){{7,10}}(?!\d)"
    r"|\bwa\.me/\+?\d{8,}",
    re.IGNORECASE,
)
"""A mobile number without what is dialled before it."""

_LONG = re.compile(r"\d{16,}")
_SIXTEEN = re.compile(r"(?<!\d)\d(?:[ .-]?\d){15}(?!\d)")
_TAX = re.compile(r"(?<!\d)\d{2}\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}(?!\d)|\bNPWP\b\D{0,5}\d{15}")
_PASSPORT = re.compile(
    r"\b[A-Z]\d{7}\b|(?i:\bpass?port?\b)\W{0,3}(?:\w+\W{1,3})?[A-Z]{1,2} ?\d{6,7}\b"
)

NUMBER_MIN = 7
"""So many digits of a number that is known are looked for, its last nine at most."""


def kinds_in(text: str, own: tuple[str, ...] = (), theirs: Iterable[str] = ()) -> list[str]:
    """Return what a text holds: `e-mail address`, `phone number`, `identity number`, `name`.

    `own`: addresses and numbers of the office itself, which are no secret. `theirs`: what is
    known of who asked: name, addresses, numbers, of whatever form.
    """
    text = unicodedata.normalize("NFKC", text)
    found = []
    if any(address.casefold() not in own for address in _EMAIL.findall(text)):
        found.append("e-mail address")
    if _SHORT.search(text) or _phones(text) - {number for each in own for number in _phones(each)}:
        found.append("phone number")
    if any(form.search(text) for form in (_LONG, _TAX, _PASSPORT)) or any(
        _has_birth_date(each) for each in _SIXTEEN.findall(text)
    ):
        found.append("identity number")
    found += [kind for each in theirs if (kind := _known(each, text))]
    return list(dict.fromkeys(found))


def _known(each: str, text: str) -> str | None:
    """Return what this is, if it is in the text."""
    each = unicodedata.normalize("NFKC", each)
    digits = re.sub(r"\D", "", each)
    if "@" in each:
        return "e-mail address" if each.casefold() in text.casefold() else None
    if len(digits) >= NUMBER_MIN:
        written = re.sub(r"[ .()/-]", "", text)
        return "phone number" if digits[-9:] in written else None
    words = r"\W+".join(re.escape(word) for word in re.findall(r"\w+", each))
    named = words and re.search(rf"\b{words}\b", text, re.IGNORECASE)
    return "name" if named else None


def _phones(text: str) -> set[str]:
    matches = PhoneNumberMatcher(text, REGION, leniency=Leniency.VALID)
    dialled = [m.number for m in matches if _DIALLED.match(m.raw_string)]
    return {phonenumbers.format_number(n, phonenumbers.PhoneNumberFormat.E164) for n in dialled}


def _has_birth_date(digits: str) -> bool:
    """Sixteen digits set apart may be four years, unless a birth date is in them."""
    plain = re.sub(r"\D", "", digits)
    day, month = int(plain[6:8]) % 40, int(plain[8:10])  # women's days are 40 more
    return 1 <= day <= 31 and 1 <= month <= 12
