"""What stands in line about one stream is decided one on the other, and travels together."""

import gc
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

import pytest
from pymongo.errors import AutoReconnect, DocumentTooLarge, OperationFailure

from contracts.errors import Code, Rejected, StreamUnavailable, Unavailable
from kernel import deciding, handling
from kernel.clock import new_id, random_bytes
from kernel.commit import Stored, VersionConflict
from kernel.deciding import Asked
from kernel.handling import CommandHandler
from tests.contract.held_log import Ended, EndedWhileWaiting, Held
from tests.contract.log_contract import check_chain, everything
from tests.contract.places import PLACES, TYPES, Process
from tests.support import eventually

S = TypeVar("S")

MANY = {"places": 100}


class HeldProcess(Process):
    """One process whose first insert waits until those behind it stand in line."""

    def __init__(self, db: Any, master_key: bytes) -> None:
        super().__init__(db, master_key)
        self.log = Held(db)
        self.commands = CommandHandler(self.log, TYPES, self.vault)

    def together(self, *wishes: dict[str, Any]) -> list[Any]:
        """Have commands line up, in this order, behind a first; return their outcomes."""
        with ThreadPoolExecutor(len(wishes) + 1) as pool:
            first = pool.submit(self.take, **MANY)
            assert self.log.carrying.wait(5)
            asked: list[Future[Any]] = []
            for n, wish in enumerate(wishes, start=1):
                asked.append(pool.submit(self.take, **{**MANY, **wish}))
                eventually(lambda n=n: self.waiting == n)  # type: ignore[misc]
            self.log.let_go.set()
            assert first.result().version == 1
            return [each.exception() or each.result() for each in asked]

    @property
    def waiting(self) -> int:
        """How many stand in line about the stream."""
        return len(self.commands._lines[PLACES.stream("1")]._places)


@pytest.fixture
def held(db):
    """One process on an empty database."""
    process = HeldProcess(db, random_bytes(32))
    process.log.prepare()
    return process


def refused(outcomes):
    """Return the codes of those that were refused."""
    return [o.code for o in outcomes if isinstance(o, Rejected)]


def test_twenty_commands_of_one_stream_are_one_insert(held):
    """Each has its own version and its own facts, as the log has them."""
    outcomes = held.together(*[{} for _ in range(20)])
    assert [o.version for o in outcomes] == list(range(2, 22))
    assert [o.state for o in outcomes] == list(range(2, 22))
    assert [o.facts[0].position for o in outcomes] == list(range(2, 22))
    assert [len(streams) for streams in held.log.inserts] == [1, 20]
    check_chain(everything(held.log))
    assert held.commands.state(PLACES, "1").state == 21


def test_a_long_line_leaves_room_for_other_streams(held):
    """No more than so many travel at once; who wants another stream goes with the first of them."""
    with ThreadPoolExecutor(42) as pool:
        hot = [pool.submit(held.take, **MANY)]
        assert held.log.carrying.wait(5)
        hot += [pool.submit(held.take, **MANY) for _ in range(40)]
        eventually(lambda: held.waiting == 40)
        cold = pool.submit(held.take, key="2", **MANY)
        eventually(lambda: held.log.waiting == 1)
        held.log.let_go.set()
        assert sorted(o.result().version for o in hot) == list(range(1, 42))
        assert cold.result().facts[0].position <= 27
    assert sorted(map(len, held.log.inserts))[-2:] in ([15, 25], [15, 26], [16, 25])


def test_database_away_is_told_to_all_at_once(held, monkeypatch):
    """Nobody is tried alone when it is nobody's fault; each has an error of its own."""
    asked_for = []

    def away(*_args, **_words):
        asked_for.append(1)
        raise AutoReconnect("away")

    with ThreadPoolExecutor(26) as pool:
        pool.submit(held.take, **MANY)
        assert held.log.carrying.wait(5)
        asked = [pool.submit(held.take, places=0) for _ in range(25)]
        eventually(lambda: held.waiting == 25)
        monkeypatch.setattr(held.log, "read_stream", away)
        held.log.let_go.set()
        errors = [each.exception() for each in asked]
    assert {type(error) for error in errors} == {Unavailable}
    assert len({id(error) for error in errors}) == 25
    assert len(asked_for) == 1


def test_who_is_stored_does_not_wait_for_who_is_not(held, monkeypatch):
    """The last of twenty loses its version again and again."""
    append, go_on = held.log.append_chain, Event()

    def all_but_the_last(drafts):
        if len(drafts) == 20:
            return Stored(append(drafts[:19]).commits, VersionConflict("somebody was faster"))
        if drafts[0].version > 1 and not go_on.is_set():
            return Stored([], VersionConflict("somebody was faster"))
        return append(drafts)

    monkeypatch.setattr(held.log, "append_chain", all_but_the_last)
    monkeypatch.setattr(deciding, "TRIES", 10**6)  # it tries for as long as we look
    with ThreadPoolExecutor(21) as pool:
        pool.submit(held.take, **MANY)
        assert held.log.carrying.wait(5)
        asked = [pool.submit(held.take, **MANY) for _ in range(20)]
        eventually(lambda: held.waiting == 20)
        held.log.let_go.set()
        eventually(lambda: sum(each.done() for each in asked) == 19)
        go_on.set()
        assert sorted(each.result().version for each in asked) == list(range(2, 22))


def test_busy_stream_is_told_to_each_after_so_many_losses(held, monkeypatch):
    """Rivals win every time: we hurry more and more, and all are told when the tries are over."""
    monkeypatch.setattr(deciding, "pause", lambda _seconds: None)
    append = held.log.append_chain

    def always_late(drafts):
        if drafts[0].version == 1:
            return append(drafts)
        tries.append(len(drafts))
        return Stored([], VersionConflict("somebody was faster"))

    tries: list[int] = []
    monkeypatch.setattr(held.log, "append_chain", always_late)
    outcomes = held.together(*[{} for _ in range(deciding.TOGETHER)])
    assert [type(error) for error in outcomes] == [StreamUnavailable] * deciding.TOGETHER
    assert len({id(error) for error in outcomes}) == deciding.TOGETHER
    assert tries == [25, 12, 6, 3, *[1] * (deciding.TRIES - 4)]
    monkeypatch.setattr(held.log, "append_chain", append)
    assert held.take(**MANY).version == 2


def test_line_that_has_won_goes_on_in_full(held, monkeypatch):
    """Short chains are for the hurry alone: five losses do not slow down those who come behind."""
    append, tries = held.log.append_chain, []

    def late_at_first(drafts):
        if drafts[0].version > 1:
            tries.append(len(drafts))
        if 0 < len(tries) <= 5:
            return Stored([], VersionConflict("somebody was faster"))
        return append(drafts)

    monkeypatch.setattr(held.log, "append_chain", late_at_first)
    outcomes = held.together(*[{} for _ in range(deciding.TOGETHER)])
    assert [o.version for o in outcomes] == list(range(2, 27))
    assert tries == [25, 12, 6, 3, 1, 1, 24]


def test_part_of_a_chain_is_stored_when_the_database_goes(held, monkeypatch):
    """Who is stored is answered, the others are told; with their ids they come to one commit."""
    append = held.log.append_chain

    def goes(drafts):
        if len(drafts) != 4:
            return append(drafts)
        monkeypatch.setattr(held.log, "append_chain", append)
        return Stored(append(drafts[:2]).commits, Unavailable("the database is away"))

    monkeypatch.setattr(held.log, "append_chain", goes)
    ids = [f"c-{n}" for n in range(4)]
    outcomes = held.together(*[{"command_id": each} for each in ids])
    assert [o.version for o in outcomes[:2]] == [2, 3]
    assert [type(error) for error in outcomes[2:]] == [Unavailable] * 2
    again = [held.take(command_id=each, **MANY) for each in ids]
    assert [o.replayed for o in again] == [True, True, False, False]
    assert len(everything(held.log)) == 5


def test_thread_that_is_ended_in_line_takes_its_command_along(held, monkeypatch):
    """Those before and behind it are decided as if it had never come."""

    class Leaving(Asked[S]):
        def __init__(self, command, meta):
            super().__init__(command, meta, called=EndedWhileWaiting())

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(held.take, **MANY)]
        assert held.log.carrying.wait(5)
        asked.append(pool.submit(held.take, **MANY))
        eventually(lambda: held.waiting == 1)
        with monkeypatch.context() as patched:
            patched.setattr(handling, "Asked", Leaving)
            with pytest.raises(Ended):
                held.take(**MANY)
        asked.append(pool.submit(held.take, **MANY))
        eventually(lambda: held.waiting == 3)
        held.log.let_go.set()
        assert [each.result(10).version for each in asked] == [1, 2, 3]
    assert len(everything(held.log)) == 3


def test_idle_streams_are_not_kept(held):
    """Their lines go at once, and need not be found as garbage."""
    held.log.let_go.set()
    gc.disable()
    try:
        for n in range(20):
            held.take(str(n), **MANY)
        with pytest.raises(Rejected):
            held.take("1", places=0)
        assert len(held.commands._lines) == 0
    finally:
        gc.enable()


def test_who_is_refused_in_line_is_refused_on_the_log(held):
    """One had a place, two get one, three get none: nobody is refused before those are stored."""
    outcomes = held.together(*[{"places": 3} for _ in range(5)])
    assert [o.version for o in outcomes[:2]] == [2, 3]
    assert refused(outcomes) == [Code.WRONG_STATE] * 3


def test_who_stands_behind_what_cannot_be_stored_gets_its_place(held):
    """There were two places, and the first of two cannot be stored."""
    huge, other = held.together({"note": "x" * 17_000_000, "places": 2}, {"places": 2})
    assert isinstance(huge, (DocumentTooLarge, OperationFailure))
    assert other.version == 2
    check_chain(everything(held.log))


def test_nobody_is_refused_on_what_could_not_be_stored(held, monkeypatch):
    """All is decided again, on the log: the first cannot be stored, so its place is free."""
    append, lost = held.log.append_chain, iter([Stored([], VersionConflict("somebody was faster"))])

    def unlucky(drafts):
        if drafts[0].version > 1 and (conflict := next(lost, None)):
            return conflict
        if drafts[0].command_id == "c-1":
            return Stored([], OperationFailure("cannot be stored"))
        return append(drafts)

    monkeypatch.setattr(held.log, "append_chain", unlucky)
    faulty, other = held.together({"command_id": "c-1", "places": 2}, {"places": 2})
    assert isinstance(faulty, OperationFailure)
    assert other.version == 2


def test_same_command_twice_in_line_is_one_commit(held):
    """Two presses at once, with one key."""
    first, again = held.together({"command_id": "c-1"}, {"command_id": "c-1"})
    assert (first.replayed, again.replayed) == (False, True)
    assert first.facts == again.facts
    assert len(everything(held.log)) == 2


def test_of_those_who_name_one_version_one_wins(held):
    """The others are told that it has passed."""
    outcomes = held.together(*[{"expected_version": 1} for _ in range(4)])
    assert outcomes[0].version == 2
    assert refused(outcomes) == [Code.VERSION_MISMATCH] * 3


def test_fault_of_one_command_harms_nobody_else(held):
    """Its caller is told; those before and behind it are stored."""
    before, faulty, behind = held.together({}, {"places": None}, {})
    assert isinstance(faulty, TypeError)
    assert (before.version, behind.version) == (2, 3)


def test_other_process_in_between_has_all_decided_again(held):
    """It comes first with the version they all were to follow on."""
    other = Process(held.db, held.master_key)
    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(held.take, **MANY)
        assert held.log.carrying.wait(5)
        behind = [pool.submit(held.take, **MANY) for _ in range(10)]
        eventually(lambda: held.waiting == 10)
        held.log.before_next = lambda: [other.take(**MANY) for _ in range(3)]
        held.log.let_go.set()
        versions = [o.result().version for o in (first, *behind)]
    assert sorted(versions) == [1, *range(5, 15)]
    assert [len(streams) for streams in held.log.inserts][:2] == [1, 10]
    check_chain(everything(held.log))


def test_two_processes_in_a_crowd(processes):
    """Fifty at each want forty places: forty get one, each another."""

    def attempt(n: int) -> int:
        try:
            return processes[n % 2].take(places=40, command_id=new_id()).version
        except Rejected:
            return 0

    with ThreadPoolExecutor(100) as pool:
        versions = sorted(pool.map(attempt, range(100)))
    assert versions == [0] * 60 + list(range(1, 41))


def test_state_does_not_hold_what_was_never_stored(held):
    """A decision that lost leaves nothing in the state this process keeps."""
    huge, _ = held.together({"note": "x" * 17_000_000, "command_id": "c-1"}, {})
    assert not isinstance(huge, Rejected)
    assert held.commands.state(PLACES, "1").state == 2
    assert not held.take(command_id="c-1", **MANY).replayed
