"""The rules that hold for every call: correlation, repeats, versions, pages."""

import re
from typing import Any

import httpx
import pytest

from contracts.errors import Code
from kernel.clock import new_id
from tests.api import path, problem
from tests.support import QUESTION, Person, Stack, eventually


def test_correlation_id_is_taken_over_and_found_again_in_logs(
    stack: Stack, officer: Person
) -> None:
    answer = officer.post("/consultations", QUESTION, X_Correlation_ID="rules-42")
    assert answer.headers["X-Correlation-ID"] == "rules-42"
    commits = stack.mongo[f"{stack.settings.db_prefix}_consultation"]["commits"]
    assert commits.find_one({"correlation_id": "rules-42"})
    written = (path.read_text() for path in (stack.run_dir / "log").glob("gateway*"))
    assert any("rules-42" in entries for entries in written)


@pytest.mark.parametrize("place", ["/v1/offices", "/v1/consultations", "/nowhere", "/docs"])
@pytest.mark.parametrize("given", [None, "x" * 129, "\u00e9"])
def test_correlation_id_is_made_where_none_is_usable(
    stack: Stack, place: str, given: str | None
) -> None:
    headers = {} if given is None else {"X-Correlation-ID": given.encode()}
    made = httpx.get(f"{stack.url}{place}", headers=headers).headers["X-Correlation-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_repeated_submission_is_one_consultation(officer: Person) -> None:
    key = new_id()
    first = officer.post("/consultations", QUESTION, Idempotency_Key=key)
    again = officer.post("/consultations", QUESTION, Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_repeat_answers_with_the_resource_as_it_now_stands(
    officer: Person, fresh: dict[str, Any]
) -> None:
    officer.post(path(fresh, "accept"), Idempotency_Key="rules-accept")
    note = {"text": "catatan", "internal": True}
    first = officer.post(path(fresh, "messages"), note, Idempotency_Key="rules-note")
    again = officer.post(path(fresh, "accept"), Idempotency_Key="rules-accept")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert len(again.json()["messages"]) == 2
    said_again = officer.post(path(fresh, "messages"), note, Idempotency_Key="rules-note")
    assert (said_again.status_code, said_again.json()) == (201, first.json())
    assert len(officer.get(path(fresh)).json()["messages"]) == 2


def test_repeat_is_recognised_before_its_version_is_compared(
    officer: Person, fresh: dict[str, Any]
) -> None:
    wish = {"Idempotency_Key": "rules-both", "If_Match": f'"{fresh["version"]}"'}
    assert officer.post(path(fresh, "accept"), **wish).status_code == 200
    assert officer.post(path(fresh, "accept"), **wish).headers["Idempotency-Replayed"] == "true"


def test_key_with_another_body_is_422(officer: Person, fresh: dict[str, Any]) -> None:
    for text, status in (("satu", 201), ("dua", 422)):
        note = {"text": text, "internal": True}
        answer = officer.post(path(fresh, "messages"), note, Idempotency_Key="rules-reused")
        assert answer.status_code == status
    problem(answer, Code.IDEMPOTENCY_KEY_REUSED)


def test_callers_with_the_same_key_never_meet(stack: Stack, officer: Person) -> None:
    key = new_id()
    mine = officer.post("/consultations", QUESTION, Idempotency_Key=key).json()
    hers = stack.officer("wati").post("/consultations", QUESTION, Idempotency_Key=key)
    assert hers.json()["consultation_id"] != mine["consultation_id"]
    assert "Idempotency-Replayed" not in hers.headers


@pytest.mark.parametrize("key", ["", "x" * 129, "\u00e9"])
def test_unprintable_key_is_422(officer: Person, key: str) -> None:
    answer = officer.http.post(
        "/v1/consultations", json=QUESTION, headers={"Idempotency-Key": key.encode()}
    )
    assert problem(answer, Code.VALIDATION_FAILED)["errors"].keys() == {"Idempotency-Key"}


def test_answers_carry_the_version(stack: Stack, officer: Person) -> None:
    answer = officer.post("/consultations", QUESTION)
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    assert answer.headers["Location"] == f"/v1{path(answer.json())}"
    read = officer.http.get(answer.headers["Location"])
    assert (read.headers["ETag"], read.json()) == (answer.headers["ETag"], answer.json())


def test_message_is_201_with_the_version_of_its_consultation(
    officer: Person, fresh: dict[str, Any]
) -> None:
    note = officer.post(path(fresh, "messages"), {"text": "catatan", "internal": True})
    read = officer.http.get(note.headers["Location"])
    assert (note.status_code, note.headers["ETag"]) == (201, read.headers["ETag"])
    assert read.json()["messages"][-1] == note.json()


def test_stale_version_is_412_and_nothing_is_written(
    officer: Person, fresh: dict[str, Any]
) -> None:
    seen = f'"{fresh["version"]}"'
    assert officer.post(path(fresh, "accept"), If_Match=seen).status_code == 200
    note = {"text": "catatan", "internal": True}
    problem(officer.post(path(fresh, "messages"), note, If_Match=seen), Code.VERSION_MISMATCH)
    now = officer.get(path(fresh))
    assert len(now.json()["messages"]) == 1
    assert officer.post(path(fresh, "claim"), If_Match=now.headers["ETag"]).status_code == 200
    assert officer.post(path(fresh, "messages"), note, If_Match="*").status_code == 201


@pytest.mark.parametrize("condition", ["3", "x", '""', '"3", "4"'])
def test_malformed_if_match_is_422(officer: Person, known: dict[str, Any], condition: str) -> None:
    answer = officer.post(path(known, "accept"), If_Match=condition)
    assert problem(answer, Code.VALIDATION_FAILED)["errors"].keys() == {"If-Match"}


def test_pages_lead_through_the_whole_list(stack: Stack) -> None:
    citra = stack.user(new_id())
    own = {**QUESTION, "contact": None}
    opened = [citra.post("/consultations", own).json()["consultation_id"] for _ in range(3)]
    eventually(lambda: len(citra.get("/consultations").json()["items"]) == 3)
    found, query = [], {"limit": 2}
    while True:
        page = citra.get("/consultations", **query).json()
        found += [item["consultation_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == opened[::-1]
