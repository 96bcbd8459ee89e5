"""How moments and days are written for people at the office."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

LOCALE = "id"


class LocalTime:
    """Writes moments as the clocks of one time zone show them, in Indonesian."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def long(self, at: datetime) -> str:
        """Return e.g. `Rabu, 25 November 2026 pukul 15.30 WIB`."""
        return self._written(at, "EEEE, d MMMM y 'pukul' HH.mm z")

    def exact(self, at: datetime) -> str:
        """Return e.g. `Rabu, 25 November 2026 pukul 08.59.58 WIB`."""
        return self._written(at, "EEEE, d MMMM y 'pukul' HH.mm.ss z")

    def short(self, at: datetime) -> str:
        """Return e.g. `Rab 25 Nov 15.30`."""
        return self._written(at, "EEE d MMM HH.mm")

    def clock(self, at: datetime) -> str:
        """Return e.g. `08.59.58`."""
        return self._written(at, "HH.mm.ss")

    def day(self, at: datetime) -> str:
        """Return e.g. `Rabu, 25 November 2026`."""
        return self._written(at, "EEEE, d MMMM y")

    def date(self, at: datetime) -> date:
        """Return the local date."""
        return at.astimezone(self._zone).date()

    def _written(self, at: datetime, pattern: str) -> str:
        return format_datetime(at, pattern, tzinfo=self._zone, locale=LOCALE)


def skipped(days: list[dict[str, Any]]) -> str:
    """Return days that did not count, e.g. `Jumat 25 Des (Hari Raya Natal), Sabtu 26 Des`."""
    return ", ".join(_day_off(date.fromisoformat(day["date"]), day["reason"]) for day in days)


def _day_off(day: date, reason: str) -> str:
    weekday = format_date(day, "EEEE", locale=LOCALE)
    written = format_date(day, "EEEE d MMM", locale=LOCALE)
    return written if reason == weekday else f"{written} ({reason})"
