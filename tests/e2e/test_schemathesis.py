"""Whatever is sent to the running gateway, it answers as its own API document says."""

from collections.abc import Callable

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.schemas import BaseSchema

from gateway.openapi import describe
from gateway.service import GatewayService
from tests.support import QUESTION, Stack

CONFORMANCE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
RULES_OF_THE_DOMAIN = [positive_data_acceptance]
"""What is well written may still be refused: nobody can guess an office or a consultation."""

KNOWN = 12


def documented(*modes: GenerationMode) -> BaseSchema:
    """Read the document that the gateway serves (`test_api_rules.py` compares the two)."""
    schema = schemathesis.openapi.from_dict(describe(GatewayService))
    schema.config.generation.update(modes=list(modes))
    return schema


def bounded(examples: int) -> Callable[..., object]:
    everything = list(HealthCheck)
    return settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=everything
    )


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
