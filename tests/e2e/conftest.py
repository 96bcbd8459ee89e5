"""Callers and consultations for the tests of the HTTP API."""

from typing import Any

import pytest

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
