"""Answers that officers publish, on a system without a key of the Web API."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from contracts.errors import Code
from tests.api import path, problem
from tests.support import eventually

TEXTS = {
    "topic": "Upah minimum",
    "question": "Di mana upah minimum kota?",
    "answer": "Di tabel statistik, subjek ketenagakerjaan.",
    "language": "id",
}


@pytest.fixture
def answered(stack, officer, fresh):
    officer.post(path(fresh, "accept"))
    assert officer.post(path(fresh, "messages"), {"text": "Ada."}).status_code == 201
    return fresh


def search(stack, q, office="1471", **more):
    answer = httpx.get(f"{stack.url}/v1/search", params={"q": q, "office": office}, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def publish(officer, consultation, **changes):
    return officer.post(path(consultation, "publish-answer"), {**TEXTS, **changes})


def test_without_a_key_the_answers_are_what_is_searched(stack, officer, answered):
    """And it says so: `local` is no failure."""
    word = f"kata{uuid.uuid4().hex[:8]}"
    published = publish(officer, answered, topic=f"Upah {word}").json()
    found = eventually(lambda: (f := search(stack, f"pengupahan {word}"))["items"] and f)
    assert (found["source"], found["incomplete"], found["cached_at"]) == ("local", False, None)
    (item,) = found["items"]
    assert item == {
        "kind": "answered_question",
        "title": f"Upah {word}",
        "url": f"/v1/answers/{published['answer_id']}",
        "released_on": item["released_on"],
        "snippet": TEXTS["answer"],
    }
    assert search(stack, word, office="9471")["items"] == []


def test_published_again_is_a_correction_and_withdrawn_is_gone(stack, officer, answered):
    """One answer a consultation; its version goes up; nobody reads what is withdrawn."""
    word = f"kata{uuid.uuid4().hex[:8]}"
    first = publish(officer, answered, topic=f"Lama {word}").json()
    corrected = publish(officer, answered, topic=f"Baru {word}")
    second = corrected.json()
    assert second["answer_id"] == first["answer_id"]
    assert (first["version"], second["version"]) == (1, 2)
    assert corrected.headers["ETag"] == '"2"'
    address = f"/answers/{first['answer_id']}"
    assert httpx.get(f"{stack.url}/v1{address}").json()["topic"] == f"Baru {word}"
    eventually(lambda: [i["title"] for i in search(stack, word)["items"]] == [f"Baru {word}"])
    withdrawn = officer.post(f"{address}/withdraw", {"reason": "Tidak berlaku lagi."})
    assert withdrawn.json() == {"answer_id": first["answer_id"], "version": 3}
    problem(httpx.get(f"{stack.url}/v1{address}"), Code.NOT_FOUND)
    eventually(lambda: search(stack, word)["items"] == [])
    problem(officer.post(f"{address}/withdraw", {"reason": "Lagi."}), Code.WRONG_STATE)
    assert publish(officer, answered).json()["version"] == 4


def test_two_who_publish_at_once_make_one_answer(officer, answered):
    """One of them has corrected the other."""
    with ThreadPoolExecutor(2) as pool:
        done = list(
            pool.map(lambda topic: publish(officer, answered, topic=topic), ("Satu", "Dua"))
        )
    assert {each.status_code for each in done} == {200}
    (answer_id,) = {each.json()["answer_id"] for each in done}
    assert officer.get(f"/answers/{answer_id}").json()["version"] == 2


def test_words_of_staff_are_kept_as_nobodys(stack, officer):
    """They may look for a visitor; officers are no subjects."""
    found = officer.get("/search", q="upah", office="1471").json()
    commit = stack.log_of("consultation").find_one({"stream": f"search-{found['search_id']}"})
    (event,) = commit["events"]
    assert event["data"]["subject_id"].startswith("searches-1471-")
    assert commit["actor"] == {"kind": "officer", "id": "budi"}


def test_same_key_publishes_once(officer, answered):
    """A double click is one publication, and no correction."""
    place = path(answered, "publish-answer")
    first, again = (officer.post(place, TEXTS, Idempotency_Key="k-1") for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    stale = officer.post(place, TEXTS, If_Match='"7"')
    problem(stale, Code.VERSION_MISMATCH)


def test_what_tells_of_a_person_is_not_published(officer, answered):
    """The field is named."""
    said = publish(
        officer, answered, answer="Hubungi siti@example.com", topic="NIK 1471014507900001"
    )
    errors = problem(said, Code.VALIDATION_FAILED)["errors"]
    assert errors == {
        "answer": ["Holds a personal e-mail address."],
        "topic": ["Holds a personal identity number."],
    }
    named = publish(officer, answered, question="Dari SITI RAHMA: di mana?")
    errors = problem(named, Code.VALIDATION_FAILED)["errors"]
    assert errors == {"question": ["Holds a personal name."]}


def test_only_officers_of_the_office_publish(stack, officer, fresh, answered):
    """Not the person who asked, nor another office; and nothing without an answer."""
    person = stack.user(answered["subject_id"])
    problem(publish(person, answered), Code.WRONG_ROLE)
    elsewhere = stack.officer("cici", ("9471",))
    problem(publish(elsewhere, answered), Code.WRONG_OFFICE)
    problem(publish(officer, {"consultation_id": "never"}), Code.NOT_FOUND)
    problem(publish(officer, stack.submit()), Code.NOT_ANSWERED)
    published = publish(officer, answered).json()
    away = f"/answers/{published['answer_id']}/withdraw"
    problem(elsewhere.post(away, {"reason": "x"}), Code.WRONG_OFFICE)
    problem(officer.post("/answers/never/withdraw", {"reason": "x"}), Code.NOT_FOUND)
    problem(elsewhere.get("/offices/1471/reports/searches", **DAYS), Code.WRONG_OFFICE)
    problem(person.get("/offices/1471/reports/searches", **DAYS), Code.WRONG_ROLE)


DAYS = {"from": "2026-11-01", "to": "2026-11-30"}


def test_search_names_its_office_and_its_words(stack):
    """What is missing or unknown is named."""
    for query, field in (({"q": "x"}, "office"), ({"office": "1471"}, "q")):
        answer = httpx.get(f"{stack.url}/v1/search", params=query)
        assert field in problem(answer, Code.VALIDATION_FAILED)["errors"]
    unknown = httpx.get(f"{stack.url}/v1/search", params={"q": "x", "office": "0001"})
    assert "office" in problem(unknown, Code.VALIDATION_FAILED)["errors"]
    forged = httpx.get(
        f"{stack.url}/v1/search",
        params={"q": "x", "office": "1471"},
        headers={"Authorization": "Bearer forged"},
    )
    assert forged.status_code == 200


def test_search_is_linked_to_the_consultation_that_follows(stack, officer):
    """The report counts it; a search that never was blocks nobody."""
    with stack.subscriber("1471.consultation.catalogue_searched") as told:
        found = search(stack, f"kata{uuid.uuid4().hex[:8]}")
        (event,) = eventually(
            lambda: [e for _, e in told.drain() if e["subject"] == found["search_id"]]
        )
    assert event["data"] == {"office": "1471", "source": "local", "hits": 0}
    today = stack.now().date()  # of Greenwich: in the office it may be the next
    days = {"from": str(today), "to": str(today + timedelta(days=1))}

    def followed():
        eventually(lambda: stack.caught_up("consultation"))
        return officer.get("/offices/1471/reports/searches", **days).json()["followed"]

    before = followed()
    stack.submit(search_id=found["search_id"])
    stack.submit(search_id="never-was")
    assert followed() == before + 1
