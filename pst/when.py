"""Moments and durations as an operator writes them."""

import re
from datetime import UTC, datetime, timedelta

import click

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def duration(text: str) -> timedelta:
    """Return how long `7d`, `1d12h` or `90m` is; raise `BadParameter` for anything else."""
    parts = re.findall(r"(\d+)([dhms])", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise click.BadParameter(f"{text!r} is no duration; write 7d, 1d12h or 90m")
    return timedelta(seconds=sum(int(n) * UNITS[u] for n, u in parts))


def moment(text: str, now: datetime) -> datetime:
    """Return an ISO moment (UTC unless it says otherwise), or the end of a duration from now."""
    if re.fullmatch(r"[\ddhms]*[dhms]", text):
        return now + duration(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no time; write 2026-11-23T08:00+07:00, or 2d for two days from now"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
