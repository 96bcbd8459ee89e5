"""How texts, dates and spans of time are written to an Indonesian reader."""

import textwrap
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

WIDTH = 72

_INVISIBLE = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


def one_line(text: str) -> str:
    """Return `text` on one line, without controls and without marks that turn its direction."""
    shown = (" " if unicodedata.category(c) in _INVISIBLE else c for c in text)
    return " ".join("".join(shown).split())


def quoted(text: str) -> str:
    """Return `text` as plain e-mails quote: `> ` before every line, none too long."""
    return "\n".join(f"> {line}".rstrip() for line in _wrapped(text, WIDTH - 2))


def wrapped(text: str) -> str:
    """Return a paragraph broken into lines of a plain e-mail."""
    return "\n".join(_wrapped(text, WIDTH))


def moment(at: datetime, time_zone: str) -> str:
    """Return e.g. `Rabu, 25 November 2026 pukul 15.30 WIB`."""
    pattern = "EEEE, d MMMM y 'pukul' HH.mm z"
    return format_datetime(at, pattern, tzinfo=ZoneInfo(time_zone), locale="id")


def days_ahead(days: int) -> str:
    """Return how far off a day is: `hari ini`, `besok`, `4 hari lagi`."""
    return {0: "hari ini", 1: "besok"}.get(days, f"{days} hari lagi")


def _wrapped(text: str, width: int) -> list[str]:
    lines = (
        textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
        for line in text.splitlines()
    )
    return [part for line in lines for part in line]
