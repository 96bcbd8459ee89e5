"""Systems of their own, one with something in it, and its backup."""

from dataclasses import replace

import pytest

from kernel.clock import new_id
from kernel.database import connect
from pst.backing_up import back_up
from pst.services import SERVICES
from pst.system import System
from tests.backups import COMMITS, written
from tests.contract.log_contract import draft


@pytest.fixture
def systems(stack):
    """Make systems of one's own: empty databases on the real server, one master key."""
    made = []

    def make(**changes):
        settings = replace(stack.settings, db_prefix=f"test_{new_id()[:12]}", **changes)
        system = System(settings, connect(settings))
        for name in SERVICES:
            system.log(name).prepare()
        made.append(system)
        return system

    yield make
    for system in made:
        for name in system.client.list_database_names():
            if name.startswith(f"{system.settings.db_prefix}_"):
                system.client.drop_database(name)


@pytest.fixture
def source(systems):
    """A system with two logs and a person in it."""
    system = systems()
    vault = system.vault()
    consultation, notifier = system.log("consultation"), system.log("notifier")
    vault.check(lambda: False)
    for i in range(1, COMMITS + 1):
        consultation.append(written(vault, i))
    for i in range(1, 4):
        notifier.append(draft("notification-n", i))
    return system


@pytest.fixture
def backup(source, tmp_path):
    """A backup of it."""
    back_up(source, tmp_path / "backup")
    return tmp_path / "backup"
