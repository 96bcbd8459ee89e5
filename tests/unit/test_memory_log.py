"""The log without a server keeps the same promises as the one with."""

import pytest

from tests.contract.log_contract import LogContract
from tests.memory_log import MemoryLog


class TestMemoryLog(LogContract):
    """The contract."""

    @pytest.fixture
    def log(self):
        """An empty one."""
        return MemoryLog()

    @pytest.fixture
    def other(self, log):
        """There is no second process."""
        return log
