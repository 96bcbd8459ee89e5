"""Who may do what: tokens, roles, offices, ownership."""

import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.errors import Code
from tests.api import path, problem
from tests.support import QUESTION, Person, Stack


def token(stack: Stack, key: bytes | None = None, **changed: object) -> str:
    claims = {
        "sub": "budi",
        "role": "officer",
        "offices": ["1471"],
        "name": "Budi",
        "exp": int(time.time()) + 60,
    }
    private = Ed25519PrivateKey.from_private_bytes(key or stack.settings.token_private_key)
    return jwt.encode({**claims, **changed}, private, algorithm="EdDSA")


def test_valid_token_is_let_in(stack: Stack) -> None:
    assert Person(stack.url, token(stack)).get("/consultations").status_code == 200


def test_missing_token_is_401(stack: Stack) -> None:
    answer = httpx.get(f"{stack.url}/v1/consultations")
    problem(answer, Code.UNAUTHENTICATED)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_expired_token_is_401(stack: Stack) -> None:
    expired = Person(stack.url, token(stack, exp=int(time.time()) - 1))
    assert "expired" in problem(expired.get("/consultations"), Code.UNAUTHENTICATED)["detail"]


def test_forged_tokens_are_401(stack: Stack) -> None:
    unsigned = jwt.encode(
        jwt.decode(token(stack), options={"verify_signature": False}), None, "none"
    )
    forgeries = [token(stack, b"f" * 32), unsigned, token(stack)[:-6], "garbage", "a.b.c"]
    for forged in forgeries:
        problem(Person(stack.url, forged).get("/consultations"), Code.UNAUTHENTICATED)


@pytest.mark.parametrize("role", ["kiosk", "system"])
def test_machines_have_nothing_to_do_with_consultations(
    stack: Stack, known: dict[str, Any], role: str
) -> None:
    machine = Person(stack.url, stack.token(role))
    problem(machine.get("/consultations"), Code.WRONG_ROLE)
    problem(machine.get(path(known)), Code.WRONG_ROLE)
    problem(machine.post("/consultations", QUESTION), Code.WRONG_ROLE)


@pytest.mark.parametrize("step", ["accept", "claim", "close"])
def test_staff_steps_are_not_for_users(stack: Stack, known: dict[str, Any], step: str) -> None:
    person = stack.user(known["subject_id"])
    problem(person.post(path(known, step), {"reason": "resolved"}), Code.WRONG_ROLE)


def test_only_staff_note_how_somebody_withdrew(stack: Stack, known: dict[str, Any]) -> None:
    person = stack.user(known["subject_id"])
    problem(person.post(path(known, "withdraw"), {"note": "Telepon."}), Code.VALIDATION_FAILED)


def test_other_office_is_403(stack: Stack, known: dict[str, Any]) -> None:
    stranger = stack.officer("wati", ("1400",))
    problem(stranger.post("/consultations", QUESTION), Code.WRONG_OFFICE)
    problem(stranger.get("/consultations", office="1471"), Code.WRONG_OFFICE)
    problem(stranger.get(path(known)), Code.WRONG_OFFICE)
    problem(stranger.post(path(known, "accept")), Code.WRONG_OFFICE)
    assert stranger.get("/consultations").json()["items"] == []


def test_somebody_elses_is_404(stack: Stack, known: dict[str, Any]) -> None:
    stranger = stack.user("somebody-else")
    problem(stranger.get(path(known)), Code.NOT_FOUND)
    problem(stranger.get(path(known, "history")), Code.NOT_FOUND)
    problem(stranger.post(path(known, "messages"), {"text": "Halo"}), Code.NOT_FOUND)
    problem(stranger.post(path(known, "withdraw")), Code.NOT_FOUND)


@pytest.mark.parametrize("unknown", ["0" * 32, "x", "%00", "%ff", "a%20b", "x" * 5000, "..%2f"])
def test_unknown_id_is_404(officer: Person, unknown: str) -> None:
    problem(officer.get(f"/consultations/{unknown}"), Code.NOT_FOUND)
    problem(officer.post(f"/consultations/{unknown}/accept"), Code.NOT_FOUND)
    problem(officer.get(f"/offices/{unknown}"), Code.NOT_FOUND)


def test_offices_and_calendar_are_everybodys(stack: Stack) -> None:
    due = {"office": "1471", "start": "2026-11-20T03:00:00Z", "working_days": 3}
    for place in ("offices", "offices/1471", "calendar/2026"):
        assert httpx.get(f"{stack.url}/v1/{place}").status_code == 200
    answer = httpx.get(f"{stack.url}/v1/calendar/due", params=due)
    assert answer.json()["due_at"] == "2026-11-25T08:30:00.000Z"


def test_staff_must_name_the_person(officer: Person) -> None:
    body = {name: value for name, value in QUESTION.items() if name != "contact"}
    errors = problem(officer.post("/consultations", body), Code.VALIDATION_FAILED)["errors"]
    assert errors.keys() == {"contact"}


def test_person_speaks_for_themselves_on_the_web(stack: Stack) -> None:
    ani = stack.user("ani-of-the-rules")
    answer = ani.post("/consultations", QUESTION)
    assert problem(answer, Code.VALIDATION_FAILED)["errors"].keys() == {"contact"}
    own = {**QUESTION, "contact": None, "channel": "phone"}
    opened = ani.post("/consultations", own).json()
    assert (opened["subject_id"], opened["channel"]) == ("ani-of-the-rules", "web")


def test_internal_notes_are_for_staff(stack: Stack, officer: Person, fresh: dict[str, Any]) -> None:
    person = stack.user(fresh["subject_id"])
    note = {"text": "catatan", "internal": True}
    problem(person.post(path(fresh, "messages"), note), Code.WRONG_ROLE)
    assert officer.post(path(fresh, "messages"), note).status_code == 201
    assert len(person.get(path(fresh)).json()["messages"]) == 1
