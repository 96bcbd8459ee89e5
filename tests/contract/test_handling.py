"""From a command to a commit: once, whoever presses and however often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from contracts.errors import Code, Rejected, Unavailable
from kernel.aggregate import Aggregate
from kernel.clock import random_bytes
from kernel.codec import Earlier, EventType, EventTypes
from kernel.commit import Stored, VersionConflict
from kernel.facts import facts_of
from kernel.personal import FORGOTTEN, Personal
from tests.contract.log_contract import everything
from tests.contract.places import PLACES, TYPES, Process, Take, meta


def test_same_command_twice_is_one_commit(processes):
    """The second caller gets the first result, at whichever process it asks."""
    one, other = processes
    first = one.take(command_id="c-1")
    again = other.take(command_id="c-1")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.facts == first.facts
    assert len(one.log.read_on(0)) == 1


def test_same_command_at_once_is_one_commit(processes):
    """Two at once: one loses the version, reads again, and sees it."""
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda i: processes[i % 2].take(command_id="c-1"), range(8)))
    assert len({o.facts[0].event_id for o in outcomes}) == 1
    assert len(processes[0].log.read_on(0)) == 1


def test_rivals_are_decided_one_after_the_other(processes):
    """Eight want three places: three get one, five are refused, nothing else happens."""

    def attempt(i):
        try:
            return processes[i % 2].take().version
        except Rejected:
            return None

    with ThreadPoolExecutor(8) as pool:
        versions = [v for v in pool.map(attempt, range(8)) if v]
    assert sorted(versions) == [1, 2, 3]


def test_command_outlasts_a_rival_with_a_long_line(processes, monkeypatch):
    """Who loses its version thirty times in a row is still stored, once."""
    one, _ = processes
    append, tries = one.log.append_chain, []

    def unlucky(drafts):
        tries.append(drafts)
        if len(tries) <= 30:
            return Stored([], VersionConflict("somebody was faster"))
        return append(drafts)

    monkeypatch.setattr(one.log, "append_chain", unlucky)
    monkeypatch.setattr("kernel.deciding.pause", lambda seconds: None)
    assert one.take().version == 1
    assert len(one.log.read_on(0)) == 1


def test_refusal_is_never_based_on_an_old_state(processes):
    """A warm state may be behind: before refusing, the log is read."""
    one, other = processes
    one.take()
    for _ in range(2):
        other.take()
    with pytest.raises(Rejected):
        one.take()
    assert one.commands.state(PLACES, "1").version == 3


def test_streams_warmed_up_together_are_as_if_read_one_by_one(processes, monkeypatch):
    """No question more is asked for them, and a repeat is known as one."""
    one, other = processes
    first = [other.take(key=str(n), command_id=f"c-{n}") for n in range(3)]
    other.take(key="1")
    one.commands.warm_up(PLACES, ["0", "1", "2", "9"])
    monkeypatch.setattr(one.log, "read_stream", None)  # asked, it would break
    assert [one.take(key=str(n)).version for n in range(3)] == [2, 3, 2]
    monkeypatch.undo()
    again = [one.take(key=str(n), command_id=f"c-{n}") for n in range(3)]
    assert [a.facts for a in again] == [f.facts for f in first]
    assert all(a.replayed for a in again)


def test_warming_up_fails_silently(processes, monkeypatch):
    """Who handles a command is told; here it is only slower."""
    one, _ = processes

    def away(_streams):
        raise ServerSelectionTimeoutError("away")

    monkeypatch.setattr(one.log, "read_streams", away)
    one.commands.warm_up(PLACES, ["1"])
    assert one.take().version == 1


def test_stale_version_is_refused_and_nothing_written(processes):
    """`If-Match` against the log, not against a cache."""
    one, other = processes
    one.take()
    other.take(expected_version=1)
    with pytest.raises(Rejected) as refusal:
        one.take(expected_version=1)
    assert refusal.value.code is Code.VERSION_MISMATCH
    assert len(everything(one.log)) == 2


def test_repeat_with_its_old_version_is_a_repeat(processes):
    """A client that repeats repeats its `If-Match` too."""
    one, _ = processes
    one.take(command_id="c-1", expected_version=0)
    assert one.take(command_id="c-1", expected_version=0).replayed


def test_command_id_used_for_another_request_is_refused(processes):
    """The same key with another body."""
    one, other = processes
    one.take(command_id="c-1", request_hash="a" * 64)
    assert other.take(command_id="c-1", request_hash="a" * 64).replayed
    with pytest.raises(Rejected) as refusal:
        other.take(command_id="c-1", request_hash="b" * 64)
    assert refusal.value.code is Code.IDEMPOTENCY_KEY_REUSED


def test_reused_command_id_is_noticed_by_a_process_that_is_behind(processes):
    """Its next version is just the one that the first use of the id took."""
    one, other = processes
    one.take()
    other.take(command_id="c-1", request_hash="a" * 64)
    with pytest.raises(Rejected) as refusal:
        one.take(command_id="c-1", request_hash="b" * 64)
    assert refusal.value.code is Code.IDEMPOTENCY_KEY_REUSED
    assert one.take(command_id="c-1", request_hash="a" * 64).replayed


def test_nothing_personal_is_stored_in_clear(processes, db):
    """Neither the text nor a hash by which it could be guessed."""
    processes[0].take(note="rahasia", request_hash="d" * 64)
    stored = str(list(db["commits"].find()))
    assert "rahasia" not in stored
    assert "d" * 64 not in stored


def test_forgetting_is_deleting_one_key(processes, db):
    """The facts stay, the person's texts are gone, and a repeat is still a repeat."""
    one, _ = processes
    one.take(command_id="c-1", request_hash="a" * 64)
    db["keys"].delete_one({"_id": "siti"})
    after = Process(db, random_bytes(32))
    commits = after.log.read_stream("places-1")
    assert next(facts_of(commits[0], TYPES, after.vault)).event.note == FORGOTTEN
    assert after.take(command_id="c-1", request_hash="a" * 64).replayed


@dataclass(frozen=True, kw_only=True)
class TakenAtDesk:
    """Somebody took a place: the next release wants to know where."""

    subject_id: str
    note: Personal[str]
    desk: int


NEXT_RELEASE = EventTypes(
    [EventType("taken", 2, TakenAtDesk)],
    earlier=[Earlier("taken", 1, lambda data: {**data, "desk": 0})],
)
NEXT_PLACES = Aggregate(
    "places",
    lambda command, _taken: [TakenAtDesk(subject_id="siti", note=command.note, desk=7)],
    lambda taken, _fact: taken + 1,
    lambda: 0,
)


def test_rolling_deployment_stops_only_what_is_newer(db):
    """The old release answers "try again" for a stream it cannot read, and serves the others."""
    key = random_bytes(32)
    old, new = Process(db, key), Process(db, key, NEXT_RELEASE)
    old.log.prepare()
    old.take("1")
    new.commands.handle(NEXT_PLACES, "1", Take(), meta(command_id="c-2"))
    for wish in (lambda: old.take("1"), lambda: old.commands.state(PLACES, "1")):
        with pytest.raises(Unavailable, match="taken v2"):
            wish()
    assert old.take("2").version == 1
    assert new.commands.state(NEXT_PLACES, "1").state == 2
    again = new.commands.handle(NEXT_PLACES, "1", Take(), meta(command_id="c-2"))
    assert again.replayed
