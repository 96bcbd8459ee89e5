"""What the log of the queue says afterwards: the report, the guest book, how long it will be."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from contracts.errors import Code
from contracts.queue import VisitSchema
from kernel.personal import FORGOTTEN, personal_fields
from services.queue.events import GuestBookSigned
from tests.api import problem
from tests.e2e.walk_in import AT_KIOSK, BOOK, JAYAPURA, Office, next_nine
from tests.support import Stack, eventually

ENOUGH = 20
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def office(walk_in: Stack) -> Office:
    return Office(walk_in, JAYAPURA)


@pytest.fixture(scope="module")
def day(office: Office) -> str:
    """A morning with enough visitors to learn from, who waited three minutes; its date."""
    office.stack.travel_to(office.stack.now() + timedelta(days=1))
    office.stack.travel_to(next_nine(office.stack, office.stack.settings.offices))
    tickets = [office.issue() for _ in range(ENOUGH)]
    urgent = office.issue(lane="priority", priority_reason="elderly")
    given_up = office.issue()
    assert {t["estimated_wait"] for t in (*tickets, urgent)} == {None}
    office.step(given_up, "cancel")
    office.stack.travel_to(office.stack.now() + 3 * MINUTE)
    for number, _ in enumerate((urgent, *tickets), 1):
        called = office.call_next(f"K-{number}").json()
        office.step(called, "start")
        office.step(called, "finish")
    eventually(lambda: office.stack.caught_up("queue"))
    return str(urgent["service_date"])


def report(office: Office, first: str, last: str | None = None) -> httpx.Response:
    query = {"from": first, "to": last or first}
    return office.budi.get(f"/offices/{office.id}/reports/waiting", **query)


def visits(office: Office, day: str, **query: Any) -> dict[str, Any]:
    """Return a page of the guest book of a date."""
    eventually(lambda: office.stack.caught_up("queue"))
    answer = office.budi.get(f"/offices/{office.id}/visits", **{"from": day, "to": day}, **query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def test_report_of_the_morning(office: Office, day: str) -> None:
    """Twenty-one were served, one went home, and one call passed everybody."""
    found = report(office, day).json()
    assert found["tickets"]["issued"] == ENOUGH + 2
    assert (found["tickets"]["finished"], found["tickets"]["cancelled"]) == (ENOUGH + 1, 1)
    assert (found["started"], found["within_limit"]) == (ENOUGH + 1, ENOUGH + 1)
    assert [h["hour"] for h in found["by_hour"]] == [11]  # Jayapura's
    assert len(found["by_counter"]) == ENOUGH + 1
    assert found["overtakes"] == [{"reason": "elderly", "calls": 1, "overtaken": ENOUGH}]
    assert found["wait"]["max_s"] in range(180, 240)


def test_report_made_anew_from_the_log_is_the_same_to_the_byte(office: Office, day: str) -> None:
    """The documents are thrown away; the log has it all."""
    before = report(office, day).content
    assert "waits: rebuilt" in office.stack.pst("views", "rebuild", "queue")
    assert report(office, day).content == before


def test_tool_prints_the_same_figures(office: Office, day: str) -> None:
    """As CSV cell by cell, as a table for people."""
    found = report(office, day).json()
    asked = ("report", "waiting", "--office", JAYAPURA, "--from", day)
    rows = list(csv.DictReader(io.StringIO(office.stack.pst(*asked, "--csv"))))
    (everybody,) = (row for row in rows if row["section"] == "all")
    assert int(everybody["p90_s"]) == found["wait"]["p90_s"]
    counters = [(r["key"], int(r["max_s"])) for r in rows if r["section"] == "counter"]
    assert counters == [(c["counter"], c["wait"]["max_s"]) for c in found["by_counter"]]
    (overtake,) = (r for r in rows if r["section"] == "overtakes")
    assert (overtake["key"], overtake["overtaken"]) == ("elderly", str(ENOUGH))
    table = office.stack.pst(*asked)
    assert f"{ENOUGH + 1} (100.0%)" in table
    assert "elderly: 1 calls past 20" in table


def test_report_of_dates_without_anybody(office: Office, day: str) -> None:
    """Empty is said as such, wrong as wrong."""
    nobody = report(office, "2020-01-06").json()
    assert (nobody["days"], nobody["wait"], nobody["share_within_limit"]) == (0, None, None)
    problem(report(office, day, "2020-01-01"), Code.VALIDATION_FAILED)
    problem(report(office, "2020-01-06", day), Code.VALIDATION_FAILED)
    said = office.stack.pst("report", "waiting", "--office", JAYAPURA, "--from", "2020-01-06")
    assert "Nobody was served." in said
    elsewhere = {"from": day, "to": day}
    problem(office.budi.get("/offices/1471/reports/waiting", **elsewhere), Code.WRONG_OFFICE)


def test_guest_book_is_read_page_by_page(office: Office, day: str) -> None:
    """Newest first, each visit once, in clear for officers of the office alone."""
    today = signed(office, 5)
    first = visits(office, today, limit=2)
    second = visits(office, today, limit=2, cursor=first["next_cursor"])
    third = visits(office, today, limit=2, cursor=second["next_cursor"])
    seen = [*first["items"], *second["items"], *third["items"]]
    assert third["next_cursor"] is None
    assert [v["number"] for v in seen] == sorted({v["number"] for v in seen}, reverse=True)
    assert len(seen) == 5
    assert not VisitSchema(many=True).validate(seen)
    assert {v["name"] for v in seen} == {BOOK["name"]}
    assert visits(office, "2020-01-06") == {"items": [], "next_cursor": None}
    place, dates = f"/offices/{JAYAPURA}/visits", {"from": today, "to": today}
    problem(office.kiosk.get(place, **dates), Code.WRONG_ROLE)
    problem(office.budi.get("/offices/1471/visits", **dates), Code.WRONG_OFFICE)
    problem(office.budi.get(place, **dates, cursor="x"), Code.VALIDATION_FAILED)


def test_visit_tells_what_came_of_it(office: Office, day: str) -> None:
    """The desk, the officer's notes, where they were sent on."""
    today = signed(office, 1)
    ticket = office.call_next("K-1").json()
    assert ticket["identity_checked"] is False  # signed at the kiosk
    office.step(ticket, "start")
    assert office.step(ticket, "identity", {"identity_type": "passport"})["identity_checked"]
    for text in ("Inflasi PENANDA", "PDRB PENANDA"):
        office.step(ticket, "notes", {"text": text})
    office.step(ticket, "referrals", {"target": "library"})
    office.step(ticket, "finish", {"outcome": "referred"})
    found = next(v for v in visits(office, today)["items"] if v["ticket_id"] == ticket["ticket_id"])
    assert found["notes"] == ["Inflasi PENANDA", "PDRB PENANDA"]
    assert (found["counter"], found["officer_id"]) == ("K-1", "budi")
    assert (found["identity_checked"], found["identity_type"]) == (True, "passport")
    assert (found["outcome"], found["referrals"]) == ("referred", ["library"])
    office.stack.pst("vault", "forget", found["subject_id"], "--yes")
    gone = eventually(
        lambda: next(
            v
            for v in visits(office, today)["items"]
            if v["ticket_id"] == ticket["ticket_id"] and v["name"] == FORGOTTEN
        )
    )
    assert gone["notes"] == [FORGOTTEN]
    assert {gone[word] for word in personal_fields(GuestBookSigned)} <= {FORGOTTEN, None}
    assert (gone["use"], gone["outcome"]) == (found["use"], "referred")


def test_number_comes_with_what_the_log_says_of_the_hour(office: Office, day: str) -> None:
    """Of days before: by the same hour and lane; the report then says how often it was kept."""
    office.clear()
    tomorrow = next_nine(office.stack, office.stack.settings.offices)
    office.stack.travel_to(tomorrow)
    told, urgent = office.issue(), office.issue(lane="priority", priority_reason="pregnant")
    estimate = told["estimated_wait"]
    assert 180 <= estimate["p50_s"] <= estimate["p90_s"] < 240
    assert urgent["estimated_wait"] is None  # one visitor is nobody to learn from
    office.stack.travel_to(office.stack.now() + 5 * MINUTE)
    for _ in (urgent, told):
        called = office.call_next("K-1").json()
        assert office.step(called, "start")["estimated_wait"] is None  # it has come
        office.step(called, "finish")
    eventually(lambda: office.stack.caught_up("queue"))
    found = report(office, told["service_date"]).json()
    assert found["estimates"] == {"told": 1, "kept": 0, "share_kept": 0.0}


def signed(office: Office, count: int) -> str:
    """Have so many sign on the next working day; its date."""
    office.clear()
    office.stack.travel_to(next_nine(office.stack, office.stack.settings.offices))
    for _ in range(count):
        ticket = office.issue()
        assert office.kiosk.post(f"/tickets/{ticket['ticket_id']}/guest-book", AT_KIOSK).is_success
    return str(date.fromisoformat(ticket["service_date"]))
