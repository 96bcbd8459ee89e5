"""The event log on a real server: the contract, and what only a database can do to it."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Event, Thread

import pytest
from pymongo.errors import AutoReconnect, BulkWriteError, DocumentTooLarge, OperationFailure

from kernel import group_commit
from kernel.clock import monotonic
from kernel.commit import GENESIS, Head, VersionConflict, seal_of, to_document
from kernel.database import Db
from kernel.event_log import EventLog
from kernel.group_commit import Chain
from tests.contract.held_log import Ended, EndedWhileWaiting, Held, appended_behind
from tests.contract.log_contract import LogContract, check_chain, draft, everything
from tests.support import eventually


@pytest.fixture
def log(db: Db) -> EventLog:
    """An empty log."""
    prepared = EventLog(db)
    prepared.prepare()
    return prepared


@pytest.fixture
def other(db: Db, log: EventLog) -> EventLog:
    """The same log, with an idea of its own of where it ends."""
    return EventLog(db)


class TestEventLog(LogContract):
    """The contract."""


@pytest.fixture
def held(db, log):
    """A log whose line one can watch."""
    return Held(db)


def test_what_lines_up_travels_in_one_insert(held):
    """Whatever the stream."""
    outcomes = appended_behind(held, [draft(f"a-{n}") for n in range(30)])
    assert [c.position for c in outcomes] == list(range(2, 32))
    assert len(held.inserts) == 2
    check_chain(everything(held))


def test_one_that_cannot_be_stored_harms_nobody_else(held):
    """Its caller is told; the others of the group get their commits."""
    huge = draft("huge-1", office="x" * 17_000_000)
    outcomes = appended_behind(held, [draft("a-1"), huge, draft("b-1")])
    assert isinstance(outcomes[1], (DocumentTooLarge, OperationFailure))
    assert [c.stream for c in everything(held)] == ["first-1", "a-1", "b-1"]
    check_chain(everything(held))


def test_ended_while_waiting_is_not_stored_later(held, monkeypatch):
    """A thread that is ended takes its draft out of the line."""

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(held.append, draft("first-1"))
        assert held.carrying.wait(5)
        with monkeypatch.context() as patched:
            ended = partial(Chain, called=EndedWhileWaiting())
            patched.setattr(group_commit, "Chain", ended)
            with pytest.raises(Ended):
                held.append(draft("a-1"))
        held.let_go.set()
        first.result()
    held.append(draft("b-1"))
    assert [c.stream for c in everything(held)] == ["first-1", "b-1"]


def test_ended_while_a_part_was_stored_holds_up_nobody(held, db):
    """Its chain is under way when its thread is ended, and a rival takes the place of the rest."""
    other, end, commits = EventLog(db), Event(), held._commits

    class Later(Event):
        def wait(self, timeout=None):
            end.wait(10)
            raise Ended

    class CutInTheMiddle:
        def __getattr__(self, name):
            return getattr(commits, name)

        def insert_many(self, documents, ordered):
            if len(documents) != 3:
                return commits.insert_many(documents, ordered=ordered)
            held._commits = commits
            end.set()
            chained.join(5)
            commits.insert_many(documents[:2])
            other.append(draft("rival-1"))
            try:
                return commits.insert_many(documents[2:])
            except BulkWriteError as error:
                error.details["writeErrors"][0]["index"] += 2
                raise

    def chain():
        mine = Chain([draft("a-1"), draft("a-1", 2)], monotonic() + 5, called=Later())
        with suppress(Ended):
            held._line._line.stand(mine, held._line._carry)

    held._commits = CutInTheMiddle()
    chained = Thread(target=chain)
    with ThreadPoolExecutor(3) as pool:
        pool.submit(held.append, draft("first-1"))
        assert held.carrying.wait(5)
        second = pool.submit(held.append, draft("second-1"))
        eventually(lambda: held.waiting == 1)
        chained.start()
        eventually(lambda: held.waiting == 2)
        held.let_go.set()
        second.result(10)
        assert pool.submit(held.append, draft("third-1")).result(10).position == 5
    check_chain(everything(held))


def test_lost_answer_of_a_large_group_costs_an_insert_a_chain(held):
    """All was stored: what is there is read, not sent again and again."""
    commits, inserts, lost = held._commits, [], []

    class LosesAnAnswer:
        def __getattr__(self, name):
            return getattr(commits, name)

        def insert_many(self, documents, ordered):
            inserts.append(len(documents))
            commits.insert_many(documents, ordered=ordered)
            if len(documents) > 1 and not lost:
                lost.append(1)
                raise AutoReconnect("cut")

    held._commits = LosesAnAnswer()
    with ThreadPoolExecutor(9) as pool:
        pool.submit(held.append, draft("first-1"))
        assert held.carrying.wait(5)
        chains = [[draft(f"s-{n}", v) for v in range(1, 26)] for n in range(8)]
        stored = [pool.submit(held.append_chain, chain) for chain in chains]
        eventually(lambda: held.waiting == 8)
        held.let_go.set()
        assert all(len(s.result().commits) == 25 and not s.result().error for s in stored)
    assert max(inserts) == 100  # four chains
    assert len(inserts) <= 1 + 1 + 4 + 1
    check_chain(everything(held))


def test_nobody_is_woken_by_what_was_not_stored(log):
    """Whoever follows the log takes a ring for an append of this process."""
    heard = []
    log.append(draft("a-1"))
    log.on_append(lambda: heard.append(1))
    with pytest.raises(VersionConflict):
        log.append(draft("a-1"))
    assert heard == []


def test_ended_leader_leaves_nobody_waiting(held):
    """Whoever stands first then carries the others."""

    def ended(_group):
        held.carrying.set()
        held.let_go.wait(10)
        held._line._insert = held._insert
        raise Ended

    held._line._insert = ended
    with ThreadPoolExecutor(4) as pool:
        leader = pool.submit(held.append, draft("first-1"))
        assert held.carrying.wait(5)
        others = [pool.submit(held.append, draft(f"a-{n}")) for n in range(3)]
        eventually(lambda: held.waiting == 3)
        held.let_go.set()
        with pytest.raises(Ended):
            leader.result()
        assert {o.result(10).stream for o in others} == {"a-0", "a-1", "a-2"}
    check_chain(everything(held))


def test_stored_but_not_on_a_majority_is_not_answered_as_stored(held, db):
    """One of a group conflicts while the majority is away, and a new primary has lost the other."""
    held.append_now(draft("late-1"))
    insert_many, commits = db["commits"].insert_many, held._commits

    class Failing:
        def __getattr__(self, name):
            return getattr(commits, name)

        def insert_many(self, documents, ordered):
            held._commits = commits
            insert_many(documents[:1])
            db["commits"].delete_one({"_id": documents[0]["_id"]})
            conflict = {"index": 1, "code": 11000, "keyPattern": {"_id": 1}, "errmsg": "late"}
            late = {"code": 64, "errmsg": "waiting for replication timed out"}
            raise BulkWriteError({"writeErrors": [conflict], "writeConcernErrors": [late]})

    held._commits = Failing()
    first, late = held.append_together(draft("a-1"), draft("late-1"))
    assert isinstance(late, VersionConflict)
    assert first.position == 2
    check_chain(everything(EventLog(db)))
    held.append_now(draft("b-1"))
    check_chain(everything(EventLog(db)))


def test_server_that_does_not_say_which_key_is_asked(held, db):
    """A duplicate is a lost version if the version is there, else a lost position."""
    other = EventLog(db)
    held.append_now(draft("a-1"))
    insert_many = held._commits.insert_many

    class Silent:
        def __getattr__(self, name):
            return getattr(db["commits"], name)

        def insert_many(self, documents, ordered):
            try:
                return insert_many(documents, ordered=ordered)
            except BulkWriteError as error:
                del error.details["writeErrors"][0]["keyPattern"]
                raise

    held._commits = Silent()
    other.append(draft("b-1"))
    assert held.append_now(draft("a-1", 2)).position == 3
    other.append(draft("a-1", 3))
    with pytest.raises(VersionConflict):
        held.append_now(draft("a-1", 3))


def test_readers_never_step_over_a_gap(db, log):
    """What is not there yet may still come: stop and look again."""
    first = log.append(draft("a-1"))
    second = log.append(draft("a-1", 2))
    db["commits"].delete_one({"position": second.position})
    db["commits"].insert_one(to_document(replace(second, position=3, stream="b-1")))
    assert EventLog(db).read_on(0) == [first]


def test_head_is_found_from_cold(db, log):
    """Whatever the length; a hole that somebody made is not taken for the end."""
    for length in range(1, 12):
        last = log.append(draft("a-1", length))
        assert EventLog(db).head() == Head(length, last.hash)
    db["commits"].delete_one({"position": 4})
    assert EventLog(db).head() == Head(11, last.hash)


def test_writer_that_stood_still_meanwhile_goes_on(log, other):
    """Its idea of the head is old by many commits."""
    log.append(draft("a-1"))
    other.append(draft("b-1"))
    for version in range(2, 30):
        other.append(draft("b-1", version))
    log.append(draft("a-1", 2))
    check_chain(everything(log))


def test_altered_commit_breaks_the_chain(db, log):
    """One changed letter is found."""
    for version in range(1, 4):
        log.append(draft("a-1", version))
    db["commits"].update_one({"position": 2}, {"$set": {"office": "1472"}})
    with pytest.raises(AssertionError):
        check_chain(everything(EventLog(db)))


def test_hash_can_be_recomputed_by_anybody():
    """SHA-256 over the previous hash and the commit as JSON, keys sorted, without blanks."""
    wanted = draft("a-1", count=2)
    words = {**vars(wanted), "position": 7}
    plain = json.dumps(
        words,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        default=lambda moment: moment.isoformat().replace("+00:00", "Z"),
    )
    assert seal_of(GENESIS, wanted, 7) == hashlib.sha256(GENESIS + plain.encode()).digest()


def test_line_is_carried_by_whoever_is_there(log):
    """Threads that come and go: nobody waits for one that has left."""
    threads = [Thread(target=log.append, args=(draft(f"t-{n}"),)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(everything(log)) == 50
