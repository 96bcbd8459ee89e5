"""Moments and durations as an operator writes them."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click


def not_empty(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """Return an argument; raise `BadParameter` for one such as a script's unset variable leaves."""
    if not text.strip():
        raise click.BadParameter("it is empty")
    return text


UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def duration(text: str) -> timedelta:
    """Return how long `7d`, `1d12h` or `90m` is; raise `BadParameter` for anything else."""
    parts = re.findall(r"(\d+)([dhms])", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise click.BadParameter(f"{text!r} is no duration; write 7d, 1d12h or 90m")
    try:
        return timedelta(seconds=sum(int(n) * UNITS[u] for n, u in parts))
    except (ValueError, OverflowError) as error:  # int() itself refuses thousands of digits
        raise click.BadParameter(f"{text[:20]!r} is too long a time") from error


def moment(text: str, now: datetime) -> datetime:
    """Return an ISO moment (UTC unless it says otherwise), or the end of a duration from now.

    Raises `BadParameter` for anything else, and for what UTC cannot tell.
    """
    try:
        if re.fullmatch(r"[\ddhms]*[dhms]", text):
            return now + duration(text)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise click.BadParameter(f"{text!r} lies beyond the years 1 to 9999") from error
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no time; write 2026-11-23T08:00+07:00, or 2d for two days from now"
        ) from error


class LocalDate(click.ParamType[date]):
    """A date at an office, as people write it to computers."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return it; raise `BadParameter` for anything else."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date; write 2026-11-23", param, ctx)
