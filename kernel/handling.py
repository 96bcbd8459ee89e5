"""From a command to a commit: fold the stream, decide, append; again when somebody was faster."""

from datetime import datetime
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from contracts.errors import Code, Rejected, StreamUnavailable
from kernel.aggregate import Aggregate, Command, Meta, Outcome
from kernel.clock import derive_id, jitter, pause
from kernel.codec import EventTypes
from kernel.commit import Commit, Draft, VersionConflict
from kernel.event_log import Log
from kernel.facts import facts_of
from kernel.snapshots import Folded, Snapshots
from kernel.state_cache import StateCache
from kernel.vault import Vault

S = TypeVar("S")

TRIES = 40
"""A command that loses its version this often in a row is answered "unavailable". That takes more
than a second: a rival process goes through its whole line first, fifty commands on a busy day."""


class CommandHandler:
    """Handles commands of one service; one instance a process."""

    def __init__(
        self, log: Log, types: EventTypes, vault: Vault, snapshots: Snapshots | None = None
    ) -> None:
        self._log = log
        self._types = types
        self._vault = vault
        self._states = StateCache(log, types, snapshots)
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
        warm = self._states.known(aggregate.stream(key))
        return warm.state if warm else self.state(aggregate, key).state

    def _handle(
        self, aggregate: Aggregate[S], stream: str, command: Command, meta: Meta
    ) -> Outcome[S]:
        for attempt in range(TRIES):
            # A warm state may be behind another process: good enough to try an append with
            # (a lost version tells), never good enough to refuse or to decide nothing.
            warm: Folded[S] | None = None if attempt else self._states.known(stream)
            events = self._tentative(aggregate, warm, command, meta) if warm else []
            folded = warm if warm and events else self._states.caught_up(aggregate, stream)
            if not events:
                if earlier := self._earlier(stream, folded, meta.command_id):
                    return self._replay(earlier, folded, meta)
                _check_version(meta, folded.version)
                events = aggregate.decide(command, folded.state)
            if not events:
                return Outcome(folded.state, folded.version, (), False)
            try:
                draft = self._draft(stream, folded.version, events, command.now, meta)
                commit = self._log.append(draft)
            except VersionConflict:
                pause(jitter(0.01 * min(attempt + 1, 6)))
                continue
            if not commit.holds(draft):  # another process had stored this command already
                return self._replay(commit, self._states.caught_up(aggregate, stream), meta)
            facts = tuple(facts_of(commit, self._types))
            after = self._states.add(aggregate, folded, commit, facts)
            return Outcome(after.state, after.version, facts, False)
        raise StreamUnavailable(f"{stream} is busy")

    def state(self, aggregate: Aggregate[S], key: str) -> Outcome[S]:
        """Return the state as the log has it now; version 0 when nothing ever happened."""
        folded = self._states.caught_up(aggregate, aggregate.stream(key))
        return Outcome(folded.state, folded.version, (), False)

    def _tentative(
        self, aggregate: Aggregate[S], warm: Folded[S], command: Command, meta: Meta
    ) -> list[Any]:
        """Decide on a state that may be behind; nothing unless it comes to events."""
        if warm.may_know(meta.command_id) or meta.expected_version not in (None, warm.version):
            return []
        try:
            return aggregate.decide(command, warm.state)
        except Rejected:
            return []

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

    def _earlier(self, stream: str, folded: Folded[S], command_id: str) -> Commit | None:
        """Return what this command came to when it was handled before."""
        if not folded.may_know(command_id):
            return None
        if (version := folded.commands.get(command_id)) is None:
            return self._log.find_command(stream, command_id)
        if commit := self._log.find(stream, version):
            return commit
        raise StreamUnavailable(f"{stream} cannot be read back")

    def _replay(self, commit: Commit, folded: Folded[S], meta: Meta) -> Outcome[S]:
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
