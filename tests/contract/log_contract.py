"""The promises of the event log as one suite: run it on any log (`make contract PST_MONGO_URL=…`).

A subclass gives the fixtures `log`, an empty one, and `other`, the same log as a second process
sees it.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from contracts.errors import Unavailable
from kernel.clock import derive_id, new_id
from kernel.commit import GENESIS, Commit, Draft, Head, Stored, VersionConflict, seal_of
from kernel.event_log import Log
from tests.support import NOON


def draft(stream: str, version: int = 1, **changes: Any) -> Draft:
    """Make a commit of one event, or of as many as `count`."""
    command_id = changes.pop("command_id", new_id())
    event = {
        "type": "noted",
        "schema_version": 1,
        "occurred_at": NOON,
        "data": {"text": "ä", "n": 1.5, "none": None, "list": [1, "x"]},
    }
    ids = [derive_id(stream, command_id, str(n)) for n in range(changes.pop("count", 1))]
    words: dict[str, Any] = {
        "stream": stream,
        "version": version,
        "events": tuple({"event_id": event_id, **event} for event_id in ids),
        "recorded_at": NOON,
        "office": "1471",
        "actor": {"kind": "officer", "id": "budi"},
        "command_id": command_id,
        "fingerprint": None,
        "correlation_id": "c",
        "causation_id": "c",
    }
    return Draft(**{**words, **changes})


def everything(log: Log, limit: int = 37) -> list[Commit]:
    """Read the whole log, batch by batch."""
    found: list[Commit] = []
    while batch := log.read_on(len(found), limit):
        found += batch
    return found


def check_chain(commits: list[Commit]) -> None:
    """Dense, every hash right, the versions of each stream in order."""
    previous, last = GENESIS, dict[str, int]()
    for position, commit in enumerate(commits, start=1):
        assert commit.position == position
        assert commit.hash == seal_of(previous, commit, position)
        assert commit.version == last.get(commit.stream, 0) + 1
        previous, last[commit.stream] = commit.hash, commit.last


def check_order(commits: list[Commit], versions: list[int]) -> None:
    """The commits of one stream, which is all there is, and their first versions."""
    check_chain(commits)
    assert [c.version for c in commits] == versions


def write_on(log: Log, stream: str, count: int) -> None:
    """Add so many commits of one event to a stream, against whatever rivals there are."""
    for _ in range(count):
        while True:
            known = log.read_stream(stream)
            try:
                log.append(draft(stream, known[-1].last + 1 if known else 1))
            except VersionConflict:
                continue
            break


class LogContract:
    """What every log promises."""

    def test_new_log_is_empty(self, log):
        """Nothing is read, and the head is the beginning."""
        assert (log.read_on(0), log.read_stream("a-1"), log.head()) == ([], [], Head())

    def test_what_is_appended_is_read(self, log, other):
        """Through both doors, by everybody, as it was."""
        commit = log.append(draft("a-1", count=3))
        assert other.read_stream("a-1") == log.read_stream("a-1") == [commit]
        assert other.read_on(0) == log.read_on(0) == [commit]
        assert other.head() == log.head() == Head(1, commit.hash)
        assert (commit.version, commit.last, commit.position) == (1, 3, 1)

    def test_reads_go_on_from_where_one_stands(self, log):
        """By position in the log, by version in the stream, no more than asked for."""
        commits = [log.append(draft(f"a-{n % 2}", n // 2 + 1)) for n in range(10)]
        assert log.read_on(3, 4) == commits[3:7]
        assert log.read_on(8, 100) == commits[8:]
        assert log.read_on(10) == []
        assert log.read_stream("a-1", after=2) == commits[5::2]
        assert log.read_streams(["a-1", "c-1", "a-0"]) == commits[::2] + commits[1::2]

    def test_commit_is_found_by_its_first_version(self, log, other):
        """And by no other."""
        commit = log.append(draft("a-1", count=3))
        assert other.find("a-1", 1) == commit
        assert log.find("a-1", 2) is None
        assert log.find("b-1", 1) is None

    def test_commit_is_found_by_its_command(self, log, other):
        """In its own stream only."""
        first = log.append(draft("a-1"))
        log.append(draft("a-2"))
        assert other.find_command("a-1", first.command_id) == first
        assert other.find_command("a-2", first.command_id) is None

    def test_taken_version_is_a_conflict(self, log, other):
        """Who comes second must read and decide again; the log is as before."""
        log.append(draft("a-1"))
        for rival in (log, other):
            with pytest.raises(VersionConflict):
                rival.append(draft("a-1"))
        assert len(log.read_on(0)) == 1

    def test_conflict_takes_no_position(self, log):
        """Positions stay dense, whoever lost in between."""
        log.append(draft("a-1"))
        with pytest.raises(VersionConflict):
            log.append(draft("a-1"))
        log.append(draft("a-1", 2))
        check_chain(everything(log))

    def test_same_draft_twice_is_one_commit(self, log, other):
        """An append whose outcome was unknown is tried again by the same id."""
        wanted = draft("a-1")
        first = log.append(wanted)
        log.append(draft("b-1"))
        assert log.append(wanted) == other.append(wanted) == first
        assert len(log.read_on(0)) == 2

    def test_writers_who_do_not_know_of_each_other_interleave(self, log, other):
        """Two processes with their own idea of the head."""
        for version in range(1, 6):
            log.append(draft("a-1", version))
            other.append(draft("b-1", version))
        commits = everything(log)
        assert len(commits) == 10
        check_chain(commits)

    def test_one_of_many_rivals_wins_a_version(self, log, other):
        """Twenty writers want the same version of one stream."""

        def attempt(n: int) -> bool:
            try:
                (log, other)[n % 2].append(draft("hot-1"))
            except VersionConflict:
                return False
            return True

        with ThreadPoolExecutor(20) as pool:
            assert sum(pool.map(attempt, range(20))) == 1

    def test_many_writers_leave_no_gap(self, log, other):
        """Sixteen threads of two processes, a stream each and one they all want."""

        def write(n: int) -> None:
            write_on((log, other)[n % 2], f"own-{n}", 10)
            write_on((log, other)[n % 2], "hot-1", 2)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(write, range(16)))
        commits = everything(log)
        assert len(commits) == 16 * 12
        check_chain(commits)
        assert len(log.read_stream("hot-1")) == 32

    def test_reader_skips_nothing_while_others_write(self, log, other):
        """What it gets is dense at every moment, and in the end all there is."""
        with ThreadPoolExecutor(5) as pool:
            writing = [pool.submit(write_on, log, f"own-{n}", 20) for n in range(4)]
            seen: list[Commit] = []
            while len(seen) < 80 and not any(w.done() and w.exception() for w in writing):
                seen += other.read_on(len(seen), 7)
        check_chain(seen)
        assert seen == everything(log)

    def test_losers_do_not_harm_the_others(self, log, other):
        """At the same moment: eight streams move on, eight drafts come too late."""
        for n in range(8):
            other.append(draft(f"late-{n}"))

        def attempt(n: int) -> str:
            try:
                log.append(draft(f"{'new' if n % 2 else 'late'}-{n // 2}"))
            except VersionConflict:
                return "conflict"
            except Unavailable:
                return "unavailable"
            return "stored"

        with ThreadPoolExecutor(16) as pool:
            outcomes = list(pool.map(attempt, range(16)))
        assert outcomes == ["conflict", "stored"] * 8
        check_chain(everything(log))

    def test_chain_is_stored_whole(self, log, other):
        """Decisions made one on the other, of several events; the same again is the same."""
        log.append(draft("a-1"))
        wanted = [draft("a-1", 2, count=3), draft("a-1", 5), draft("a-1", 6)]
        stored = log.append_chain(wanted)
        assert stored == other.append_chain(wanted) == Stored(other.read_stream("a-1", after=1))
        check_order(everything(log), [1, 2, 5, 6])

    def test_chain_ends_at_the_first_that_cannot_be_stored(self, log, other):
        """What stands before it is stored, nothing after it is."""
        wanted = [draft("a-1", version) for version in (1, 2, 3)]
        for there in (wanted[0], draft("a-1", 2)):
            other.append(there)
        stored = log.append_chain(wanted)
        assert [c.command_id for c in stored.commits] == [wanted[0].command_id]
        assert isinstance(stored.error, VersionConflict)
        check_order(everything(log), [1, 2])

    def test_nothing_follows_on_other_words(self, log, other):
        """What was decided on this try of a command does not hold after that of another process."""
        mine, theirs = draft("a-1"), draft("a-1", count=2)
        theirs = replace(mine, events=mine.events + theirs.events[1:])
        other.append(theirs)
        stored = log.append_chain([mine, draft("a-1", 2), draft("a-1", 3)])
        assert list(stored.commits) == everything(log) == everything(other)
        assert isinstance(stored.error, VersionConflict)

    def test_chains_of_rivals_do_not_mix(self, log, other):
        """Of those who want the same versions at once, one has them all."""

        def attempt(n: int) -> Stored:
            return (log, other)[n % 2].append_chain([draft("hot-1", v) for v in (1, 2, 3)])

        with ThreadPoolExecutor(12) as pool:
            outcomes = list(pool.map(attempt, range(12)))
        assert sorted(len(o.commits) for o in outcomes) == [0] * 11 + [3]
        assert sum(isinstance(o.error, VersionConflict) for o in outcomes) == 11
        check_order(everything(log), [1, 2, 3])

    def test_listeners_hear_of_each_append(self, log):
        """So that who follows the log need not wait for its next look."""
        heard: list[int] = []
        log.on_append(lambda: heard.append(log.head().position))
        log.append(draft("a-1"))
        log.append(draft("a-1", 2))
        assert heard == [1, 2]
