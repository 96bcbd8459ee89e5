"""The walk-in calls with tickets, counters and tokens that exist: answered as documented."""

from typing import Any

import pytest
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.e2e.fuzzing import CONFORMANCE, bounded, documented
from tests.e2e.walk_in import JAYAPURA, Office
from tests.support import Stack

KNOWN = 24
ROLES = ("kiosk", "officer", "supervisor")

sense = documented(GenerationMode.POSITIVE).include(path_regex=r"/v1/(tickets|offices/.*/)")
sense.config.phases.examples.enabled = False  # they know nothing of our own strategies


@pytest.fixture(scope="module")
def office(walk_in: Stack) -> Office:
    return Office(walk_in, JAYAPURA)


@pytest.fixture(scope="module")
def known(office: Office) -> list[dict[str, Any]]:
    """Tickets that wait, are called, are served and are done."""
    tickets = [office.issue() for _ in range(KNOWN)]
    for number in range(1, KNOWN // 2):
        called = office.call_next(f"K-{number}").json()
        if number % 2:
            office.step(called, "start")
        if number % 4 == 1:
            office.step(called, "finish")
    return tickets


@sense.parametrize()
@sense.given(which=st.integers(0, KNOWN - 1), role=st.sampled_from(ROLES), token=st.booleans())
@bounded(15)
def test_walk_in_is_answered_as_documented(
    case: Case, which: int, role: str, token: bool, known: list[dict[str, Any]], office: Office
) -> None:
    """Whatever is asked of them, in whatever state they are by then."""
    ticket = known[which]
    real = {"ticket_id": ticket["ticket_id"], "office": JAYAPURA, "counter": f"K-{which + 1}"}
    if token:
        real["token"] = ticket["track_token"]
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part |= {name: value for name, value in real.items() if name in part}
    bearer = office.stack.token(role, f"{role}-1", (JAYAPURA,))
    headers = {"Authorization": f"Bearer {bearer}"}
    case.call_and_validate(office.stack.url, headers=headers, checks=CONFORMANCE)
