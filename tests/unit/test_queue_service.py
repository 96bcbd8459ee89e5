"""When the queue service looks back on four weeks, and when it does not."""

from datetime import time, timedelta
from typing import Any
from unittest.mock import create_autospec

import pytest

from contracts.errors import Code, Rejected, Unavailable
from host.once import Once
from host.runtime import Runtime
from kernel.clock import Clock
from kernel.handling import CommandHandler
from kernel.vault import Vault
from services.queue.schemas import TYPES
from services.queue.service import QueueService
from tests.memory_log import MemoryLog
from tests.unit.service_day import MONDAY, OFFICE

KIOSK = {"role": "kiosk", "id": "kiosk-1", "offices": ["1471"], "correlation_id": "c"}


@pytest.fixture
def service() -> Any:
    found: Any = QueueService()
    found.core = create_autospec(Runtime, instance=True)
    found.core.clock = create_autospec(Clock, instance=True)
    found.core.commands = CommandHandler(MemoryLog(), TYPES, create_autospec(Vault, instance=True))
    found.offices = {"1471": OFFICE}
    found.once = create_autospec(Once, instance=True)
    found.once.get.return_value = ()
    return found


def press(service: Any, clock: str, days: int = 0) -> Any:
    """Press the kiosk's button at a local time of Monday, or so many days later."""
    at = OFFICE.calendar.at(MONDAY + timedelta(days=days), time.fromisoformat(clock))
    service.core.clock.now.return_value = at
    return service.issue({"office": "1471", "caller": KIOSK})


@pytest.mark.parametrize(("clock", "days"), [("07:59", 0), ("09:00", -1), ("15:00", 0)])
def test_who_is_refused_has_nobody_look_back(service: Any, clock: str, days: int) -> None:
    """Before the opening, on a Sunday, towards the evening."""
    with pytest.raises(Rejected) as refusal:
        press(service, clock, days)
    assert refusal.value.code is Code.OFFICE_CLOSED
    service.once.get.assert_not_called()


def test_first_of_a_day_alone_looks_back(service: Any) -> None:
    """The others find it in the day."""
    for number in ("A001", "A002", "A003"):
        assert press(service, "08:00")["ticket"]["number"] == number
    service.once.get.assert_called_once()


def test_nobody_waits_outside_because_nothing_can_be_said(service: Any) -> None:
    """Then no estimate is given on this day."""
    service.once.get.side_effect = Unavailable("the view is being built")
    assert press(service, "08:00")["ticket"]["estimated_wait"] is None
