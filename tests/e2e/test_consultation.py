"""A consultation from the question to the close, over HTTP, with its e-mails."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.errors import Code
from tests.api import problem
from tests.support import Person, Stack, eventually

PEKANBARU = ZoneInfo("Asia/Jakarta")


def moment(text: str) -> datetime:
    """Read a time of the API."""
    return datetime.fromisoformat(text)


def opened(stack: Stack) -> tuple[dict[str, Any], Person, Person, str]:
    """Open one for a person of its own; return it, the officer, the person, the address."""
    address = f"siti-{uuid.uuid4().hex[:10]}@example.com"
    contact = {"name": "Siti Rahma", "email": address}
    resource = stack.submit(contact=contact)
    return resource, stack.officer(), stack.user(resource["subject_id"]), address


def answered(stack: Stack) -> tuple[str, Person, Person, str]:
    """Open, accept and answer one; return its path, the officer, the person, the address."""
    resource, officer, user, address = opened(stack)
    path = f"/consultations/{resource['consultation_id']}"
    assert officer.post(f"{path}/accept").status_code == 200
    text = "Tabel inflasi ada di situs kami."
    assert officer.post(f"{path}/messages", {"text": text}).status_code == 201
    return path, officer, user, address


def subjects(stack: Stack, address: str) -> list[str]:
    """Return the subjects of the e-mails that one person got, in order."""
    return [str(mail["Subject"]) for mail in stack.mails(address)]


def test_full_conversation(stack):
    """Opened, accepted, answered, replied to, closed; an e-mail at each point that needs one."""
    resource, officer, user, address = opened(stack)
    path = f"/consultations/{resource['consultation_id']}"
    assert resource["status"] == "submitted"
    assert resource["sla"]["state"] == "not_started"

    accepted = officer.post(f"{path}/accept").json()
    query = {"office": "1471", "start": accepted["accepted_at"], "working_days": 3}
    due = officer.get("/calendar/due", **query).json()
    assert accepted["sla"]["due_at"] == due["due_at"]

    assert officer.post(f"{path}/claim").json()["officer_id"] == "budi"
    question = officer.post(f"{path}/messages", {"text": "Tahun berapa saja?"})
    assert question.status_code == 201
    assert officer.get(path).json()["sla"]["state"] == "met"
    assert user.post(f"{path}/messages", {"text": "2020 sampai 2025"}).status_code == 201
    assert user.get(path).json()["turn"] == "officer"
    officer.post(f"{path}/messages", {"text": "Baik.", "internal": True})
    officer.post(f"{path}/messages", {"text": "Ini tabelnya."})
    closed = officer.post(f"{path}/close", {"reason": "resolved"}).json()
    assert (closed["status"], closed["close_reason"]) == ("closed", "resolved")

    seen = [m["text"] for m in user.get(path).json()["messages"]]
    assert seen[1:] == ["Tahun berapa saja?", "2020 sampai 2025", "Ini tabelnya."]
    eventually(lambda: len(stack.mails(address)) == 5)  # each word of the officer is one
    assert all(f"[{resource['number']}]" in s for s in subjects(stack, address))


def test_person_asks_again_without_an_officer(stack):
    """Who is known from an earlier consultation gets the e-mails at the address known then."""
    _, _, user, address = opened(stack)
    question = {"office": "1471", "type": "metadata", "topic": "SBH", "question": "Apa itu SBH?"}
    eventually(lambda: stack.caught_up("consultation"))
    answer = user.post("/consultations", question)
    assert answer.status_code == 201, answer.text
    number = answer.json()["number"]
    eventually(lambda: any(number in s for s in subjects(stack, address)))
    eventually(lambda: stack.caught_up("consultation"))  # lists are read from a view
    mine = user.get("/consultations").json()["items"]
    assert [item["topic"] for item in mine] == ["SBH", "Inflasi Pekanbaru"]


def test_history_tells_every_fact(stack):
    """In order, with who did it; the user sees all but internal notes."""
    path, officer, user, _ = answered(stack)
    officer.post(f"{path}/messages", {"text": "catatan", "internal": True})
    items = officer.get(f"{path}/history").json()["items"]
    assert [i["version"] for i in items] == list(range(1, len(items) + 1))
    assert [i["type"] for i in items][:2] == ["consultation_submitted", "request_accepted"]
    assert items[1]["actor"] == {"kind": "officer", "id": "budi"}
    assert len(user.get(f"{path}/history").json()["items"]) == len(items) - 1


def test_state_as_it_stood(stack):
    """`?at=` folds what the log had recorded by then; before it began there was nothing."""
    path, officer, _, _ = answered(stack)
    items = officer.get(f"{path}/history").json()["items"]
    then = officer.get(path, at=items[1]["occurred_at"]).json()
    assert (then["status"], then["version"]) == ("accepted", 2)
    before = moment(items[0]["occurred_at"]) - timedelta(seconds=1)
    assert officer.get(path, at=before.isoformat()).status_code == 404


def test_silence_reminds_and_closes(stack):
    """Reminders at 09:00 on days 3, 5 and 6; closed at 23:59:59 of day 7, local time."""
    path, officer, _, address = answered(stack)
    answered_at = moment(officer.get(path).json()["answered_at"])
    day_0 = answered_at.astimezone(PEKANBARU).date()
    for n, day in enumerate((3, 5, 6), start=1):
        due = datetime.combine(day_0 + timedelta(days=day), time(9), PEKANBARU)
        stack.travel_to(due - timedelta(seconds=4))
        assert officer.get(path).json()["silence"]["reminders_sent"] == n - 1
        eventually(lambda n=n: officer.get(path).json()["silence"]["reminders_sent"] == n)
        eventually(lambda n=n: len(subjects(stack, address)) == 3 + n)
        told = officer.get(f"{path}/history").json()["items"][-1]
        assert told["type"] == "silence_reminder_due"
        assert due <= moment(told["occurred_at"]) < due + timedelta(seconds=10)
    end = datetime.combine(day_0 + timedelta(days=7), time(23, 59, 59), PEKANBARU)
    assert moment(officer.get(path).json()["silence"]["closes_at"]) == end
    stack.travel_to(end - timedelta(seconds=4))
    assert officer.get(path).json()["status"] == "in_progress"
    eventually(lambda: officer.get(path).json()["status"] == "closed")
    closed = officer.get(path).json()
    assert closed["close_reason"] == "user_silent"
    assert end <= moment(closed["closed_at"]) < end + timedelta(seconds=10)
    eventually(lambda: len(subjects(stack, address)) == 7)


def test_reply_on_day_six_prevents_the_close(stack):
    """The next answer starts a new silence; an internal note does not end it."""
    path, officer, user, _ = answered(stack)
    closes_at = moment(officer.get(path).json()["silence"]["closes_at"])
    stack.travel_to(closes_at - timedelta(days=1, hours=2))
    assert user.post(f"{path}/messages", {"text": "Masih ada pertanyaan"}).status_code == 201
    assert officer.get(path).json()["silence"]["running"] is False
    officer.post(f"{path}/messages", {"text": "catatan", "internal": True})
    assert officer.get(path).json()["silence"]["running"] is False
    stack.travel_to(closes_at + timedelta(hours=1))
    eventually(lambda: stack.now() > closes_at)
    assert officer.get(path).json()["status"] == "in_progress"
    officer.post(f"{path}/messages", {"text": "Ini jawabannya"})
    silence = officer.get(path).json()["silence"]
    day = stack.now().astimezone(PEKANBARU).date() + timedelta(days=7)
    assert moment(silence["closes_at"]).astimezone(PEKANBARU).date() == day
    officer.post(f"{path}/messages", {"text": "catatan lagi", "internal": True})
    stack.travel_to(moment(silence["closes_at"]))
    eventually(lambda: officer.get(path).json()["close_reason"] == "user_silent")


def test_reply_after_the_automatic_close_reopens(stack):
    """The message is there, and the conversation goes on."""
    path, officer, user, _ = answered(stack)
    stack.travel_to(moment(officer.get(path).json()["silence"]["closes_at"]))
    eventually(lambda: officer.get(path).json()["status"] == "closed")
    assert user.post(f"{path}/messages", {"text": "Maaf terlambat"}).status_code == 201
    after = user.get(path).json()
    assert after["status"] == "in_progress"
    assert after["messages"][-1]["text"] == "Maaf terlambat"


def test_reply_by_email_that_an_officer_enters_undoes_the_automatic_close(stack):
    """It counts as the user's, when it was sent; the history says who wrote it down."""
    path, officer, user, _ = answered(stack)
    closes_at = moment(officer.get(path).json()["silence"]["closes_at"])
    stack.travel_to(closes_at)
    eventually(lambda: officer.get(path).json()["status"] == "closed")
    entered = {
        "text": "Sudah saya balas lewat email",
        "on_behalf": True,
        "channel": "email",
        "sent_at": (closes_at - timedelta(days=1)).isoformat(),
    }
    problem(user.post(f"{path}/messages", entered), Code.VALIDATION_FAILED)
    ahead = {**entered, "sent_at": (stack.now() + timedelta(days=1)).isoformat()}
    problem(officer.post(f"{path}/messages", ahead), Code.VALIDATION_FAILED)
    posted = officer.post(f"{path}/messages", entered)
    assert posted.status_code == 201, posted.text
    message = posted.json()
    assert (message["by"], message["officer_id"], message["channel"]) == ("user", "budi", "email")
    assert moment(message["sent_at"]) == closes_at - timedelta(days=1)
    after = user.get(path).json()
    assert (after["status"], after["turn"]) == ("in_progress", "officer")
    *_, undone, written = officer.get(f"{path}/history").json()["items"]
    assert (undone["type"], undone["data"]["reverses_close"]) == ("consultation_reopened", True)
    assert written["actor"] == {"kind": "officer", "id": "budi"}
    assert written["told"]["en"] == "An officer wrote down what the user said (email)"


def test_limit_passes_without_an_answer(stack):
    """Nobody presses anything, and the breach is told."""
    resource, officer, _, _ = opened(stack)
    path = f"/consultations/{resource['consultation_id']}"
    due_at = moment(officer.post(f"{path}/accept").json()["sla"]["due_at"])
    stack.travel_to(due_at)
    eventually(lambda: officer.get(path).json()["sla"]["state"] == "breached")
    eventually(lambda: stack.caught_up("consultation"))  # lists are read from a view
    late = officer.get("/consultations", office="1471", overdue="true", limit="200").json()
    assert resource["consultation_id"] in [i["consultation_id"] for i in late["items"]]
    officer.post(f"{path}/messages", {"text": "Maaf menunggu."})
    after = officer.get(path).json()
    assert (after["sla"]["state"], after["sla"]["late_by_working_days"]) == ("breached", 0)


def test_user_withdraws_and_reopens(stack):
    """The same number."""
    resource, _, user, _ = opened(stack)
    path = f"/consultations/{resource['consultation_id']}"
    assert user.post(f"{path}/withdraw").json()["close_reason"] == "withdrawn"
    again = user.post(f"{path}/reopen", {"reason": "Ternyata masih perlu"}).json()
    assert (again["status"], again["number"]) == ("submitted", resource["number"])


def test_numbers_follow_each_other(stack):
    """KS-<office>-<year>-<6 digits>, one after the other."""
    numbers = [stack.submit()["number"] for _ in range(3)]
    last = [int(n.rpartition("-")[2]) for n in numbers]
    assert last == [last[0], last[0] + 1, last[0] + 2]
    assert all(len(n.rpartition("-")[2]) == 6 and n.startswith("KS-1471-") for n in numbers)


def test_number_belongs_to_the_local_year(stack):
    """23:59 on New Year's Eve in Pekanbaru, and half an hour later; in UTC both are the 31st."""
    midnight = datetime(2029, 1, 1, tzinfo=PEKANBARU)
    with stack.standing_at(midnight - timedelta(minutes=1)):
        assert stack.submit()["number"].startswith("KS-1471-2028-")
    with stack.standing_at(midnight + timedelta(minutes=30)):
        assert stack.submit()["number"].startswith("KS-1471-2029-")


def test_closing_note_is_for_the_record(stack):
    """Officers read it in the history; the person does not."""
    path, officer, user, _ = answered(stack)
    officer.post(f"{path}/close", {"reason": "resolved", "note": "perlu tindak lanjut"})
    assert "perlu tindak lanjut" in officer.get(f"{path}/history").text
    assert "perlu tindak lanjut" not in user.get(f"{path}/history").text


VECTORS = [
    (date(2026, 11, 20), date(2026, 11, 25)),
    (date(2026, 11, 21), date(2026, 11, 25)),
    (date(2026, 12, 22), date(2026, 12, 29)),
    (date(2026, 12, 31), date(2027, 1, 7)),
    (date(2026, 3, 17), date(2026, 3, 27)),
    (date(2027, 5, 14), date(2027, 5, 25)),
]
"""Three working days after each date, holidays and joint leave counted out."""


@pytest.mark.parametrize(("start", "due"), VECTORS, ids=str)
def test_limit_as_asked_and_as_accepted(stack, start, due):
    """The calendar's answer is the one an acceptance at that time gets."""
    officer = stack.officer()
    noon = datetime.combine(start, time(12), PEKANBARU)
    query = {"office": "1471", "start": noon.isoformat(), "working_days": 3}
    asked = officer.get("/calendar/due", **query).json()["due_at"]
    assert moment(asked).astimezone(PEKANBARU).date() == due
    with stack.standing_at(noon):
        resource = stack.submit()
        path = f"/consultations/{resource['consultation_id']}/accept"
        assert officer.post(path).json()["sla"]["due_at"] == asked


def test_two_officers_accept_at_once(stack):
    """Fifty times: one acceptance; the other is told so or gets the same."""
    budi, ani = stack.officer("budi"), stack.officer("ani")
    for _ in range(50):
        path = f"/consultations/{stack.submit()['consultation_id']}"
        start = Barrier(2)

        def press(officer: Person, path: str = path, start: Barrier = start) -> int:
            start.wait()
            return officer.post(f"{path}/accept").status_code

        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(press, (budi, ani)))
        assert statuses == [200, 409]
        kinds = [i["type"] for i in budi.get(f"{path}/history").json()["items"]]
        assert kinds.count("request_accepted") == 1
