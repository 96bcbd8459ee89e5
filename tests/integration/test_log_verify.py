"""`pst log verify` as an operator types it."""

import os
import subprocess
import uuid
from dataclasses import replace

import pytest

from kernel.database import connect, database
from kernel.event_log import EventLog
from tests.contract.log_contract import draft
from tests.support import ROOT


@pytest.fixture
def pst(stack):
    """The tool, on databases of one's own with twenty commits in one of them."""
    settings = replace(stack.settings, db_prefix=f"test_{uuid.uuid4().hex[:8]}")
    client = connect(settings)
    db = database(client, settings, "consultation")
    log = EventLog(db)
    log.prepare()
    for i in range(1, 21):
        log.append(draft("s-1", i))
    environ = {**os.environ, **stack.env, "PST_DB_PREFIX": settings.db_prefix}

    def run(*words):
        command = [ROOT / ".venv/bin/pst", "log", "verify", *words]
        return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True)

    yield run, db, log
    client.drop_database(db.name)


def test_heads_are_printed_and_taken_again(pst):
    """One line a service; a type that this version cannot read is a warning, no fault."""
    run, _, log = pst
    done = run()
    assert done.returncode == 0
    head = f"20:{log.head().hash.hex()}"
    first, *others = done.stdout.splitlines()
    assert first == f"consultation: 20 commits, head {head}"
    assert [line.partition(", ")[0] for line in others] == [
        "queue: 0 commits",
        "notifier: 0 commits",
    ]
    assert "consultation: 20 events cannot be read: position 1: noted v1" in done.stderr
    assert run("consultation", "--head", head).returncode == 0


def test_fault_is_named_and_the_others_are_still_looked_at(pst):
    """Exit status 1; position, stream, what is wrong."""
    run, db, _ = pst
    db["commits"].update_one({"position": 5}, {"$set": {"events.0.data.text": "b"}})
    done = run()
    assert done.returncode == 1
    first, *others = done.stdout.splitlines()
    assert first.startswith("consultation: position 5, stream s-1: its hash does not follow")
    assert [line.partition(", ")[0] for line in others] == [
        "queue: 0 commits",
        "notifier: 0 commits",
    ]


@pytest.mark.parametrize("head", ["20:" + "00" * 32, "21:" + "00" * 32, "5:" + "00" * 32])
def test_kept_head_that_is_not_there_is_a_fault(pst, head):
    """Another hash at its position, or a position beyond the end."""
    run, _, _ = pst
    done = run("consultation", "--head", head)
    assert done.returncode == 1
    assert done.stdout.startswith(f"consultation: position {head.split(':')[0]}")


@pytest.mark.parametrize("words", [("--head", "1:00"), ("consultation", "--head", "x")])
def test_head_must_be_one_of_one_log(pst, words):
    """Told how to write it."""
    run, _, _ = pst
    done = run(*words)
    assert done.returncode == 2
    assert "--head" in done.stderr
