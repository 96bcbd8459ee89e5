"""From a command to a commit: fold the stream, decide, append; again when somebody was faster."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from contracts.errors import StreamUnavailable
from kernel.aggregate import Aggregate, Command, Meta, Outcome
from kernel.codec import EventTypes
from kernel.database import AWAY
from kernel.deciding import TOGETHER, Asked, Deciding
from kernel.drafting import Drafting
from kernel.event_log import Log
from kernel.line import Line
from kernel.snapshots import Snapshots
from kernel.state_cache import StateCache
from kernel.vault import Vault

S = TypeVar("S")


class CommandHandler:
    """Handles commands of one service; one instance a process."""

    def __init__(
        self, log: Log, types: EventTypes, vault: Vault, snapshots: Snapshots | None = None
    ) -> None:
        self._log = log
        self._states = StateCache(log, types, snapshots)
        self._drafts = Drafting(types, vault)
        self._lines: WeakValueDictionary[str, Line[Asked[Any]]] = WeakValueDictionary()

    def handle(self, aggregate: Aggregate[S], key: str, command: Command, meta: Meta) -> Outcome[S]:
        """Decide and store; the same `command_id` twice is one commit and one outcome.

        Raises `Rejected` (the rules, a stale `expected_version`, a command id used again for
        another request) and `Unavailable` (the database is away, rivals won every try, or the
        stream holds an event of a newer release than this process).
        """
        stream = aggregate.stream(key)
        # Who wants the same stream in the same process stands in line; only processes compete.
        line = self._lines.get(stream)
        if line is None:
            line = self._lines.setdefault(stream, Line(TOGETHER))
        asked = Asked[S](command, meta)
        line.stand(asked, Deciding(aggregate, stream, self._log, self._states, self._drafts).settle)
        asked.check()
        if asked.outcome is None:
            raise AssertionError("settled without an outcome")
        return asked.outcome

    def warm_up(self, aggregate: Aggregate[Any], keys: Iterable[str]) -> None:
        """Have short streams at hand for commands that follow, for the price of one question."""
        with suppress(StreamUnavailable, *AWAY):  # the commands themselves say so
            self._states.warm_up(aggregate, map(aggregate.stream, keys))

    def glance(self, aggregate: Aggregate[S], key: str) -> S:
        """Return the state as this process saw it last: good for what never changes in it."""
        warm = self._states.known(aggregate.stream(key))
        return warm.state if warm else self.state(aggregate, key).state

    def state(self, aggregate: Aggregate[S], key: str) -> Outcome[S]:
        """Return the state as the log has it now; version 0 when nothing ever happened."""
        folded = self._states.caught_up(aggregate, aggregate.stream(key))
        return Outcome(folded.state, folded.version, (), False)
