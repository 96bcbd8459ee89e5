"""The promises of the event log, on the real server."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from kernel.clock import derive_id, new_id
from kernel.database import Db
from kernel.event_log import GENESIS, Commit, Draft, EventLog, VersionConflict, seal_of
from tests.support import NOON


def draft(stream: str, version: int = 1, **changes: Any) -> Draft:
    """Make a commit of one event."""
    command_id = changes.pop("command_id", new_id())
    event = {
        "event_id": derive_id(stream, command_id),
        "type": "noted",
        "schema_version": 1,
        "occurred_at": NOON,
        "data": {"text": "ä", "n": 1.5, "none": None, "list": [1, "x"]},
    }
    words: dict[str, Any] = {
        "stream": stream,
        "version": version,
        "events": (event,),
        "recorded_at": NOON,
        "office": "1471",
        "actor": {"kind": "officer", "id": "budi"},
        "command_id": command_id,
        "fingerprint": None,
        "correlation_id": "c",
        "causation_id": "c",
    }
    return Draft(**{**words, **changes})


@pytest.fixture
def log(db: Db) -> EventLog:
    """An empty log."""
    prepared = EventLog(db)
    prepared.prepare()
    return prepared


def chain_holds(commits: list[Commit]) -> bool:
    """Recompute every hash from what was read."""
    previous = GENESIS
    for commit in commits:
        if commit.hash != seal_of(previous, commit, commit.position):
            return False
        previous = commit.hash
    return True


def everything(log: EventLog) -> list[Commit]:
    """Read the whole log, batch by batch."""
    found: list[Commit] = []
    while batch := log.read_on(len(found), 37):
        found += batch
    return found


def test_what_is_appended_is_read(log):
    """Through both doors, as it was."""
    commit = log.append(draft("a-1"))
    assert log.read_stream("a-1") == [commit]
    assert log.read_on(0) == [commit]


def test_taken_version_is_a_conflict(log):
    """Who comes second must read and decide again; the log is as before."""
    log.append(draft("a-1"))
    with pytest.raises(VersionConflict):
        log.append(draft("a-1"))
    assert len(log.read_on(0)) == 1


def test_same_draft_twice_is_one_commit(log):
    """An append whose outcome was unknown is tried again by the same id."""
    wanted = draft("a-1")
    assert log.append(wanted) == log.append(wanted)
    assert len(log.read_on(0)) == 1


def test_writers_who_do_not_know_of_each_other_interleave(db, log):
    """Two processes with their own idea of the head."""
    other = EventLog(db)
    for version in range(1, 6):
        log.append(draft("a-1", version))
        other.append(draft("b-1", version))
    commits = everything(log)
    assert [c.position for c in commits] == list(range(1, 11))
    assert chain_holds(commits)


def test_positions_are_dense_under_many_writers(db, log):
    """Eight writers, 400 commits: no gap, no double, per-stream order, an unbroken chain."""

    def write(writer: int) -> None:
        own = EventLog(db)
        for version in range(1, 51):
            own.append(draft(f"w-{writer}", version))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    commits = everything(log)
    assert [c.position for c in commits] == list(range(1, 401))
    assert chain_holds(commits)
    for writer in range(8):
        assert [c.version for c in commits if c.stream == f"w-{writer}"] == list(range(1, 51))


def test_one_of_many_rivals_wins_a_version(db, log):
    """Ten writers want the same version of one stream."""

    def attempt(_: int) -> bool:
        try:
            EventLog(db).append(draft("hot-1"))
        except VersionConflict:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        wins = list(pool.map(attempt, range(10)))
    assert sum(wins) == 1


def test_readers_never_step_over_a_gap(db, log):
    """What is not there yet may still come: stop and look again."""
    first = log.append(draft("a-1"))
    second = log.append(draft("a-1", 2))
    db["commits"].delete_one({"position": second.position})
    ahead = replace(second, position=3, stream="b-1")
    db["commits"].insert_one({"_id": "b-1:1", **vars(ahead), "events": list(ahead.events)})
    assert log.read_on(0) == [first]


def test_altered_commit_breaks_the_chain(db, log):
    """One changed letter is found."""
    for version in range(1, 4):
        log.append(draft("a-1", version))
    db["commits"].update_one({"position": 2}, {"$set": {"office": "1472"}})
    assert not chain_holds(everything(log))
