"""`pst queue what-if` on a real log."""

import csv
import io

import pytest
from click.testing import CliRunner

from kernel.clock import new_id
from pst.cli import cli
from services.queue import commands
from services.queue.schemas import TYPES
from tests.contract.log_contract import draft
from tests.support import ROOT
from tests.unit.service_day import MONDAY, Day

TYPED = ("queue", "what-if", "--office", "1471", "--date")


@pytest.fixture
def typed(systems, monkeypatch):
    """Type a command in a system whose log holds one service day."""
    system = systems()
    monkeypatch.setenv("PST_RUN_DIR", "/nonexistent")
    monkeypatch.setenv("PST_MONGO_URL", system.settings.mongo_url)
    monkeypatch.setenv("PST_DB_PREFIX", system.settings.db_prefix)
    monkeypatch.setenv("PST_OFFICES", str(ROOT / "deploy/offices"))
    for version, (at, event) in enumerate(morning().log, 1):
        stored = TYPES.encode(event, new_id(), at, system.vault())
        system.log("queue").append(draft(f"day-1471-{MONDAY}", version, events=(stored,)))
    return lambda *words: CliRunner().invoke(cli, words)


def morning():
    """Three come at nine for twenty minutes each; the only officer lingers after the first."""
    day = Day(clock="09:00", single_stop=True)
    for _ in range(3):
        day.issue()
    day.served(minutes=20)
    day.later(minutes=15).served(minutes=20)
    day.served(minutes=20)
    day.at("16:00").do(commands.CloseByTime, None)
    return day


def test_day_is_shown_beside_its_replays(typed):
    """The rows of a table, and the same figures for a spreadsheet."""
    done = typed(*TYPED, "2026-11-23", "--desks", "2", "--lane-rule", "first")
    assert (done.exit_code, done.stderr) == (0, "")
    rows = {line[:21].strip(): line[21:].split() for line in done.stdout.splitlines()[2:16]}
    assert rows["desks"] == ["1", "1", "2"]
    assert rows["lane rule"] == ["2", "2", "first"]
    assert (rows["served"], rows["not served"]) == (["3"] * 3, ["0"] * 3)
    assert rows["wait by the rule  p50"] == ["0:00"] * 3
    assert rows["over 10 minutes"] == ["1", "(33.3%)", "0", "(0.0%)", "0", "(0.0%)"]
    assert rows["desks busy"] == ["15.4%", "15.4%", "7.7%"]
    assert rows["last service ended"] == ["10:15", "10:00", "09:40"]
    assert "Supposed is" in done.stdout
    found = list(csv.DictReader(io.StringIO(typed(*TYPED, "2026-11-23", "--csv").stdout)))
    assert [row["case"] for row in found] == ["really", "replayed", "what_if"]
    assert [(row["row_p50_s"], row["row_max_s"]) for row in found] == [
        ("2100", "3300"),
        ("1200", "2400"),
        ("1200", "2400"),
    ]


@pytest.mark.parametrize(
    ("date", "near"),
    [
        ("2026-11-24", "2026-11-23"),
        ("2026-10-23", "2026-11-23"),
        ("2026-10-22", "none within 31 days"),
        ("0001-01-01", "none within 31 days"),
        ("9999-12-31", "none within 31 days"),
    ],
)
def test_day_that_is_not_in_the_log_is_named(typed, date, near):
    """And which ones there are near."""
    done = typed(*TYPED, date)
    said = f"the queue log has no {date} of office 1471; the nearest days in it: {near}"
    assert (done.exit_code, done.stderr) == (1, f"Error: {said}\n")


def test_unknown_office_is_named(typed):
    """With those that are known."""
    done = typed("queue", "what-if", "--office", "9999", "--date", "2026-11-23")
    assert (done.exit_code, "there is no office '9999'; known: 1471" in done.stderr) == (2, True)
