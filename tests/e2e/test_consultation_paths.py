"""The ways a consultation can go, over HTTP: clarified, decreed, met, handed on, silent."""

import csv
import random
import time as real_time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from contracts.errors import Code
from tests.api import problem
from tests.support import QUESTION, Person, Stack, eventually

PEKANBARU = ZoneInfo("Asia/Jakarta")


def moment(text: str) -> datetime:
    """Read a time of the API."""
    return datetime.fromisoformat(text)


def supervisor(stack: Stack, role: str = "supervisor", office: str = "1471") -> Person:
    """Return who decides about others' work."""
    return Person(stack.url, stack.token(role, "rina", (office,)))


def opened(stack: Stack, **changes: Any) -> tuple[str, Person, Person]:
    """Open one; return its path, the officer and the person."""
    resource = stack.submit(**changes)
    return (
        f"/consultations/{resource['consultation_id']}",
        stack.officer(),
        stack.user(resource["subject_id"]),
    )


def posted(who: Person, path: str, body: Any = None) -> dict[str, Any]:
    """Post what is not refused; return the answer."""
    answer = who.post(path, body)
    assert answer.status_code in (200, 201), answer.text
    document: dict[str, Any] = answer.json()
    return document


def kinds(who: Person, path: str) -> list[str]:
    """Return what happened, in order."""
    return [item["type"] for item in who.get(f"{path}/history").json()["items"]]


def next_working_day(who: Person, after: date, office: str = "1471") -> date:
    """Return the first date after one that the calendar counts."""
    start = datetime.combine(after, datetime.min.time(), PEKANBARU) + timedelta(hours=12)
    query = {"office": office, "start": start.isoformat(), "working_days": 1}
    due = who.get("/calendar/due", **query).json()["due_at"]
    return moment(due).astimezone(PEKANBARU).date()


def test_full_conversation_with_everything_in_it(stack):
    """Asked back, accepted, a holiday decreed, handed on, met, answered, closed."""
    path, budi, siti = opened(stack)
    rina = supervisor(stack)

    asked = posted(
        budi, f"{path}/clarifications", {"text": "Inflasi bulanan?", "missing": ["period"]}
    )
    assert (asked["status"], asked["turn"]) == ("needs_clarification", "user")
    assert asked["sla"]["state"] == "not_started"
    assert asked["silence"]["running"]
    eventually(lambda: stack.caught_up("consultation"))
    waiting = budi.get("/consultations", office="1471", status="needs_clarification", limit="200")
    assert asked["consultation_id"] in [i["consultation_id"] for i in waiting.json()["items"]]

    posted(siti, f"{path}/messages", {"text": "Bulanan, 2020 sampai 2025."})
    assert siti.get(path).json()["status"] == "submitted"
    accepted = posted(budi, f"{path}/accept")
    due = moment(accepted["sla"]["due_at"])

    decreed = next_working_day(budi, stack.now().astimezone(PEKANBARU).date())
    decree = {"date": decreed.isoformat(), "kind": "holiday", "decree_no": "SKB-77"}
    year = posted(rina, f"/calendar/{decreed.year}", {**decree, "office": "1471"})
    try:
        assert decree["date"] in [day["date"] for day in year["days"]]
        moved = eventually(
            lambda: moment(siti.get(path).json()["sla"]["due_at"]) > due and siti.get(path).json()
        )
        start = {"office": "1471", "start": accepted["accepted_at"], "working_days": 3}
        explained = budi.get("/calendar/due", **start).json()
        assert moved["sla"]["due_at"] == explained["due_at"]
        assert moved["sla"]["calendar_version"] == explained["calendar_version"]
        reasons = {day["date"]: day["reason"] for day in explained["skipped"]}
        assert reasons[decree["date"]] == "Libur nasional (SKB-77)"
    finally:
        posted(
            rina,
            f"/calendar/{decreed.year}/revoke",
            {"date": decree["date"], "decree_no": "SKB-78", "office": "1471"},
        )
    eventually(lambda: moment(siti.get(path).json()["sla"]["due_at"]) == due)

    posted(budi, f"{path}/claim")
    assert posted(budi, f"{path}/assign", {"officer_id": "ani"})["officer_id"] == "ani"
    problem(budi.post(f"{path}/assign", {"officer_id": "budi"}), Code.ALREADY_ASSIGNED)
    assert posted(rina, f"{path}/assign", {"officer_id": "budi"})["officer_id"] == "budi"

    start_at = (stack.now() + timedelta(hours=30)).isoformat()
    meeting = {
        "kind": "zoom",
        "start": start_at,
        "duration_min": 30,
        "join_url": "https://z.id/j/1",
    }
    answer = budi.post(f"{path}/meetings", meeting)
    assert answer.status_code == 201, answer.text
    planned = answer.json()
    assert answer.headers["Location"].endswith(planned["meeting_id"])
    assert (planned["status"], planned["sequence"]) == ("scheduled", 0)
    problem(budi.post(f"{path}/meetings/{planned['meeting_id']}/held"), Code.WRONG_STATE)
    stack.travel_to(moment(planned["end"]))
    summary = {"summary": "Kami membahas tabel dinamis."}
    held = posted(budi, f"{path}/meetings/{planned['meeting_id']}/held", summary)
    assert held["status"] == "held"
    after = siti.get(path).json()
    assert after["answered_at"] is not None
    assert after["messages"][-1]["text"] == "Kami membahas tabel dinamis."
    assert after["meetings"][0]["join_url"] == "https://z.id/j/1"

    referral = {"target": "library", "reason": "Edisi lama hanya tercetak."}
    assert posted(budi, f"{path}/referrals", referral)["referrals"][0]["target"] == "library"
    closed = posted(budi, f"{path}/close", {"reason": "resolved"})
    assert closed["status"] == "closed"
    (told,) = (
        item["data"]
        for item in budi.get(f"{path}/history").json()["items"]
        if item["type"] == "consultation_closed"
    )
    assert told["rating_token_ref"] == "closing-1"
    assert kinds(siti, path) == kinds(budi, path)


def test_limit_is_explained_to_the_minute(stack):
    """To the user, too: with whom the time was, and which days did not count."""
    path, budi, siti = opened(stack)
    assert siti.get(f"{path}/limit").json()["explained"] is None
    posted(budi, f"{path}/accept")
    posted(budi, f"{path}/clarifications", {"text": "Yang mana?", "missing": ["region"]})
    stack.travel_to(stack.now() + timedelta(hours=26))
    posted(siti, f"{path}/messages", {"text": "Kota Pekanbaru."})
    stack.travel_to(stack.now() + timedelta(hours=3))
    told = siti.get(f"{path}/limit").json()
    minutes = told["explained"]["minutes"]
    assert sum(minutes[n] for n in minutes if n != "total") == minutes["total"]
    assert minutes["with_user"] in (26 * 60, 26 * 60 + 1)
    (pause,) = told["explained"]["pauses"]
    assert told["explained"]["due_at"] == told["sla"]["due_at"]
    assert pause["end"] is not None
    sentences = [item["told"] for item in siti.get(f"{path}/history").json()["items"]]
    assert all(each["id"] and each["en"] for each in sentences)
    assert sentences[0]["id"].startswith("Pertanyaan diajukan (KS-1471-")


def test_lists_for_an_officer(stack):
    """Mine, nobody's, and those that wait for the user."""
    mine, budi, _ = opened(stack)
    nobodys, _, _ = opened(stack)
    posted(budi, f"{mine}/accept")
    posted(budi, f"{mine}/claim")
    posted(budi, f"{mine}/messages", {"text": "Ini jawabannya."})
    eventually(lambda: stack.caught_up("consultation"))

    def listed(**query: str) -> list[str]:
        rows = budi.get("/consultations", office="1471", limit="200", **query).json()["items"]
        return [f"/consultations/{row['consultation_id']}" for row in rows]

    assert mine in listed(officer="budi")
    assert nobodys not in listed(officer="budi")
    assert nobodys in listed(unassigned="true")
    assert mine not in listed(unassigned="true")
    assert mine in listed(turn="user")
    assert nobodys in listed(turn="officer")
    assert listed(to_confirm="true") == []
    problem(budi.get("/consultations", turn="system"), Code.VALIDATION_FAILED)


def test_duplicate_names_another_consultation(stack):
    """One that exists, and not itself."""
    path, budi, _ = opened(stack)
    other, _, _ = opened(stack)
    body = {"reason": "duplicate", "duplicate_of": path.rpartition("/")[2]}
    problem(budi.post(f"{path}/close", body), Code.VALIDATION_FAILED)
    problem(budi.post(f"{path}/close", {**body, "duplicate_of": "nothing"}), Code.VALIDATION_FAILED)
    problem(budi.post(f"{path}/close", {**body, "reason": "spam"}), Code.VALIDATION_FAILED)
    spam, _, _ = opened(stack)
    posted(budi, f"{spam}/close", {"reason": "spam"})
    unanswered = {**body, "duplicate_of": spam.rpartition("/")[2]}
    problem(budi.post(f"{path}/close", unanswered), Code.VALIDATION_FAILED)
    body["duplicate_of"] = other.rpartition("/")[2]
    assert posted(budi, f"{path}/close", body)["duplicate_of"] == body["duplicate_of"]


def test_officer_known_by_an_address_takes_and_is_given_work(stack):
    """Whoever a token may name can have a consultation, and be searched for."""
    name = "sso|wati.rahma@bps.go.id"
    path, budi, _ = opened(stack)
    given = posted(budi, f"{path}/assign", {"officer_id": name})
    assert given["officer_id"] == name
    wati = stack.officer(name)
    mine = wati.get("/consultations", officer=name).json()
    assert mine["items"] is not None
    assert posted(wati, f"{path}/assign", {"officer_id": "budi"})["officer_id"] == "budi"


def test_duplicates_do_not_name_each_other(stack):
    """Not over a third one either: somebody answers. Reopened, it is a duplicate no more."""
    (first, budi, _), (second, _, _), (third, _, _) = (opened(stack) for _ in range(3))

    def close(path: str, other: str) -> httpx.Response:
        body = {"reason": "duplicate", "duplicate_of": other.rpartition("/")[2]}
        return budi.post(f"{path}/close", body)

    assert close(first, second).is_success
    problem(close(second, first), Code.VALIDATION_FAILED)
    assert close(second, third).is_success
    problem(close(third, first), Code.VALIDATION_FAILED)
    assert budi.get(third).json()["status"] != "closed"
    posted(budi, f"{first}/reopen", {"reason": "Bukan pertanyaan yang sama"})
    assert close(third, first).is_success


@pytest.mark.parametrize("own", [True, False], ids=["their own", "somebody else's"])
def test_nobody_learns_of_anothers_consultation(stack, own):
    """Not by its id either, wherever they look; an officer sees it."""
    path, budi, siti = opened(stack)
    if own:
        other = posted(siti, "/consultations", {**QUESTION, "contact": None})["consultation_id"]
    else:
        other = opened(stack)[0].rpartition("/")[2]
    posted(budi, f"{path}/close", {"reason": "duplicate", "duplicate_of": other})
    eventually(lambda: stack.caught_up("consultation"))

    def seen_by(who: Person, **query: str) -> list[Any]:
        closed = [i for i in who.get(f"{path}/history").json()["items"] if "closed" in i["type"]]
        rows = who.get("/consultations", **query).json()["items"]
        (row,) = (r for r in rows if r["consultation_id"] == path.rpartition("/")[2])
        return [
            who.get(path).json()["duplicate_of"],
            closed[-1]["data"]["duplicate_of"],
            row["duplicate_of"],
        ]

    assert seen_by(siti) == [other if own else None] * 3
    assert seen_by(budi, office="1471", limit="200") == [other] * 3


def test_decree_for_all_is_told_in_every_office(stack):
    """Only an administrator decides for all; each office's subscribers hear of it."""
    day = {"date": "2031-03-14", "kind": "joint_leave", "decree_no": "SKB-9", "name": "Cuti Nyepi"}
    problem(supervisor(stack).post("/calendar/2031", day), Code.WRONG_ROLE)
    admin = supervisor(stack, "admin")
    problem(admin.post("/calendar/2030", day), Code.VALIDATION_FAILED)
    problem(admin.post("/calendar/2031", {**day, "office": "9471"}), Code.WRONG_OFFICE)
    with stack.subscriber("*.consultation.*") as subscriber:

        def told(event: str) -> set[str]:
            keys = (key.split(".") for key, _ in subscriber.drain())
            return {office for office, _, name in keys if name == event}

        posted(admin, "/calendar/2031", day)
        eventually(lambda: told("calendar_day_declared") == {"1471", "9471"})
        for office in ("1471", "9471"):
            days = admin.get("/calendar/2031", office=office).json()["days"]
            (known,) = (d for d in days if d["date"] == day["date"])
            assert (known["name"], known["decree_no"]) == ("Cuti Nyepi", "SKB-9")
        revoke = {"date": day["date"], "decree_no": "SKB-10"}
        posted(admin, "/calendar/2031/revoke", revoke)
        problem(admin.post("/calendar/2031/revoke", revoke), Code.NOT_FOUND)
        eventually(lambda: told("calendar_day_revoked") == {"1471", "9471"})
    for office in (None, "1471", "9471"):
        query = {} if office is None else {"office": office}

        def dates(query: dict[str, str] = query) -> list[str]:
            return [d["date"] for d in admin.get("/calendar/2031", **query).json()["days"]]

        eventually(
            lambda dates=dates: day["date"] not in dates()
        )  # each process looks now and then


def test_decree_closes_the_walk_in_queue_too(stack):
    """A Monday morning on which the office is closed by decree, and then is not."""
    rina = supervisor(stack, office="9471")
    morning = datetime(2027, 3, 1, 10, 0, tzinfo=ZoneInfo("Asia/Jayapura"))
    place, day = (
        "/offices/9471/tickets",
        {"date": "2027-03-01", "decree_no": "B-7", "office": "9471"},
    )
    with stack.standing_at(morning):
        eventually(lambda: rina.get("/offices/9471").json()["open_now"])
        posted(rina, "/calendar/2027", {**day, "kind": "closure", "name": "Gempa"})
        eventually(lambda: not rina.get("/offices/9471").json()["open_now"])
        problem(rina.post(place), Code.OFFICE_CLOSED)
        posted(rina, "/calendar/2027/revoke", day)
        eventually(lambda: rina.post(place).status_code == 201)
        eventually(lambda: rina.get("/offices/9471").json()["open_now"])


def closing_together(stack: Stack, count: int) -> tuple[list[tuple[str, Person]], datetime]:
    """Have so many consultations answered on one day; return them, and when they all close."""
    if stack.now().astimezone(PEKANBARU).hour == 23:  # or some would be answered tomorrow
        stack.travel_to(stack.now() + timedelta(hours=1))
    budi = stack.officer()
    made = []
    for _ in range(count):
        path, _, siti = opened(stack)
        posted(budi, f"{path}/accept")
        posted(budi, f"{path}/messages", {"text": "Ini jawabannya."})
        made.append((path, siti))
    (end,) = {budi.get(path).json()["silence"]["closes_at"] for path, _ in made}
    return made, moment(end)


@pytest.mark.parametrize("side", [-1, 1], ids=["a second before", "a second after"])
def test_replies_around_the_automatic_close(stack, side):
    """A hundred, each at another moment: nothing is lost, and who wrote in time was not silent."""
    made, closes_at = closing_together(stack, 100)
    stack.travel_to(closes_at - timedelta(hours=1))
    officer = stack.officer()
    for path, _ in made:  # the reminders are behind us: what comes due next comes in time
        eventually(
            lambda path=path: officer.get(path).json()["silence"]["reminders_sent"], within=60
        )
    stack.travel_to(closes_at - timedelta(seconds=2.5))
    draw = random.Random(4711)
    jitter = [draw.uniform(0.5, 1.5) * side for _ in made]

    def reply(case: tuple[tuple[str, Person], float]) -> None:
        (path, siti), offset = case
        at = closes_at + timedelta(seconds=offset)
        real_time.sleep(max(0, (at - stack.now()).total_seconds()))
        posted(siti, f"{path}/messages", {"text": f"balasan {offset}"})

    with ThreadPoolExecutor(25) as pool:
        list(pool.map(reply, sorted(zip(made, jitter, strict=True), key=lambda case: case[1])))
    stack.travel_to(closes_at + timedelta(seconds=5))
    budi, reopened, late = stack.officer(), 0, 0
    for path, _ in made:
        seen = eventually(lambda path=path: budi.get(path).json())
        assert seen["messages"][-1]["text"].startswith("balasan")
        assert (seen["status"], seen["turn"]) == ("in_progress", "officer")
        assert seen["close_reason"] is None
        history = budi.get(f"{path}/history").json()["items"]
        ends = [i for i in history if i["type"] == "consultation_closed"]
        again = [i["data"] for i in history if i["type"] == "consultation_reopened"]
        assert len(ends) == len(again) <= 1
        sent_at = moment(seen["messages"][-1]["sent_at"])
        late += sent_at > closes_at  # also who meant to be in time, where the machine is busy
        if ends:
            in_time = sent_at <= moment(ends[0]["occurred_at"])
            assert again[0]["reverses_close"] == in_time
            reopened += not in_time
    assert reopened <= late  # who wrote in time was never taken for silent
    if side < 0:
        assert late < len(made)
    else:
        assert reopened > 0  # they found it closed


def test_reply_on_its_way_while_it_closes_undoes_that(stack):
    """The gateway had it before the close; it came to be decided after it."""
    ((path, siti),), closes_at = closing_together(stack, 1)
    stack.travel_to(closes_at + timedelta(seconds=5))
    eventually(lambda: siti.get(path).json()["status"] == "closed")
    with stack.standing_at(closes_at - timedelta(seconds=30)):
        posted(siti, f"{path}/messages", {"text": "Terima kasih, satu hal lagi."})
    seen = siti.get(path).json()
    assert (seen["status"], seen["turn"]) == ("in_progress", "officer")
    again = siti.get(f"{path}/history").json()["items"][-2]
    assert (again["type"], again["data"]["reverses_close"]) == ("consultation_reopened", True)


def test_answers_that_an_office_keeps(stack):
    """In two languages, for its officers only."""
    budi = stack.officer()
    place = "/offices/1471/canned-answers"
    body = {"title": "Inflasi", "text_id": "Ada di situs kami.", "text_en": "See our site."}
    kept = budi.post(place, body)
    assert kept.status_code == 201, kept.text
    canned = kept.json()
    assert kept.headers["Location"] == f"/v1{place}/{canned['canned_id']}"
    changed = posted(budi, f"{place}/{canned['canned_id']}", {**body, "title": "Inflasi bulanan"})
    assert changed["title"] == "Inflasi bulanan"
    assert changed in budi.get(place).json()["items"]
    problem(stack.officer("cici", ("9471",)).get(place), Code.WRONG_OFFICE)
    problem(stack.user("siti").get(place), Code.WRONG_ROLE)
    problem(budi.post(f"{place}/nothing", body), Code.NOT_FOUND)
    left = posted(budi, f"{place}/{canned['canned_id']}/remove")["items"]
    assert canned["canned_id"] not in [each["canned_id"] for each in left]


def test_cases_of_an_absent_officer_are_handed_on(stack):
    """To several in turn; what is closed stays, and no limit moves."""
    absent = stack.officer("dewi")
    paths = [opened(stack)[0] for _ in range(5)]
    limits = {}
    for path in paths:
        posted(absent, f"{path}/claim")
        limits[path] = posted(absent, f"{path}/accept")["sla"]["due_at"]
    posted(absent, f"{paths[0]}/close", {"reason": "spam"})
    body = {"from_officer": "dewi", "to_officers": ["eka", "fitri"]}
    problem(absent.post("/offices/1471/reassign", body), Code.WRONG_ROLE)
    rina = supervisor(stack)
    problem(
        rina.post("/offices/1471/reassign", {**body, "to_officers": ["dewi"]}),
        Code.VALIDATION_FAILED,
    )
    key = {"Idempotency_Key": f"absent-{paths[0][-8:]}"}
    done = rina.post("/offices/1471/reassign", body, **key)
    assert done.json()["remaining"] == 0
    handed = {i["consultation_id"]: i["officer_id"] for i in done.json()["items"]}
    assert set(handed) == {path.rpartition("/")[2] for path in paths[1:]}
    assert sorted(handed.values()) == ["eka", "eka", "fitri", "fitri"]
    for path in paths[1:]:
        seen = rina.get(path).json()
        assert seen["officer_id"] == handed[seen["consultation_id"]]
        assert seen["sla"]["due_at"] == limits[path]
    later, _, _ = opened(stack)
    posted(absent, f"{later}/claim")
    again = rina.post("/offices/1471/reassign", body, **key)
    assert again.json() == done.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert rina.get(later).json()["officer_id"] == "dewi"
    other = {**body, "to_officers": ["gita"]}
    problem(rina.post("/offices/1471/reassign", other, **key), Code.IDEMPOTENCY_KEY_REUSED)
    moved = posted(rina, "/offices/1471/reassign", body)["items"]
    assert [item["consultation_id"] for item in moved] == [later.rpartition("/")[2]]
    assert posted(rina, "/offices/1471/reassign", body)["items"] == []


def test_report_of_a_day(stack):
    """What was submitted, accepted, answered; as JSON and as a table for a spreadsheet."""
    path, budi, _ = opened(stack, type="methodology")
    posted(budi, f"{path}/accept")
    posted(budi, f"{path}/messages", {"text": "Ini metodologinya."})
    eventually(lambda: stack.caught_up("consultation"))
    today = stack.now().astimezone(PEKANBARU).date()
    query = {"from": (today - timedelta(days=30)).isoformat(), "to": today.isoformat()}
    place = "/offices/1471/reports/consultations"
    found = budi.get(place, **query).json()
    (of_type,) = (group for group in found["by_type"] if group["type"] == "methodology")
    assert (of_type["answered"], of_type["limit"]["met"]) == (1, 1)
    assert sum(group["submitted"] for group in found["by_type"]) == found["submitted"]
    assert sum(group["submitted"] for group in found["by_month"]) == found["submitted"]
    table = budi.get(place, **query, format="csv")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert table.headers["Content-Disposition"].endswith('.csv"')
    rows = list(csv.DictReader(table.text.splitlines()))
    (line,) = (row for row in rows if (row["section"], row["key"]) == ("by_type", "methodology"))
    assert line["limit.met"] == "1"
    assert rows[0]["submitted"] == str(found["submitted"])
    problem(stack.user("siti").get(place, **query), Code.WRONG_ROLE)
    problem(budi.get(place, **{"from": "2026-01-02", "to": "2026-01-01"}), Code.VALIDATION_FAILED)
    problem(stack.officer("cici", ("9471",)).get(place, **query), Code.WRONG_OFFICE)
