"""Whatever is sent to the running gateway, it answers as its own API document says."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.e2e.fuzzing import CONFORMANCE, RULES_OF_THE_DOMAIN, bounded, documented
from tests.sent_files import pdf, uploaded
from tests.support import QUESTION, Person, Stack

KNOWN = 12
FAR = 2031
"""A year that no other test looks at: decrees that are made up go there."""

anything = documented(GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
sense = documented(GenerationMode.POSITIVE)
sense.config.phases.examples.enabled = False  # they know nothing of our own strategies

Named = dict[str, Any]


@pytest.fixture(scope="module")
def staff(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token('officer')}"}


@pytest.fixture(scope="module")
def person(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token('service_user', 'fuzzed-person', ())}"}


@pytest.fixture(scope="module")
def supervisor(stack: Stack) -> dict[str, str]:
    token = stack.token("supervisor", "rina", ("1471", "9471"))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def known(stack: Stack) -> list[Named]:
    """Consultations of the person with all that belongs to one, by the name it goes by."""
    officer = stack.officer()
    canned = {"title": "Inflasi", "text_id": "Ada di situs kami.", "text_en": "See our site."}
    kept = _made(officer, "/offices/1471/canned-answers", canned)
    found = [_consultation(stack, officer, n) for n in range(KNOWN)]
    words = {
        "office": "1471",
        "subject_id": "fuzzed-person",
        "canned_id": kept["canned_id"],
        "duplicate_of": found[0]["consultation_id"],
        "from_officer": "budi",
        "to_officers": ["cici"],
        "officer_id": "cici",
    }
    return [{**words, **each} for each in found]


def _consultation(stack: Stack, officer: Person, number: int) -> Named:
    """Open one with a file; every other one is accepted, has a meeting, and is a public answer."""
    user = stack.user("fuzzed-person")
    opened = user.post("/consultations", {**QUESTION, "contact": None}).json()
    path = f"/consultations/{opened['consultation_id']}"
    file = uploaded(user, opened, pdf())
    named = {"consultation_id": opened["consultation_id"], "attachment_id": file}
    named |= {"attachments": [file]}
    if number % 2:
        return named
    assert officer.post(f"{path}/accept").is_success
    start = (stack.now() + timedelta(days=1 + number)).isoformat()
    meeting = {"kind": "zoom", "start": start, "duration_min": 30, "join_url": "https://z.id/j/1"}
    published = {"topic": "Inflasi", "question": "Berapa?", "answer": "3,1%.", "language": "id"}
    assert officer.post(f"{path}/messages", {"text": "Ada di situs kami."}).is_success
    return {
        **named,
        "meeting_id": _made(officer, f"{path}/meetings", meeting)["meeting_id"],
        "answer_id": _made(officer, f"{path}/publish-answer", published)["answer_id"],
    }


def _made(officer: Person, path: str, body: Named) -> Named:
    answer = officer.post(path, body)
    assert answer.is_success, answer.text
    made: Named = answer.json()
    return made


@anything.parametrize()
@bounded(8)
def test_staff_are_answered_as_documented(case: Case, stack: Stack, staff: dict[str, str]) -> None:
    case.call_and_validate(stack.url, headers=staff, excluded_checks=RULES_OF_THE_DOMAIN)


@anything.parametrize()
@bounded(8)
def test_people_are_answered_as_documented(
    case: Case, stack: Stack, person: dict[str, str]
) -> None:
    case.call_and_validate(stack.url, headers=person, excluded_checks=RULES_OF_THE_DOMAIN)


@sense.parametrize()
@sense.given(which=st.integers(0, KNOWN - 1), role=st.sampled_from(["user", "officer", "boss"]))
@bounded(15)
def test_what_exists_is_answered_as_documented(
    case: Case,
    which: int,
    role: str,
    stack: Stack,
    staff: dict[str, str],
    supervisor: dict[str, str],
    person: dict[str, str],
    known: list[Named],
) -> None:
    """Ids and offices are replaced by real ones, so that calls get through to the rules."""
    real = known[which]
    if "calendar" in case.path:
        real = {"office": "9471", "year": FAR, "date": f"{FAR}-03-{which + 3:02}"}
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part |= {name: value for name, value in real.items() if name in part}
    if case.path == "/v1/consultations" and isinstance(case.body, dict):
        case.body["contact"] = None if role == "user" else QUESTION["contact"]
    headers = {"user": person, "officer": staff, "boss": supervisor}[role]
    case.call_and_validate(stack.url, headers=headers, checks=CONFORMANCE)
