"""Callers, consultations and offices for the tests of the HTTP API."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.walk_in import offices
from tests.support import Person, Stack


@pytest.fixture(scope="module")
def officer(stack: Stack) -> Person:
    return stack.officer()


@pytest.fixture(scope="module")
def known(stack: Stack) -> dict[str, Any]:
    """A consultation that these tests only read, or fail to change."""
    return stack.submit()


@pytest.fixture
def fresh(stack: Stack) -> dict[str, Any]:
    """A consultation for one test to change."""
    return stack.submit()


@pytest.fixture(scope="module")
def walk_in(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A system of its own for each module about the walk-in queue: they put its clock forward."""
    with offices(tmp_path_factory.mktemp(request.module.__name__.rpartition(".")[2])) as stack:
        yield stack
