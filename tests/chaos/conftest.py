"""What kills, freezes and floods disturbs others: it goes beside its like only."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this directory, but those that want the machine for themselves."""
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("alone"):
            item.add_marker(pytest.mark.disturbs)
