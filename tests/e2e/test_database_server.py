"""The embedded database server: what it keeps, and what it says it is."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo

from deploy import database, ports, probes
from deploy.database_server import ROWS, TIDY_S
from tests.support import ROOT, eventually

PLAIN = ("-c", "import sys; from secantus import cli; sys.exit(cli.main())")
"""As an earlier release of ours started it."""


@contextmanager
def server(home: Path, *, plain: bool = False, rows: int = 0) -> Iterator[pymongo.MongoClient[Any]]:
    """Have the server until it is killed; yield a client of it. `rows`: of an old oplog at most."""
    port = ports.free()
    python, module, name, *words = database.command(home, port)
    how = PLAIN if plain else (module, name, "--oplog-max-entries", str(rows))
    command = [python, *how, *words]
    process = subprocess.Popen(command, cwd=ROOT)
    url = database.URL.format(port=port)
    try:
        eventually(lambda: probes.database(url) is None)
        with pymongo.MongoClient[Any](url) as client:
            yield client
    finally:
        process.kill()
        process.wait()


def told(client: pymongo.MongoClient[Any]) -> list[str]:
    """Return the changes that the oplog holds of what the test has written."""
    changes = client["local"]["oplog.rs"].find({"ns": "pst_vault.keys"})
    return [change["o"]["_id"] for change in changes]


def test_what_was_deleted_is_kept_nowhere(tmp_path):
    """Nor what an earlier release has left of it; the data itself stays."""
    home = tmp_path / "database"
    with server(home, plain=True) as client:
        client["pst_vault"]["keys"].insert_many([{"_id": "siti"}, {"_id": "budi"}])
        client["pst_vault"]["keys"].delete_one({"_id": "siti"})
        assert told(client) == ["siti", "budi", "siti"]
    with server(home, rows=ROWS) as client:
        time.sleep(2 * TIDY_S)
        client["pst_vault"]["keys"].insert_one({"_id": "rina"})
        assert client.admin.command("hello")["setName"]
    with server(home, plain=True) as client:
        assert told(client) == []
        assert {key["_id"] for key in client["pst_vault"]["keys"].find()} == {"budi", "rina"}


def test_transactions_are_whole_without_it(tmp_path):
    """What the views need of the server: both writes, or none."""
    with server(tmp_path / "database") as client, client.start_session() as session:
        rows = client["pst"]["rows"]
        with session.start_transaction():
            rows.insert_one({"_id": 1}, session=session)
            assert rows.count_documents({}) == 0
            session.abort_transaction()
        with session.start_transaction():
            rows.insert_one({"_id": 2}, session=session)
        assert [row["_id"] for row in rows.find()] == [2]


def test_it_keeps_to_one_core(tmp_path):
    """All its threads: they would hand the interpreter to and fro between two."""
    with server(tmp_path / "database") as client:
        client["pst"]["rows"].insert_one({"_id": 1})
        pid = client.admin.command("serverStatus")["pid"]
        threads = [int(each.name) for each in Path(f"/proc/{pid}/task").iterdir()]
        assert len(threads) > 2
        assert len(set.union(*(os.sched_getaffinity(each) for each in threads))) == 1
