"""The embedded database server, and the question whether sealed data lies somewhere already."""

import sys
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from deploy.paths import shown
from deploy.problem import Problem

URL = (
    "mongodb://127.0.0.1:{port}/"
    "?retryWrites=false&w=majority&journal=true&readConcernLevel=majority"
)


def command(home: Path, port: int) -> tuple[str, ...]:
    """Return the command line of SecantusDB with its files in `home`."""
    home.mkdir(mode=0o700, exist_ok=True)
    settings = home / "none.toml"  # an empty one, so that no other is looked for
    settings.touch()
    files = ("--config", str(settings), "--storage-path", str(home / "data"))
    listen = ("--host", "127.0.0.1", "--port", str(port))
    habits = ("--sync-on-commit", "--cache-size", "256M", "--log-level", "WARNING")
    return (sys.executable, "-m", "deploy.database_server", *files, *listen, *habits)


def sealed_data(home: Path, external_url: str, prefix: str) -> str:
    """Say where data of an earlier start lies, "" when there is none.

    That is `home`, where the embedded server keeps its files, unless the data lives elsewhere.
    """
    if not external_url:
        return shown(home) if (home / "data" / "WiredTiger").exists() else ""
    try:
        client: pymongo.MongoClient[Any] = pymongo.MongoClient(external_url, timeoutMS=5000)
        with client:
            names = client.list_database_names()
    except PyMongoError as error:
        reason = str(error).splitlines()[0]
        raise Problem(f"PST_MONGO_URL: cannot list the databases there ({reason}).") from error
    found = [name for name in names if name.startswith(f"{prefix}_")]
    return f"the database {found[0]} at PST_MONGO_URL" if found else ""
