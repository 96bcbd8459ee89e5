"""A date of an account or a person does what it is named for, and nothing else."""

from unittest.mock import create_autospec

import pytest

from kernel.deadlines import Deadline
from services.consultation.accounts.basis import Basis
from services.consultation.accounts.erasing import Erasing
from services.consultation.accounts.persons import PersonEntrypoints
from tests.support import NOON


def due(name: str) -> Deadline:
    return Deadline(
        stream="account-m1",
        sequence=1,
        name=name,
        due_at=NOON,
        data={"subject_id": "s1"},
        office="1471",
        correlation_id="c-1",
        causation_id="c-1",
    )


@pytest.fixture
def erasing(monkeypatch):
    found = create_autospec(Erasing, instance=True)
    monkeypatch.setattr(Basis, "_erasing", found)
    return found


@pytest.fixture
def entrypoints(erasing):
    service = PersonEntrypoints()
    service.core = create_autospec(object)
    service.core.clock = type("Clock", (), {"now": staticmethod(lambda: NOON)})
    return service


def test_an_unknown_date_gives_up_nobodys_key(entrypoints, erasing):
    """What cannot be undone is never what is left over."""
    with pytest.raises(ValueError, match="limit"):
        entrypoints.person_due(due("limit"))
    erasing.give_up.assert_not_called()
    erasing.erase.assert_not_called()


def test_a_key_is_given_up_at_its_own_date(entrypoints, erasing):
    """Set by the fact that the account was forgotten."""
    entrypoints.person_due(due("give_up_key_s1"))
    erasing.give_up.assert_called_once_with("s1")
