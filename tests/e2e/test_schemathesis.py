"""Whatever is sent to the running gateway, it answers as its own API document says."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.openapi import describe
from gateway.service import GatewayService
from tests.support import QUESTION, Stack

KEPT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""What holds of every answer."""

NOT_HERE = [positive_data_acceptance]
"""What is well written may still be against a rule of the domain."""

within_bounds = settings(
    max_examples=10,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def officer(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token('officer')}"}


@pytest.fixture(scope="module")
def person(stack: Stack, consultations: list[str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token('service_user', 'fuzzed-person', ())}"}


@pytest.fixture(scope="module")
def consultations(stack: Stack) -> list[str]:
    """Real ones, so that not everything ends at 404."""
    own = {**QUESTION, "contact": None}
    opened = [stack.user("fuzzed-person").post("/consultations", own).json() for _ in range(4)]
    stack.officer().post(f"/consultations/{opened[1]['consultation_id']}/accept")
    return [consultation["consultation_id"] for consultation in opened]


schema = schemathesis.openapi.from_dict(describe(GatewayService))
"""The document that the gateway serves (`test_api_rules.py` compares them)."""


@schema.parametrize()
@within_bounds
def test_officer_is_answered_as_documented(
    case: Case, stack: Stack, officer: dict[str, str]
) -> None:
    case.call_and_validate(base_url=stack.url, headers=officer, excluded_checks=NOT_HERE)


@schema.parametrize()
@within_bounds
def test_person_is_answered_as_documented(case: Case, stack: Stack, person: dict[str, str]) -> None:
    case.call_and_validate(base_url=stack.url, headers=person, excluded_checks=NOT_HERE)


@schema.include(path_regex="consultation_id").parametrize()
@schema.given(which=st.integers(0, 3), staff=st.booleans())
@within_bounds
def test_known_consultations_are_answered_as_documented(
    case: Case,
    stack: Stack,
    which: int,
    staff: bool,
    officer: dict[str, str],
    person: dict[str, str],
    consultations: list[str],
) -> None:
    case.path_parameters = {"consultation_id": consultations[which]}
    case.call_and_validate(base_url=stack.url, headers=officer if staff else person, checks=KEPT)
