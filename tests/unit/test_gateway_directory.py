"""Offices as the gateway knows them, and the decrees it asks for beside the calls."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import offices as machinery
from gateway.offices import Directory
from kernel.clock import Clock
from offices.office import load_offices

FILES = Path(__file__).parents[2] / "deploy/offices"
MONDAY = datetime(2027, 3, 1, 3, 0, tzinfo=UTC)
CLOSED = {"date": "2027-03-01", "kind": "closure", "name": "Gempa", "decree_no": "B-7"}


class Standing(Clock):
    def now(self) -> datetime:
        return MONDAY


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(machinery, "FRESH_S", 1000.0)
    return []


def directory(asked: list[str]) -> Directory:
    return Directory(load_offices(FILES), Standing(), asked.append)


def test_open_by_the_file_until_more_is_known(asked: list[str]) -> None:
    """Nobody waits for the answer; it is asked for once, as long as it is fresh."""
    offices = directory(asked)
    assert offices.show("1471")["open_now"]
    assert offices.show("1471")["open_now"]
    assert asked == ["1471"]


def test_closed_by_decree_and_open_when_it_is_revoked(asked: list[str]) -> None:
    offices = directory(asked)
    offices.learn("1471", [CLOSED])
    assert not offices.show("1471")["open_now"]
    assert offices.show("9471")["office"] == "9471"
    offices.learn("1471", [])
    assert offices.show("1471")["open_now"]


def test_asked_again_when_it_is_old(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    offices = directory(asked)
    offices.page(10, None)
    monkeypatch.setattr(machinery, "FRESH_S", 0.0)
    offices.page(10, None)
    assert asked == ["1471", "9471", "1471", "9471"]
