"""The log, command handling and relay against a plain list, with crashes between any two steps."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pymongo.errors import AutoReconnect

from contracts.errors import Unavailable
from kernel import relay as relays
from kernel import state_cache
from kernel.aggregate import Aggregate
from kernel.clock import new_id, random_bytes
from kernel.codec import EventType, EventTypes
from kernel.commit import VersionConflict
from kernel.database import Db
from kernel.deadlines import Deadlines
from kernel.effects import Cancel, Effect, Ignore, Publish, Schedule
from kernel.event_log import EventLog
from kernel.facts import Fact
from kernel.handling import CommandHandler
from kernel.relay import Relay
from kernel.snapshots import Snapshots
from kernel.vault import Vault
from tests.contract.log_contract import check_chain, draft, everything
from tests.contract.places import meta
from tests.support import NOON

STREAMS = st.sampled_from(["count-1", "count-2", "count-3"])
PROCESSES = st.sampled_from([0, 1])
FAULTS = st.sampled_from(["", "before", "after", "meanwhile"])
MASTER_KEY = random_bytes(32)


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What a command comes to."""

    message_id: str


class Note:
    """The command; no two are given at the same moment."""

    ticks = count()

    def __init__(self) -> None:
        self.now = NOON + timedelta(milliseconds=next(self.ticks))


TYPES = EventTypes([EventType("noted", 1, Noted)])
COUNT: Aggregate[int] = Aggregate(
    "count", lambda _c, n: [Noted(message_id=str(n))], lambda n, _f: n + 1, lambda: 0
)


class Died(BaseException):
    """The process is gone at this point."""


class Faulty:
    """A collection whose next insert meets a fault, before or after it reached the server.

    Or something else happens right before it: `meanwhile`.
    """

    def __init__(self, collection: Any) -> None:
        self._collection = collection
        self.before: BaseException | None = None
        self.after: BaseException | None = None
        self.meanwhile: Callable[[], object] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    def insert_many(self, *args: Any, **options: Any) -> Any:
        """Insert, unless it is not to be."""
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()
        if fault := self.before:
            self.before = None
            raise fault
        result = self._collection.insert_many(*args, **options)
        if fault := self.after:
            self.after = None
            raise fault
        return result


class Broker:
    """Confirms what it takes; may die before or after it has, or take long: `meanwhile`."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.before = self.after = False
        self.meanwhile: Callable[[], object] | None = None

    def publish_all(self, messages: Any) -> None:
        """Take the messages."""
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()
        if self.before:
            raise Unavailable("the broker is away")
        self.taken += [m.message_id for m in messages]
        if self.after:
            raise Died


class Process:
    """What dies at once: everything in memory."""

    def __init__(self, db: Db, broker: Broker) -> None:
        self.log = EventLog(db)
        self.faulty = self.log._commits = Faulty(self.log._commits)  # type: ignore[assignment]
        self.commands = CommandHandler(self.log, TYPES, Vault(db, MASTER_KEY), Snapshots(db))
        self.relay = Relay("consultation", self.log, TYPES, react, broker, Deadlines(db))
        self.fence = 0
        """Under which it leads, or believes to."""


def react(fact: Fact) -> list[Effect]:
    """Tell of all but the second; two facts set the date, or set it anew, the third drops it."""
    told = Publish("consultation_answered", {"message_id": fact.event.message_id})
    date = Schedule("due", NOON) if fact.sequence % 3 else Cancel("due")
    return [told if fact.event.message_id != "2" else Ignore("nobody need know"), date]


class Stands(NamedTuple):
    """Where the relay's checkpoint stands, and who moved it there."""

    position: int
    fence: int


class LogMachine(RuleBasedStateMachine):
    """Two processes over one database; the model is a list of (stream, versions, command id)."""

    database: Callable[[], Db]
    puts_off: bool
    """Whether the relay saves its checkpoint only when it has found nothing more to do."""

    def __init__(self) -> None:
        super().__init__()
        self.db = type(self).database()
        EventLog(self.db).prepare()
        self.broker = Broker()
        self.processes = [Process(self.db, self.broker) for _ in range(2)]
        self.model: list[tuple[str, int, str]] = []
        self.fence = 0
        self.stood = Stands(0, 0)

    drafts = Bundle("drafts")
    commands = Bundle("commands")

    @rule(target=drafts, n=PROCESSES, stream=STREAMS)
    def append(self, n: int, stream: str) -> Any:
        """The next version of a stream."""
        wanted = draft(stream, self.last(stream) + 1, events=(self.event(),))
        commit = self.processes[n].log.append(wanted)
        self.model.append((stream, wanted.version, wanted.command_id))
        assert commit.position == len(self.model)
        return wanted

    @rule(n=PROCESSES, wanted=drafts)
    def append_again(self, n: int, wanted: Any) -> None:
        """The same draft is the same commit."""
        commit = self.processes[n].log.append(wanted)
        assert self.model[commit.position - 1] == (
            wanted.stream,
            wanted.version,
            wanted.command_id,
        )

    @rule(n=PROCESSES, stream=STREAMS, back=st.integers(0, 5))
    def conflict(self, n: int, stream: str, back: int) -> None:
        """Another draft for a version that is taken."""
        version = self.last(stream) - back
        if version >= 1:
            with pytest.raises(VersionConflict):
                self.processes[n].log.append(draft(stream, version))

    @rule(n=PROCESSES, stream=STREAMS, after=st.booleans())
    def connection_lost(self, n: int, stream: str, after: bool) -> None:
        """Before or after the insert has reached the server: one commit, and its caller knows."""
        setattr(self.processes[n].faulty, "after" if after else "before", AutoReconnect("cut"))
        self.append(n, stream)

    @rule(n=PROCESSES, stream=STREAMS, rivals=STREAMS)
    def append_beside_a_rival(self, n: int, stream: str, rivals: str) -> None:
        """The other process takes the position, and if it is the same stream the version."""
        wanted = draft(stream, self.last(stream) + 1, events=(self.event(),))
        self.processes[n].faulty.meanwhile = lambda: self.append(1 - n, rivals)
        if stream == rivals:
            with pytest.raises(VersionConflict):
                self.processes[n].log.append(wanted)
        else:
            assert self.processes[n].log.append(wanted).position == len(self.model) + 1
            self.model.append((stream, wanted.version, wanted.command_id))

    @rule(n=PROCESSES, stream=STREAMS, length=st.integers(2, 4), fault=FAULTS, rivals=STREAMS)
    def chain(self, n: int, stream: str, length: int, fault: str, rivals: str) -> None:
        """Decisions made one on the other, while the connection is lost or a rival comes first."""
        first, faulty = self.last(stream) + 1, self.processes[n].faulty
        wanted = [draft(stream, first + i, events=(self.event(),)) for i in range(length)]
        if fault == "meanwhile":
            faulty.meanwhile = lambda: self.append(1 - n, rivals)
        elif fault:
            setattr(faulty, fault, AutoReconnect("cut"))
        stored = self.processes[n].log.append_chain(wanted)
        if fault == "meanwhile" and stream == rivals:
            assert not stored.commits
            assert isinstance(stored.error, VersionConflict)
        else:
            assert [c.command_id for c in stored.commits] == [w.command_id for w in wanted]
            self.model += [(stream, w.version, w.command_id) for w in wanted]

    @rule(target=commands, n=PROCESSES, stream=STREAMS, rivals=STREAMS)
    def command_beside_a_rival(self, n: int, stream: str, rivals: str) -> tuple[str, str]:
        """It is decided anew over what the other process has stored."""
        self.processes[n].faulty.meanwhile = lambda: self.handled(1 - n, (rivals, new_id()))
        return self.command(n, stream)

    @rule(target=commands, n=PROCESSES, stream=STREAMS)
    def command(self, n: int, stream: str) -> tuple[str, str]:
        """One more."""
        wish = stream, new_id()
        self.handled(n, wish)
        return wish

    @rule(n=PROCESSES, wish=commands)
    def command_again(self, n: int, wish: tuple[str, str]) -> None:
        """Once only, at whichever process."""
        assert self.handle(n, wish).replayed

    @rule(target=commands, n=PROCESSES, stream=STREAMS, after=st.booleans())
    def die_in_command(self, n: int, stream: str, after: bool) -> tuple[str, str]:
        """A process dies around the insert; its client asks the other one again."""
        wish = stream, new_id()
        setattr(self.processes[n].faulty, "after" if after else "before", Died())
        with pytest.raises(Died):
            self.handle(n, wish)
        self.die(n)
        if after:
            self.model.append((stream, self.last(stream) + 1, wish[1]))
            assert self.handle(1 - n, wish).replayed
        else:
            self.handled(1 - n, wish)
        return wish

    @rule(n=PROCESSES)
    def die(self, n: int) -> None:
        """Between two steps."""
        self.processes[n] = Process(self.db, self.broker)

    @rule(position=st.integers(0, 30), limit=st.integers(1, 9), n=PROCESSES)
    def read_on(self, position: int, limit: int, n: int) -> None:
        """A slice of the list, perhaps not all of it, but nothing only at the end."""
        commits = self.processes[n].log.read_on(position, limit)
        found = [(c.stream, c.version, c.command_id) for c in commits]
        there = self.model[position : position + limit]
        assert found == there[: len(found)]
        assert bool(found) == bool(there)

    @rule(stream=STREAMS, n=PROCESSES)
    def read_stream(self, stream: str, n: int) -> None:
        """The list's entries of one stream."""
        found = [
            (c.stream, c.version, c.command_id) for c in self.processes[n].log.read_stream(stream)
        ]
        assert found == [entry for entry in self.model if entry[0] == stream]
        assert self.processes[n].commands.state(COUNT, stream[6:]).state == len(found)

    @rule(n=PROCESSES)
    def take_the_lead(self, n: int) -> None:
        """Under a new fence; the other one does not know."""
        self.fence += 1
        self.processes[n].fence = self.fence

    @rule(n=PROCESSES, fault=st.sampled_from(["", "before", "after"]))
    def relay(self, n: int, fault: str) -> None:
        """One step, perhaps with a broker that dies before or after it took the messages.

        Also by who leads no more: once a later leader has been here it moves nothing.
        """
        stood, mine = self.stands(), self.processes[n].fence
        if fault:
            setattr(self.broker, fault, True)
        with suppress(Died, Unavailable):
            done = self.processes[n].relay.step(mine)
            assert self.puts_off or self.stands().position - stood.position == done
        assert mine >= stood.fence or self.stands() == stood
        self.broker.before = self.broker.after = False

    @rule(n=PROCESSES, stream=STREAMS, more=st.integers(0, 3))
    def relay_late(self, n: int, stream: str, more: int) -> None:
        """It stands still while it publishes; meanwhile the other takes over, and the log grows.

        Awake, it moves nothing: neither with what it has in hand, nor when it looks anew; and
        the dates that the other has set stay set.
        """
        left: list[Stands] = []
        self.broker.meanwhile = lambda: left.append(self.grown_and_relayed(1 - n, stream, more))
        done = self.processes[n].relay.step(self.processes[n].fence)
        self.broker.meanwhile = None
        if left:
            self.dates_stand()
            self.append(n, stream)
            again = self.processes[n].relay.step(self.processes[n].fence)
            assert self.stands() == left[0]
            assert self.puts_off or (done, again) == (0, 0)

    @rule(n=PROCESSES, stream=STREAMS, more=st.integers(0, 3))
    def relay_beside_a_late_one(self, n: int, stream: str, more: int) -> None:
        """It has just taken over when the one before wakes, and goes on for a step.

        Where that one has brought the checkpoint to, there it does not come back from.
        """
        self.take_the_lead(n)
        late = self.processes[1 - n]
        left = [self.stands()]

        def wake() -> None:
            for _ in range(more):
                self.append(1 - n, stream)
            late.relay.step(late.fence)
            left.append(self.stands())

        self.broker.meanwhile = wake
        self.processes[n].relay.step(self.fence)
        self.broker.meanwhile = None
        assert self.stands().position >= left[-1].position

    @invariant()
    def told_in_order(self) -> None:
        """Repeats aside, the world has heard a beginning of the list, in its order."""
        told = list(dict.fromkeys(self.broker.taken))
        assert told == self.to_tell()[: len(told)]

    @invariant()
    def checkpoint_only_moves_on(self) -> None:
        """And never past what the world has not heard."""
        before, self.stood = self.stood, self.stands()
        assert self.stood.position >= before.position
        assert self.stood.fence >= before.fence
        assert set(self.to_tell(self.stood.position)) <= set(self.broker.taken)

    def teardown(self) -> None:
        """In the end all is there, chained, and told, and every date is set that has a point.

        A late leader may have set one again that was dropped: whether it has a point is for the
        decider to judge.
        """
        assert self.grown_and_relayed(0, "", 0).position == len(self.model)
        commits = everything(self.processes[0].log)
        assert [(c.stream, c.version, c.command_id) for c in commits] == self.model
        check_chain(commits)
        assert list(dict.fromkeys(self.broker.taken)) == self.to_tell()
        self.dates_stand()

    def dates_stand(self) -> None:
        """Every date that has a point is set, by the fact that has set it last."""
        due = {date.stream: date.sequence for date in Deadlines(self.db).due(NOON)}
        assert self.dates().items() <= due.items()

    def stands(self) -> Stands:
        found = self.db["deadlines"].find_one({"_id": "_checkpoint"})
        return Stands(found["position"], found["fence"]) if found else Stands(0, 0)

    def grown_and_relayed(self, n: int, stream: str, more: int) -> Stands:
        """Have a process append, take the lead, and relay all there is."""
        for _ in range(more):
            self.append(n, stream)
        self.take_the_lead(n)
        while self.processes[n].relay.step(self.fence):
            pass
        return self.stands()

    def handle(self, n: int, wish: tuple[str, str]) -> Any:
        stream, command_id = wish
        key = stream.removeprefix("count-")
        return self.processes[n].commands.handle(COUNT, key, Note(), meta(command_id=command_id))  # type: ignore[arg-type]

    def handled(self, n: int, wish: tuple[str, str]) -> None:
        outcome = self.handle(n, wish)
        assert not outcome.replayed
        self.model.append((wish[0], outcome.version, wish[1]))

    def last(self, stream: str) -> int:
        return sum(entry[0] == stream for entry in self.model)

    def dates(self) -> dict[str, int]:
        """By stream: which version has set the date that is to fire."""
        dates: dict[str, int] = {}
        for stream, version, _ in self.model:
            if version % 3:
                dates[stream] = version
            else:
                del dates[stream]
        return dates

    def to_tell(self, position: int | None = None) -> list[str]:
        """The ids of the events that are published, as the log has them, up to a position."""
        commits = everything(self.processes[0].log)[:position]
        events = [e for c in commits for e in c.events]
        return [e["event_id"] for e in events if e["data"]["message_id"] != "2"]

    @staticmethod
    def event() -> dict[str, Any]:
        """Make one as the codec stores it."""
        return {
            "event_id": new_id(),
            "type": "noted",
            "schema_version": 1,
            "occurred_at": NOON,
            "data": {"message_id": "by hand"},
        }


@pytest.mark.parametrize("save_s", [0.0, 3600.0], ids=["saves at once", "puts off saving"])
def test_log_is_a_list(db, monkeypatch, save_s):
    """Whatever happens in whichever order; snapshots are kept all the time."""
    monkeypatch.setattr(state_cache, "EVERY", 3)
    monkeypatch.setattr(relays, "SAVE_S", save_s)

    class Machine(LogMachine):
        puts_off = save_s > 0

        @staticmethod
        def database() -> Db:
            """Each history begins with nothing."""
            for name in db.list_collection_names():
                db[name].drop()
            return db

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
