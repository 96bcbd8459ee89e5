"""One running system for all tests that need one; started when the first asks for it."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pymongo.errors import PyMongoError

from kernel import config
from kernel.clock import new_id
from kernel.config import Settings
from kernel.database import Db, connect, database
from tests.support import Stack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole system with time travel, as `make run` starts it."""
    with running(tmp_path_factory.mktemp("stack")) as system:
        yield system


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Settings:
    """How to reach the database server: the one of `make contract PST_MONGO_URL=…`, or ours."""
    if url := os.environ.get("PST_CONTRACT_MONGO_URL"):
        given = config.load({"PST_MONGO_URL": url})
        try:
            connect(given).admin.command("ping")
        except PyMongoError as error:
            pytest.exit(f"PST_MONGO_URL: the server does not answer ({error})", returncode=2)
        return given
    settings: Settings = request.getfixturevalue("stack").settings
    return settings


@pytest.fixture
def db(server: Settings) -> Iterator[Db]:
    """An empty database of one's own on the real server."""
    settings = replace(server, db_prefix=f"test_{new_id()[:12]}")
    client = connect(settings)
    name = f"{settings.db_prefix}_kernel"
    yield database(client, settings, "kernel")
    client.drop_database(name)
