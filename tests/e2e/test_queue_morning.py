"""The first minute of a day, with four busy weeks behind it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from datetime import time as clock_time
from typing import Any

import pytest

from contracts.errors import Code
from offices.office import load_offices
from services.queue import estimates
from tests.api import problem
from tests.e2e.walk_in import JAYAPURA, PEKANBARU, Office, next_nine
from tests.support import Stack, eventually

pytestmark = pytest.mark.alone  # it measures time

VISITORS = 500
KIOSKS = 40

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def office(walk_in: Stack) -> Office:
    """An office that has had its visitors of four weeks, as the view keeps them."""
    found = Office(walk_in, PEKANBARU)
    Office(walk_in, JAYAPURA).issue()  # with its first commit the view is made, and its index
    eventually(lambda: walk_in.caught_up("queue"))
    today = next_nine(walk_in, walk_in.settings.offices).date()
    waits = walk_in.view("queue", "waits")
    for back in range(1, estimates.DAYS + 1):
        waits.insert_many(list(visitors(found, today - timedelta(days=back))), ordered=False)
    return found


def visitors(office: Office, day: date) -> Iterator[dict[str, Any]]:
    """Yield what is known of the visitors of a date; all waited five minutes."""
    calendar = load_offices(office.stack.settings.offices)[office.id].calendar
    for number in range(VISITORS):
        issued = calendar.at(day, clock_time(8 + number % 7, number % 60))
        yield {
            "_id": f"{office.id}.{day:%Y%m%d}.{number}",
            "office": office.id,
            "service_date": day.isoformat(),
            "lane": "regular",
            "issued_at": issued,
            "told_p90_s": None,
            "started_at": issued + timedelta(minutes=5),
            "counter": f"K-{number % 3}",
            "waited_s": 300,
            "within_limit": True,
            "breached": False,
            "overtakes": [],
            "signed": True,
            "without_email": False,
            "ended": "finished",
        }


def test_all_who_come_with_the_opening_have_a_number_at_once(office: Office) -> None:
    """Forty kiosks: the four weeks are looked through once, and before the opening not at all."""
    nine = next_nine(office.stack, office.stack.settings.offices)
    office.stack.travel_to(nine - HOUR - timedelta(seconds=30))
    for _ in range(KIOSKS):
        problem(office.kiosk.post(f"/offices/{office.id}/tickets", {}), Code.OFFICE_CLOSED)
    office.stack.travel_to(nine - HOUR)
    with ThreadPoolExecutor(KIOSKS) as kiosks:
        took = sorted(kiosks.map(lambda _: seconds_for_a_number(office), range(KIOSKS)))
    assert took[-1] < 4


def seconds_for_a_number(office: Office) -> float:
    """Press a button; return how long it took."""
    kiosk, began = office.person("kiosk", "kiosk-1"), time.monotonic()
    answer = kiosk.post(f"/offices/{office.id}/tickets", {})
    took = time.monotonic() - began
    assert answer.status_code == 201, answer.text
    assert answer.json()["estimated_wait"] == {"p50_s": 300, "p90_s": 300}
    return took


def test_long_report_holds_nobody_up(office: Office) -> None:
    """The board of another office is read as quickly meanwhile."""
    board, took = f"/offices/{JAYAPURA}/board", []
    today = next_nine(office.stack, office.stack.settings.offices).date()
    dates = {"from": str(today - timedelta(days=40)), "to": str(today)}
    with ThreadPoolExecutor(1) as officer:
        asked = officer.submit(office.budi.get, f"/offices/{office.id}/reports/waiting", **dates)
        while not asked.done():
            began = time.monotonic()
            assert office.sari.get(board).status_code == 200
            took.append(time.monotonic() - began)
    assert asked.result().json()["started"] >= VISITORS * (estimates.DAYS - 1)
    assert max(took) < 0.5


def test_queue_as_it_stood_beyond_all_time_is_refused(office: Office) -> None:
    """No calendar has a date for it."""
    answer = office.budi.get(f"/offices/{office.id}/queue", at="9999-12-31T23:59:59Z")
    problem(answer, Code.VALIDATION_FAILED)
