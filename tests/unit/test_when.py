"""Moments and durations as an operator writes them; what cannot be one is refused in words."""

from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner

from pst import cli
from pst.when import duration, moment
from tests.support import NOON


def test_durations_and_moments_are_read():
    """Moments come back in UTC."""
    assert duration("1d12h") == timedelta(days=1, hours=12)
    assert moment("2d", NOON) == NOON + timedelta(days=2)
    assert moment("2026-11-23", NOON) == datetime(2026, 11, 23, tzinfo=UTC)
    assert moment("2026-11-23T08:00+07:00", NOON) == datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["9999999999d", "9" * 5000 + "d", "99999999999999999999999s"])
def test_too_long_a_duration_is_refused(text):
    """In one short line, however many digits."""
    with pytest.raises(click.BadParameter, match="too long a time") as refusal:
        duration(text)
    assert len(str(refusal.value)) < 80


@pytest.mark.parametrize(
    "text", ["9999999d", "9999999999d", "0001-01-01T00:00+07:00", "9999-12-31T23:59-07:00"]
)
def test_moment_beyond_the_calendar_is_refused(text):
    """In UTC it would lie before the year 1 or after 9999."""
    with pytest.raises(click.BadParameter, match=r"beyond the years|too long"):
        moment(text, NOON)


@pytest.mark.parametrize("limit", ["0", "-3", "99999999999999999999"])
def test_list_of_no_length_is_refused(limit):
    """Nought would mean all to the database."""
    words = ["deadlines", "list", "consultation", "--limit", limit]
    done = CliRunner().invoke(cli.cli, words)
    assert (done.exit_code, "is not in the range" in done.output) == (2, True)
