"""The walk-in queue over HTTP, from the kiosk's button to the end of the consultation."""

import csv
import random
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from contracts.codes import CODES_VERSION, CodesSchema
from contracts.common import rfc3339
from contracts.errors import Code
from contracts.queue import TicketSchema
from tests.api import problem
from tests.e2e.walk_in import AT_KIOSK, BOOK, JAYAPURA, PEKANBARU, Office
from tests.markers import eavesdropping, traces
from tests.support import Stack, Subscriber, eventually

TIMES = 5
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def pekanbaru(walk_in: Stack) -> Office:
    return Office(walk_in, PEKANBARU)


@pytest.fixture(scope="module")
def jayapura(walk_in: Stack) -> Office:
    return Office(walk_in, JAYAPURA)


def test_a_visit_from_the_button_to_the_end(pekanbaru: Office) -> None:
    """Both stops, each fact told to subscribers under the ticket as its subject."""
    with pekanbaru.stack.subscriber("1471.queue.*") as subscriber:
        ticket = pekanbaru.issue()
        called = pekanbaru.call_next("FO-1", stop="front_office").json()
        assert called["ticket_id"] == ticket["ticket_id"]
        assert (called["status"], called["counter"]) == ("called_front_office", "FO-1")
        pekanbaru.step(ticket, "register")
        waiting = pekanbaru.step(ticket, "guest-book", BOOK)
        assert (waiting["status"], waiting["ahead"]) == ("waiting_desk", 0)
        assert pekanbaru.call_next("K-1").json()["status"] == "called_desk"
        started = pekanbaru.step(ticket, "start")
        assert started["within_limit"] is True
        pekanbaru.step(ticket, "notes", {"text": "Tabel dinamis inflasi"})
        pekanbaru.step(ticket, "referrals", {"target": "library"})
        done = pekanbaru.step(ticket, "finish", {"outcome": "served"})
        assert (done["status"], done["outcome"]) == ("awaiting_feedback", "served")
        assert done["referrals"] == ["library"]
        assert not TicketSchema().validate(done)

        visit = [
            "ticket_issued",
            "ticket_called",
            "guest_book_signed",
            "ticket_called",
            "service_started",
            "referral_given",
            "service_finished",
        ]
        eventually(lambda: told(subscriber, ticket) == visit)


def test_if_match_is_about_the_ticket_and_not_its_day(jayapura: Office) -> None:
    """Others come and go; only what happens to this one makes a version stale."""
    ticket, _ = jayapura.issue(), jayapura.issue()
    place = f"/tickets/{ticket['ticket_id']}"
    etag = jayapura.budi.get(place).headers["ETag"]
    jayapura.issue()
    gone = jayapura.budi.post(f"{place}/cancel", If_Match=etag)
    assert (gone.status_code, gone.headers["ETag"]) == (200, '"2"')
    problem(jayapura.budi.post(f"{place}/reinstate", If_Match=etag), Code.VERSION_MISMATCH)
    jayapura.clear()


def test_nobody_waits_is_no_error(jayapura: Office) -> None:
    """204, without a body."""
    jayapura.sari.post(f"/offices/{JAYAPURA}/day/open")
    answer = jayapura.call_next("K-50")
    assert (answer.status_code, answer.content) == (204, b"")


def test_same_call_again_gets_the_same_ticket(jayapura: Office) -> None:
    """The answer was lost, and the officer presses again."""
    ticket, _ = jayapura.issue(), jayapura.issue()
    path = f"/offices/{JAYAPURA}/counters/K-1/call-next"
    first, again = (
        jayapura.budi.post(path, {"stop": "desk"}, Idempotency_Key="once") for _ in range(2)
    )
    assert first.json()["ticket_id"] == again.json()["ticket_id"] == ticket["ticket_id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    problem(jayapura.call_next("K-1"), Code.COUNTER_BUSY)


def test_holder_sees_and_cancels_with_the_token_alone(jayapura: Office) -> None:
    """Without it, or with another's, the ticket does not exist."""
    ticket, other = jayapura.issue(), jayapura.issue()
    place = f"{jayapura.stack.url}/v1/tickets/{ticket['ticket_id']}"
    with httpx.Client() as phone:
        problem(phone.get(place), Code.NOT_FOUND)
        problem(phone.get(place, params={"token": other["track_token"]}), Code.NOT_FOUND)
        token = {"token": ticket["track_token"]}
        assert phone.get(place, params=token).json()["number"] == ticket["number"]
        problem(phone.post(f"{place}/cancel", json={}), Code.NOT_FOUND)
        gone = phone.post(f"{place}/cancel", json={}, params=token)
        assert (gone.status_code, gone.json()["status"]) == (200, "cancelled")


def test_board_shows_numbers_and_nothing_of_anybody(pekanbaru: Office) -> None:
    """Everybody may look."""
    ticket = pekanbaru.issue(lane="priority", priority_reason="pregnant")
    pekanbaru.call_next("FO-1", stop="front_office")
    board = httpx.get(f"{pekanbaru.stack.url}/v1/offices/{PEKANBARU}/board").json()
    assert [(c["number"], c["counter"]) for c in board["now_serving"]] == [
        (ticket["number"], "FO-1")
    ]
    assert "pregnant" not in str(board)
    pekanbaru.step(ticket, "register")
    pekanbaru.step(ticket, "cancel")


def test_queue_shows_who_waits_and_who_is_where(pekanbaru: Office) -> None:
    """In the order of the rows; every counter, free or not."""
    first, second = pekanbaru.issue(), pekanbaru.issue()
    answer = pekanbaru.budi.get(f"/offices/{PEKANBARU}/queue")
    queue = answer.json()
    mine = [
        t for t in queue["waiting"] if t["ticket_id"] in (first["ticket_id"], second["ticket_id"])
    ]
    assert [t["ahead"] for t in mine] == [0, 1]
    assert [c["counter"] for c in queue["counters"]] == ["FO-1", "K-1", "K-2"]
    assert answer.headers["ETag"] == f'"{queue["version"]}"'
    problem(pekanbaru.kiosk.get(f"/offices/{PEKANBARU}/queue"), Code.WRONG_ROLE)


def test_queue_as_it_stood_is_what_was_seen_then(pekanbaru: Office) -> None:
    """Recorded live at moments of a busy hour, asked for afterwards in any order."""
    stack, place, seen = pekanbaru.stack, f"/offices/{PEKANBARU}/queue", []
    pekanbaru.clear()
    steps: list[Callable[[], Any]] = [
        partial(pekanbaru.issue),
        partial(pekanbaru.issue, lane="priority", priority_reason="elderly"),
        partial(pekanbaru.call_next, "FO-1", stop="front_office"),
        partial(pekanbaru.call_next, "K-1"),
        partial(pekanbaru.call_next, "K-2"),
        partial(one_step, pekanbaru, "called_front_office", "register"),
        partial(one_step, pekanbaru, "at_front_office", "guest-book", BOOK),
        partial(one_step, pekanbaru, "called_desk", "start"),
        partial(one_step, pekanbaru, "in_service", "finish"),
    ]
    busy = steps * TIMES
    random.shuffle(busy)
    for step in busy:
        step()
        moment = stack.now() + timedelta(milliseconds=5)
        time.sleep(0.02)  # nothing else is recorded up to that moment
        seen.append((moment, pekanbaru.budi.get(place).json()))
    for moment, live in random.sample(seen, len(seen)):
        assert pekanbaru.budi.get(place, at=rfc3339(moment)).json() == live
    assert len({live["version"] for _, live in seen}) >= 2 * TIMES  # each number is a step at least
    before = pekanbaru.budi.get(place, at="2020-01-06T03:00:00Z").json()
    assert (before["day_status"], before["waiting"], before["version"]) == ("not_opened", [], 0)


def one_step(office: Office, status: str, name: str, body: Any = None) -> None:
    """Move on one of those who stand somewhere, if anybody does."""
    serving = office.budi.get(f"/offices/{office.id}/queue").json()["serving"]
    if there := [t for t in serving if t["status"] == status]:
        office.step(there[0], name, body)


def test_what_if_tells_of_the_day_what_its_report_tells(pekanbaru: Office) -> None:
    """So far, for it is not over; beside it the same visitors at three desks."""
    stack = pekanbaru.stack
    today = str(pekanbaru.issue()["service_date"])
    asked = ("queue", "what-if", "--office", PEKANBARU, "--date", today, "--desks", "3", "--csv")
    place = f"/offices/{PEKANBARU}/reports/waiting"

    def told() -> list[dict[str, str]]:
        report = pekanbaru.budi.get(place, **{"from": today, "to": today}).json()
        cases = list(csv.DictReader(stack.pst(*asked).splitlines()))
        really = cases[0]
        late = report["started"] - report["within_limit"]
        assert (really["served"], really["late"]) == (str(report["started"]), str(late))
        waits = {name: really[f"limit_{name}"] for name in ("p50_s", "p90_s", "max_s")}
        assert waits == {name: str(wait) for name, wait in report["wait"].items()}
        return cases

    really, replayed, wish = eventually(told)
    assert [wish["desks"], replayed["desks"]] == ["3", really["desks"]]
    came = {int(case["served"]) + int(case["not_served"]) for case in (really, replayed, wish)}
    assert len(came) == 1


def test_officers_of_another_office_see_nothing(jayapura: Office, pekanbaru: Office) -> None:
    """Neither the queue nor a ticket, and they call nobody."""
    ticket = pekanbaru.issue()
    problem(jayapura.budi.get(f"/offices/{PEKANBARU}/queue"), Code.WRONG_OFFICE)
    problem(jayapura.budi.get(f"/tickets/{ticket['ticket_id']}"), Code.WRONG_OFFICE)
    path = f"/offices/{PEKANBARU}/counters/K-1/call-next"
    problem(jayapura.budi.post(path, {"stop": "desk"}), Code.WRONG_OFFICE)


@pytest.mark.parametrize("ticket", ["1471.20261123.x", "1471.nonsense.x", "9999.20261123.x", "x"])
def test_unknown_ticket_is_not_found(pekanbaru: Office, ticket: str) -> None:
    """Whatever its id looks like."""
    problem(pekanbaru.budi.get(f"/tickets/{ticket}"), Code.NOT_FOUND)
    problem(pekanbaru.budi.post(f"/tickets/{ticket}/start"), Code.NOT_FOUND)


def test_guest_book_says_nothing_that_nobody_can_know(pekanbaru: Office) -> None:
    """A card that no officer saw, a year to come; a kiosk finds the codes without a token."""
    ticket = pekanbaru.issue()
    place = f"/tickets/{ticket['ticket_id']}/guest-book"
    found = problem(pekanbaru.kiosk.post(place, BOOK), Code.VALIDATION_FAILED)
    assert list(found["errors"]) == ["identity_checked"]
    found = problem(
        pekanbaru.kiosk.post(place, AT_KIOSK | {"birth_year": 2100}), Code.VALIDATION_FAILED
    )
    assert list(found["errors"]) == ["birth_year"]
    codes = httpx.get(f"{pekanbaru.stack.url}/v1/codes").json()
    assert (CodesSchema().validate(codes), codes["version"]) == ({}, CODES_VERSION)


def test_forgotten_visitor_leaves_the_visit(pekanbaru: Office) -> None:
    """What was sealed for them opens no more; the ticket and its times stay."""
    stack = pekanbaru.stack
    with stack.subscriber("1471.queue.guest_book_signed") as subscriber:
        ticket = pekanbaru.issue()
        place = f"/tickets/{ticket['ticket_id']}/guest-book"
        assert pekanbaru.kiosk.post(place, AT_KIOSK).status_code == 200
        eventually(lambda: subscriber.drain())
        subject = subscriber.drain()[0][1]["data"]["subject_id"]
    assert "Siti-PENANDA" in stack.pst("vault", "export", subject)
    before = pekanbaru.budi.get(f"/tickets/{ticket['ticket_id']}").json()
    stack.pst("vault", "forget", subject, "--yes")
    assert "PENANDA" not in stack.pst("vault", "export", subject)
    assert pekanbaru.budi.get(f"/tickets/{ticket['ticket_id']}").json() == before
    stack.pst("log", "verify", "queue")


def test_limit_is_told_though_nobody_does_anything(jayapura: Office) -> None:
    """At seven minutes, and at ten, by the clock alone."""
    stack = jayapura.stack
    jayapura.clear()
    with stack.subscriber("9471.queue.*") as subscriber:
        ticket = jayapura.issue()
        stack.travel_to(stack.now() + 8 * MINUTE)
        eventually(lambda: told(subscriber, ticket)[1:] == ["start_limit_approaching"])
        stack.travel_to(stack.now() + 3 * MINUTE)
        eventually(lambda: told(subscriber, ticket)[2:] == ["start_limit_breached"])
    jayapura.call_next("K-49")
    assert jayapura.step(ticket, "start")["within_limit"] is False


def told(subscriber: Subscriber, ticket: dict[str, Any]) -> list[str]:
    """Return the kinds of the events about a ticket."""
    mine = [e for _, e in subscriber.drain() if e["subject"] == ticket["ticket_id"]]
    return [e["type"].split(".")[-2] for e in mine]


def test_guest_book_is_found_nowhere_in_clear(jayapura: Office) -> None:
    """Who came, why, and what the officer noted: in all that is kept or passed on."""
    stack, mark = jayapura.stack, uuid.uuid4().hex[:12]
    words = ("name", "phone", "institution", "purpose")
    book = AT_KIOSK | {word: f"{word} {mark}" for word in words} | {"email": f"{mark}@example.com"}
    jayapura.clear()
    with eavesdropping(stack) as heard:
        ticket = jayapura.issue()
        assert jayapura.kiosk.post(f"/tickets/{ticket['ticket_id']}/guest-book", book).is_success
        jayapura.call_next("K-1")
        jayapura.step(ticket, "start")
        jayapura.step(ticket, "notes", {"text": f"catatan {mark}"})
        jayapura.step(ticket, "finish")
        eventually(lambda: stack.caught_up("queue"))
        dates = {"from": ticket["service_date"], "to": ticket["service_date"]}
        assert mark in jayapura.budi.get(f"/offices/{JAYAPURA}/visits", **dates).text
        assert ticket["ticket_id"].encode() in heard(), "the eavesdropper heard nothing"
        assert mark.encode() not in heard()
    assert traces(stack, mark) == []
