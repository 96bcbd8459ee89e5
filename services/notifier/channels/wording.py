"""How texts, dates and spans of time are written to an Indonesian reader."""

import re
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


def wrapped(text: str) -> str:
    """Return paragraphs broken into lines that a plain e-mail shows whole."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join("\n".join(_lines(p, WIDTH)) for p in paragraphs) + "\n"


def quoted(text: str) -> str:
    """Return `text` as plain e-mails quote: `> ` before every line, line breaks kept."""
    lines = [part for line in text.splitlines() for part in _lines(line, WIDTH - 2) or [""]]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def moment(at: datetime, time_zone: str) -> str:
    """Return e.g. `Rabu, 25 November 2026 pukul 15.30 WIB`."""
    pattern = "EEEE, d MMMM y 'pukul' HH.mm z"
    return format_datetime(at, pattern, tzinfo=ZoneInfo(time_zone), locale="id")


def days_ahead(days: int) -> str:
    """Return how far off a day is: `hari ini`, `besok`, `4 hari lagi`."""
    return {0: "hari ini", 1: "besok"}.get(days, f"{days} hari lagi")


def _lines(text: str, width: int) -> list[str]:
    """Break between words only, so that addresses and links stay whole."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
