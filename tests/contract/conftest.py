"""What the contract tests share."""

import pytest

from kernel.clock import random_bytes
from tests.contract.places import Process


@pytest.fixture
def processes(db):
    """Two processes on one database, with caches of their own."""
    master_key = random_bytes(32)
    two = Process(db, master_key), Process(db, master_key)
    two[0].log.prepare()
    return two
