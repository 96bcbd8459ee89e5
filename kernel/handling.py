"""From a command to a commit: fold the stream, decide, append; again when somebody was faster."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from contracts.errors import Code, Rejected, Unavailable
from kernel.clock import derive_id, jitter, pause
from kernel.codec import EventTypes, UnknownEvent
from kernel.commit import Commit, Draft, VersionConflict
from kernel.event_log import Log
from kernel.facts import Fact, facts_of
from kernel.shape import shape_of
from kernel.snapshots import EVERY, Folded, Snapshots
from kernel.vault import Vault

S = TypeVar("S")

TRIES = 12
"""A command that loses its version this often in a row is answered "unavailable"."""

CACHED_STREAMS = 5_000


class Command(Protocol):
    """What is asked; the time comes in with it."""

    @property
    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Aggregate(Generic[S]):
    """One kind of stream and its rules.

    `decide(command, state)` returns events or raises `Rejected`; `evolve(state, fact)` never
    refuses; `initial()` is the state before the first event. States are never altered in place.
    """

    category: str
    decide: Callable[[Any, S], list[Any]]
    evolve: Callable[[S, Fact], S]
    initial: Callable[[], S]

    def stream(self, key: str) -> str:
        """Return the name of one aggregate's stream."""
        return f"{self.category}-{key}"


@dataclass(frozen=True, kw_only=True)
class Meta:
    """Who asks, and under which ids; see `contracts/caller.py`."""

    actor_kind: str
    actor_id: str
    office: str
    command_id: str
    correlation_id: str
    causation_id: str
    request_hash: str | None = None
    expected_version: int | None = None

    def caused(self, command_id: str) -> "Meta":
        """Return the origin of a further command that serves this one."""
        return replace(
            self,
            command_id=command_id,
            causation_id=self.command_id,
            request_hash=None,
            expected_version=None,
        )


@dataclass(frozen=True)
class Outcome(Generic[S]):
    """What a command came to: the state and version after it, and its facts.

    `replayed`: this command had been handled before; `facts` are those of then.
    """

    state: S
    version: int
    facts: tuple[Fact, ...]
    replayed: bool


class CommandHandler:
    """Handles commands of one service; one instance a process."""

    def __init__(
        self, log: Log, types: EventTypes, vault: Vault, snapshots: Snapshots | None = None
    ) -> None:
        self._log = log
        self._types = types
        self._vault = vault
        self._snapshots = snapshots
        self._shapes: dict[str, str] = {}
        self._warm: OrderedDict[str, Folded[Any]] = OrderedDict()
        self._turns: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def handle(self, aggregate: Aggregate[S], key: str, command: Command, meta: Meta) -> Outcome[S]:
        """Decide and store; the same `command_id` twice is one commit and one outcome.

        Raises `Rejected` (the rules, a stale `expected_version`, a command id used again for
        another request) and `Unavailable` (the database is away, rivals won every try, or the
        stream holds an event of a newer release than this process).
        """
        stream = aggregate.stream(key)
        # Who wants the same stream in the same process takes turns; only processes compete.
        with self._turns.setdefault(stream, Lock()):
            return self._handle(aggregate, stream, command, meta)

    def glance(self, aggregate: Aggregate[S], key: str) -> S:
        """Return the state as this process saw it last: good for what never changes in it."""
        warm = self._warm.get(aggregate.stream(key))
        return warm.state if warm else self.state(aggregate, key).state

    def _handle(
        self, aggregate: Aggregate[S], stream: str, command: Command, meta: Meta
    ) -> Outcome[S]:
        for attempt in range(TRIES):
            # A warm state may be behind another process: good enough to try an append with
            # (a lost version tells), never good enough to refuse or to decide nothing.
            warm: Folded[S] | None = None if attempt else self._warm.get(stream)
            events = self._tentative(aggregate, warm, command, meta) if warm else []
            folded = warm if warm and events else self._caught_up(aggregate, stream)
            if not events:
                if meta.command_id in folded.commands:
                    return self._replay(stream, folded, meta)
                _check_version(meta, folded.version)
                events = aggregate.decide(command, folded.state)
            if not events:
                return Outcome(folded.state, folded.version, (), False)
            try:
                draft = self._draft(stream, folded.version, events, command.now, meta)
                commit = self._log.append(draft)
            except VersionConflict:
                pause(jitter(0.01 * (attempt + 1)))
                continue
            if not commit.holds(draft):  # another process had stored this command already
                return self._replay(stream, self._caught_up(aggregate, stream), meta)
            facts = tuple(facts_of(commit, self._types))
            after = _folded(aggregate, folded, commit, facts)
            self._keep(aggregate, stream, after)
            return Outcome(after.state, after.version, facts, False)
        raise Unavailable(f"{stream} is busy")

    def state(self, aggregate: Aggregate[S], key: str) -> Outcome[S]:
        """Return the state as the log has it now; version 0 when nothing ever happened."""
        folded = self._caught_up(aggregate, aggregate.stream(key))
        return Outcome(folded.state, folded.version, (), False)

    def _tentative(
        self, aggregate: Aggregate[S], warm: Folded[S], command: Command, meta: Meta
    ) -> list[Any]:
        """Decide on a state that may be behind; nothing unless it comes to events."""
        if meta.command_id in warm.commands or meta.expected_version not in (None, warm.version):
            return []
        try:
            return aggregate.decide(command, warm.state)
        except Rejected:
            return []

    def _caught_up(self, aggregate: Aggregate[S], stream: str) -> Folded[S]:
        known = self._warm.get(stream) or self._snapshot(aggregate, stream)
        folded = known
        try:
            for commit in self._log.read_stream(stream, after=known.version):
                folded = _folded(aggregate, folded, commit, facts_of(commit, self._types))
        except UnknownEvent as error:
            raise Unavailable(f"{stream} is newer than this process: {error}") from error
        if folded.version:
            self._keep(aggregate, stream, folded)
        return folded

    def _snapshot(self, aggregate: Aggregate[S], stream: str) -> Folded[S]:
        initial = aggregate.initial()
        kept = self._snapshots and self._snapshots.read(
            stream, self._shape(aggregate), type(initial)
        )
        return kept or Folded(initial)

    def _shape(self, aggregate: Aggregate[S]) -> str:
        """Return what a snapshot of this kind of stream depends on: all code it is folded by."""
        shape = self._shapes.get(aggregate.category)
        if shape is None:
            shape = shape_of(aggregate.evolve, aggregate.initial, *self._types.upcasters())
            self._shapes[aggregate.category] = shape
        return shape

    def _keep(self, aggregate: Aggregate[S], stream: str, folded: Folded[S]) -> None:
        if self._snapshots and folded.version - folded.kept >= EVERY:
            self._snapshots.keep(stream, self._shape(aggregate), folded)
            folded = replace(folded, kept=folded.version)
        known = self._warm.get(stream)
        if known is None or known.version < folded.version:
            self._warm[stream] = folded
        self._warm.move_to_end(stream)
        if len(self._warm) > CACHED_STREAMS:
            self._warm.popitem(last=False)

    def _draft(
        self, stream: str, version: int, events: list[Any], at: datetime, meta: Meta
    ) -> Draft:
        stored = tuple(
            self._types.encode(e, derive_id(stream, meta.command_id, str(i)), at, self._vault)
            for i, e in enumerate(events)
        )
        return Draft(
            stream=stream,
            version=version + 1,
            events=stored,
            recorded_at=at,
            office=meta.office,
            actor={"kind": meta.actor_kind, "id": meta.actor_id},
            command_id=meta.command_id,
            fingerprint=self._fingerprint(events, meta),
            correlation_id=meta.correlation_id,
            causation_id=meta.causation_id,
        )

    def _fingerprint(self, events: list[Any], meta: Meta) -> dict[str, str] | None:
        subject = next((s for e in events if (s := getattr(e, "subject_id", None))), None)
        if meta.request_hash is None:
            return None
        if subject is None:  # nothing personal in it
            return {"subject_id": "", "mac": meta.request_hash}
        mac = self._vault.fingerprint(subject, meta.request_hash)
        return {"subject_id": subject, "mac": mac} if mac else None

    def _replay(self, stream: str, folded: Folded[S], meta: Meta) -> Outcome[S]:
        first = folded.commands[meta.command_id]
        commit = self._log.read_stream(stream, after=first - 1)[0]
        if not self._same_request(commit, meta):
            raise Rejected(
                Code.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key belongs to another request."
            )
        facts = tuple(facts_of(commit, self._types))
        return Outcome(folded.state, folded.version, facts, True)

    def _same_request(self, commit: Commit, meta: Meta) -> bool:
        kept = commit.fingerprint
        if kept is None or meta.request_hash is None:
            return True
        if not kept["subject_id"]:
            return kept["mac"] == meta.request_hash
        mac = self._vault.fingerprint(kept["subject_id"], meta.request_hash)
        return mac is None or mac == kept["mac"]  # None: the person has been forgotten


def _check_version(meta: Meta, version: int) -> None:
    if meta.expected_version is not None and meta.expected_version != version:
        raise Rejected(Code.VERSION_MISMATCH, f"It is at version {version} now.")


def _folded(
    aggregate: Aggregate[S], folded: Folded[S], commit: Commit, facts: Iterable[Fact]
) -> Folded[S]:
    """Return the stream after one more commit."""
    state = folded.state
    for fact in facts:
        state = aggregate.evolve(state, fact)
    folded.commands[commit.command_id] = commit.version
    return Folded(state, commit.last, folded.commands, folded.kept)
