"""How texts, dates and spans of time are written to an Indonesian reader, some also in English."""

import re
import textwrap
import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

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


def day_and_time(at: datetime, time_zone: str) -> str:
    """Return the same in English: `Wednesday, 25 November 2026 at 15:30 WIB`."""
    on = at.astimezone(ZoneInfo(time_zone)).date()
    return f"{day(on, 'en')} at {clock(at, time_zone, 'en')}"


def clock(at: datetime, time_zone: str, locale: str = "id") -> str:
    """Return e.g. `09.41 WIT`; in English `09:41 WIT`, as those names are said in both."""
    separator = "." if locale == "id" else ":"
    pattern = f"HH'{separator}'mm z"
    return format_datetime(at, pattern, tzinfo=ZoneInfo(time_zone), locale="id")


def day(on: date, locale: str = "id") -> str:
    """Return e.g. `Rabu, 25 November 2026`; in English `Wednesday, 25 November 2026`."""
    return format_date(on, "EEEE, d MMMM y", locale=locale)


def short_day(on: date) -> str:
    """Return e.g. `25 Nov`."""
    return format_date(on, "d MMM", locale="id")


def share(of_one: float, locale: str = "id") -> str:
    """Return e.g. `94,3%`; in English `94.3%`."""
    return format_percent(of_one, "#,##0.#%", locale=locale)


def span(seconds: int, locale: str = "id") -> str:
    """Return e.g. `3 menit 20 detik`; in English `3 min 20 s`."""
    minute, second = ("menit", "detik") if locale == "id" else ("min", "s")
    whole, rest = divmod(seconds, 60)
    parts = [f"{whole} {minute}"] * (whole > 0) + [f"{rest} {second}"] * (rest > 0 or whole == 0)
    return " ".join(parts)


def file_size(size: int) -> str:
    """Return e.g. `512 B`, `34 kB`, `1,5 MB`."""
    if size < 1000:
        return f"{size} B"
    if size < 999_500:
        return f"{format_decimal(size / 1000, '0', locale='id')} kB"
    return f"{format_decimal(size / 1e6, '0.#', locale='id')} MB"


def days_ahead(days: int) -> str:
    """Return how far off a day is: `hari ini`, `besok`, `4 hari lagi`."""
    return {0: "hari ini", 1: "besok"}.get(days, f"{days} hari lagi")


def _lines(text: str, width: int) -> list[str]:
    """Break between words only, so that addresses and links stay whole."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
