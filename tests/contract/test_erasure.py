"""Forgetting somebody: in an order that a crash at any step leaves something to complete."""

from dataclasses import dataclass, replace

import pytest

from contracts.errors import Code, Rejected
from kernel import erasure
from kernel.aggregate import Aggregate, Meta
from kernel.clock import new_id, random_bytes
from kernel.codec import EventType, EventTypes
from kernel.effects import Publish
from kernel.erasure import SubjectErased, forget, telling
from kernel.event_log import EventLog
from kernel.facts import facts_of
from kernel.handling import CommandHandler
from kernel.ledger import Entry, Ledger
from kernel.personal import FORGOTTEN, Personal
from kernel.vault import Vault
from tests.support import NOON, fact


@dataclass(frozen=True, kw_only=True)
class Noted:
    """Somebody said something."""

    subject_id: str
    text: Personal[str]


@dataclass(frozen=True)
class Note:
    """Keep what somebody said."""

    text: str = "rahasia"
    now = NOON


NOTES = Aggregate(
    "notes", lambda c, _s: [Noted(subject_id="siti", text=c.text)], lambda s, _f: s, int
)
TYPES = EventTypes([EventType("noted", 1, Noted), *erasure.TYPES])
ENTRY = Entry("siti", NOON, ("1471", "1400"))
SITI = Meta(
    actor_kind="user",
    actor_id="siti",
    office="1471",
    command_id="c-1",
    correlation_id="c",
    causation_id="c",
    request_hash="abc",
)


class Crash(Exception):
    """The process is gone."""


@pytest.fixture
def parts(db, tmp_path):
    """A ledger, a vault, and two logs in one of which Siti has said something."""
    vault = Vault(db, random_bytes(32))
    names = [f"{db.name}_{name}" for name in ("one", "two")]
    logs = [EventLog(db.client[name]) for name in names]
    for log in logs:
        log.prepare()
    commands = [CommandHandler(log, TYPES, vault) for log in logs]
    commands[0].handle(NOTES, "k", Note(), SITI)
    yield Ledger(tmp_path / "ledger"), vault, commands, logs
    for name in names:
        db.client.drop_database(name)


def told(log):
    """Return the facts of erasure in a log."""
    facts = [f for commit in log.read_on(0) for f in facts_of(commit, TYPES)]
    return [(f.office, f.event) for f in facts if f.name == "subject_erased"]


BOTH = [("1471", SubjectErased(subject_id="siti")), ("1400", SubjectErased(subject_id="siti"))]


def test_forgotten_everywhere_once(parts):
    """A line, a tombstone, a fact of each office in each log; twice changes nothing."""
    ledger, vault, commands, logs = parts
    assert forget(ENTRY, ledger, vault, commands)
    later = replace(ENTRY, forgotten_at=NOON.replace(year=2027))
    assert not forget(later, ledger, vault, commands)
    assert ledger.entries() == [ENTRY]
    assert [told(log) for log in logs] == [BOTH, BOTH]
    (said, *_) = facts_of(logs[0].read_on(0)[0], TYPES, vault)
    assert said.event.text == FORGOTTEN


@pytest.mark.parametrize("step", range(6))
def test_crash_at_any_step_is_completed_by_doing_it_again(parts, step, monkeypatch):
    """And what comes first is never missing where a later step was done."""
    ledger, vault, commands, logs = parts
    steps = iter(range(6))

    def crashing(work):
        def done(*args, **kwargs):
            if next(steps) == step:
                raise Crash
            return work(*args, **kwargs)

        return done

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "append", crashing(ledger.append))
        patch.setattr(vault, "forget", crashing(vault.forget))
        for each in commands:
            patch.setattr(each, "handle", crashing(each.handle))
        with pytest.raises(Crash):
            forget(ENTRY, ledger, vault, commands)
    if any(told(log) for log in logs):
        assert not vault.forget("siti", NOON)
    if vault.keys.find_one({"_id": "siti", "forgotten_at": {"$exists": True}}):
        assert ledger.names("siti")
    forget(ENTRY, ledger, vault, commands)
    assert ledger.entries() == [ENTRY]
    assert not vault.forget("siti", NOON)
    assert [told(log) for log in logs] == [BOTH, BOTH]


def test_nothing_more_is_kept_of_who_was_forgotten(parts):
    """A refusal with a code; a repeat of what they had done is still answered as done."""
    ledger, vault, commands, logs = parts
    forget(ENTRY, ledger, vault, commands)
    with pytest.raises(Rejected) as refusal:
        commands[0].handle(NOTES, "k", Note(), replace(SITI, command_id=new_id()))
    assert refusal.value.code is Code.SUBJECT_ERASED
    assert commands[0].handle(NOTES, "k", Note(), SITI).replayed
    assert logs[0].head().position == 3


def test_process_that_sees_the_fact_drops_the_key_at_once(parts):
    """And tells the world, beside what the service itself reacts with."""
    _, vault, _, logs = parts
    (said,) = logs[0].read_on(0)[0].events
    sealed = said["data"]["text"]
    assert vault.open("siti", sealed)
    vault.keys.replace_one({"_id": "siti"}, {"forgotten_at": NOON})  # by another process
    assert vault.open("siti", sealed), "known for a while"
    react = telling(lambda f: [Publish(f.name)], vault)
    assert react(fact(None, name="other")) == [Publish("other")]
    (publish,) = react(fact(BOTH[0][1], name="subject_erased"))
    assert publish == Publish("subject_erased", {"subject_id": "siti"})
    assert vault.open("siti", sealed) is None
