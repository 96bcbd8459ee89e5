"""Whatever is sent to the running gateway, it answers as its own API document says."""

import pytest
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.e2e.fuzzing import CONFORMANCE, RULES_OF_THE_DOMAIN, bounded, documented
from tests.support import QUESTION, Stack

KNOWN = 12


anything = documented(GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
sense = documented(GenerationMode.POSITIVE)
sense.config.phases.examples.enabled = False  # they know nothing of our own strategies


@pytest.fixture(scope="module")
def staff(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token('officer')}"}


@pytest.fixture(scope="module")
def person(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token('service_user', 'fuzzed-person', ())}"}


@pytest.fixture(scope="module")
def known(stack: Stack) -> list[str]:
    """Consultations of the person, every other one accepted."""
    own = {**QUESTION, "contact": None}
    user, officer = stack.user("fuzzed-person"), stack.officer()
    opened = [user.post("/consultations", own).json()["consultation_id"] for _ in range(KNOWN)]
    for consultation_id in opened[::2]:
        officer.post(f"/consultations/{consultation_id}/accept")
    return opened


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
@sense.given(which=st.integers(0, KNOWN - 1), as_staff=st.booleans())
@bounded(15)
def test_what_exists_is_answered_as_documented(
    case: Case,
    which: int,
    as_staff: bool,
    stack: Stack,
    staff: dict[str, str],
    person: dict[str, str],
    known: list[str],
) -> None:
    """Ids and offices are replaced by real ones, so that calls get through to the rules."""
    real = {"consultation_id": known[which], "office": "1471"}
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part |= {name: value for name, value in real.items() if name in part}
    if isinstance(case.body, dict) and "office" in case.body:
        case.body["contact"] = QUESTION["contact"] if as_staff else None
    case.call_and_validate(stack.url, headers=staff if as_staff else person, checks=CONFORMANCE)
