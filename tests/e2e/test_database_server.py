"""The embedded database server: what it keeps, and what it says it is."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo
import pytest

from deploy import database, ports, probes
from deploy.database_server import GONE, ROWS, Server
from tests.support import ROOT, eventually

PLAIN = ("-c", "import sys; from secantus import cli; sys.exit(cli.main())")
"""As an earlier release of ours started it."""


@contextmanager
def server(home: Path, *, plain: bool = False) -> Iterator[pymongo.MongoClient[Any]]:
    """Have the server until it is told to end; yield a client of it."""
    port = ports.free()
    python, module, name, *words = database.command(home, port)
    how = PLAIN if plain else (module, name)
    with (home.parent / "said").open("w") as said:
        process = subprocess.Popen([python, *how, *words], cwd=ROOT, stderr=said)
    url = database.URL.format(port=port)
    try:
        eventually(lambda: probes.database(url) is None)
        with pymongo.MongoClient[Any](url) as client:
            yield client
    finally:
        process.terminate()
        process.wait(20)


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
    with server(home) as client:
        eventually(lambda: GONE in (tmp_path / "said").read_text())
        client["pst_vault"]["keys"].insert_one({"_id": "rina"})
        assert client.admin.command("hello")["setName"]
    with server(home, plain=True) as client:
        assert told(client) == []
        assert {key["_id"] for key in client["pst_vault"]["keys"].find()} == {"budi", "rina"}


def test_old_oplog_goes_little_by_little(tmp_path, monkeypatch):
    """However old it is: to take it away at once would hold all others up."""
    home = tmp_path / "database"
    with server(home, plain=True) as client:
        client["pst"]["rows"].insert_many({"_id": n} for n in range(2 * ROWS + 50))
    tomorrow = time.time() + 24 * 3600
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    subject = Server(storage_path=str(home / "data"), oplog_max_entries=10 * ROWS)
    try:
        gone = [subject.tidy() for _ in range(5)]
    finally:
        subject.storage.close()
    assert max(gone) == ROWS
    assert gone[-2:] == [0, 0]
    assert sum(gone) >= 2 * ROWS + 50


def may_choose() -> bool:
    """Tell whether a process may keep itself to some of several cores."""
    may = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, may)
    except OSError:
        return False
    return len(may) > 1


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


@pytest.mark.skipif(not may_choose(), reason="one core only, or none may be chosen")
def test_it_keeps_to_one_core(tmp_path):
    """All its threads: they would hand the interpreter to and fro between two."""
    with server(tmp_path / "database") as client:
        client["pst"]["rows"].insert_one({"_id": 1})
        pid = client.admin.command("serverStatus")["pid"]
        threads = [int(each.name) for each in Path(f"/proc/{pid}/task").iterdir()]
        assert len(threads) > 2
        assert len(set.union(*(os.sched_getaffinity(each) for each in threads))) == 1
