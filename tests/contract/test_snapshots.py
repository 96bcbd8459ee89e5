"""Long streams are read from a snapshot; one made by other code is not."""

import importlib
import sys
from dataclasses import replace

import pytest

from kernel import shape, snapshots
from kernel.aggregate import Aggregate
from kernel.clock import random_bytes
from kernel.codec import EventType, EventTypes
from kernel.event_log import EventLog
from kernel.handling import CommandHandler
from kernel.snapshots import EVERY, Folded, Snapshots
from kernel.vault import Vault
from tests.contract.places import meta
from tests.support import NOON

RULES = """
from dataclasses import dataclass, replace
from datetime import datetime

@dataclass(frozen=True)
class Counted:
    by: int
    at: datetime

@dataclass(frozen=True)
class State:
    total: int = 0
    at: datetime | None = None

def decide(command, state):
    return [Counted(1, command.now)]

def evolve(state, fact):
    return replace(state, total=state.total + fact.event.by, at=fact.event.at)
"""


class Command:
    """Count one more."""

    now = NOON


class Reading(EventLog):
    """Remembers how much was read of streams."""

    commits_read = 0

    def read_stream(self, stream, after=0):
        commits = super().read_stream(stream, after)
        self.commits_read += len(commits)
        return commits


class Process:
    """A process as it starts: nothing warm."""

    def __init__(self, db, rules):
        self.log = Reading(db)
        types = EventTypes([EventType("counted", 1, rules.Counted)])
        vault = Vault(db, random_bytes(32))
        self.commands = CommandHandler(self.log, types, vault, Snapshots(db))
        self.kind = Aggregate("counter", rules.decide, rules.evolve, rules.State)

    def count(self, times=1, **words):
        """Handle so many commands."""
        for _ in range(times):
            outcome = self.commands.handle(self.kind, "1", Command(), meta(**words))
        return outcome

    def total(self):
        """Return the state as it is now."""
        return self.commands.state(self.kind, "1").state.total


@pytest.fixture
def code(tmp_path, monkeypatch):
    """Loads the rules as a release has them."""
    monkeypatch.syspath_prepend(tmp_path)

    def release(text):
        (tmp_path / "snapshot_rules.py").write_text(text)
        sys.modules.pop("snapshot_rules", None)
        importlib.invalidate_caches()
        shape._code.cache_clear()
        return importlib.import_module("snapshot_rules")

    return release


@pytest.fixture
def rules(code, db):
    """The first release, and the log's indexes."""
    EventLog(db).prepare()
    return code(RULES)


def test_cold_read_is_bounded(db, rules):
    """A process that never saw the stream reads its last events only, and sees all of it."""
    Process(db, rules).count(EVERY * 3 + 7)
    cold = Process(db, rules)
    assert cold.total() == EVERY * 3 + 7
    assert cold.log.commits_read == 7
    cold.count()
    assert Process(db, rules).total() == EVERY * 3 + 8


def test_repeat_is_known_from_the_snapshot(db, rules):
    """A command of long ago, repeated, is still one commit."""
    first = Process(db, rules).count(command_id="c-1")
    Process(db, rules).count(EVERY)
    again = Process(db, rules).count(command_id="c-1")
    assert again.replayed
    assert again.facts == first.facts


def test_repeat_is_known_in_a_process_that_has_kept_a_snapshot(db, rules):
    """What it remembers of early commands is their digests, as if it had just started."""
    process = Process(db, rules)
    first = process.count(command_id="c-1")
    process.count(EVERY * 2)
    again = process.count(command_id="c-1")
    assert (again.replayed, again.facts) == (True, first.facts)
    assert process.total() == EVERY * 2 + 1


def test_command_that_only_looks_like_an_earlier_one_is_handled(db, rules, monkeypatch):
    """Two ids of one digest are two commands all the same; the log has the last word."""
    monkeypatch.setattr(snapshots, "_digest", lambda _command_id: b"the same")
    process = Process(db, rules)
    process.count(EVERY)
    assert not process.count(command_id="c-2").replayed
    assert process.count(command_id="c-2").replayed
    assert Process(db, rules).total() == EVERY + 1


def test_digests_are_not_found_across_their_borders(monkeypatch):
    """Where the end of one and the beginning of the next make a third."""
    monkeypatch.setattr(snapshots, "_digest", lambda _command_id: b"ABABABAB")
    across = Folded(0, older=b"xxABABABABxxxxxx")
    assert not across.may_know("c-1")
    assert replace(across, older=across.older + b"ABABABAB").may_know("c-1")


@pytest.mark.parametrize(
    "change",
    [
        ("state.total + fact.event.by", "state.total + 2 * fact.event.by"),  # evolve
        ("total: int = 0", "seen: int = 0\n    total: int = 5"),  # State
    ],
    ids=["evolve", "state"],
)
def test_changed_code_discards_what_it_did_not_fold(db, code, rules, change):
    """Nobody has to remember: the snapshot of the release before is not read."""
    Process(db, rules).count(EVERY + 1)
    later = Process(db, code(RULES.replace(*change)))
    expected = (2 if change[1].startswith("state") else 1) * (EVERY + 1)
    assert later.total() == expected + (5 if "seen" in change[1] else 0)
    assert later.log.commits_read == EVERY + 1


def test_comment_discards_nothing(db, code, rules):
    """Only what counts counts."""
    Process(db, rules).count(EVERY)
    later = Process(db, code(RULES.replace("def evolve", "# why\ndef evolve")))
    assert later.total() == EVERY
    assert later.log.commits_read == 0


def test_lost_snapshots_are_no_loss(db, rules):
    """They can be thrown away under a running system."""
    Process(db, rules).count(EVERY)
    db["snapshots"].drop()
    assert Process(db, rules).total() == EVERY


def test_damaged_snapshot_is_as_none(db, rules):
    """It can be thrown away, so it cannot do harm."""
    Process(db, rules).count(EVERY)
    db["snapshots"].update_one({}, {"$set": {"folded": b"?"}})
    assert Process(db, rules).total() == EVERY


def test_snapshot_behind_another_process_is_no_error(db, rules):
    """Two processes keep what they know; the older one costs a longer read, nothing else."""
    one, other = Process(db, rules), Process(db, rules)
    one.count(EVERY - 1)
    other.count(2)
    one.count(2)
    assert Process(db, rules).total() == EVERY + 3
