"""States kept warm: a command on a stream this process knows reads nothing."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeVar

from contracts.errors import StreamUnavailable
from kernel.aggregate import Aggregate
from kernel.codec import EventTypes, UnknownEvent
from kernel.commit import Commit, Draft
from kernel.event_log import Log
from kernel.facts import Fact, facts_of
from kernel.shape import shape_of
from kernel.snapshots import EVERY, Folded, Snapshots

S = TypeVar("S")

STREAMS = 5_000
"""So many streams are kept; who was not asked for longest goes first."""


class StateCache:
    """The folded streams of one service in one process, over its snapshots and its log."""

    def __init__(self, log: Log, types: EventTypes, snapshots: Snapshots | None = None) -> None:
        self._log = log
        self._types = types
        self._snapshots = snapshots
        self._shapes: dict[str, str] = {}
        self._warm: OrderedDict[str, Folded[Any]] = OrderedDict()

    def known(self, stream: str) -> Folded[Any] | None:
        """Return a stream as this process saw it last: other processes may have gone on."""
        return self._warm.get(stream)

    def caught_up(self, aggregate: Aggregate[S], stream: str) -> Folded[S]:
        """Return a stream as the log has it now.

        Raises `StreamUnavailable` when it holds an event of a newer release than this process.
        """
        folded = self._warm.get(stream) or self._snapshot(aggregate, stream)
        commits = self._log.read_stream(stream, after=folded.version)
        return self._take_in(aggregate, stream, folded, commits)

    def warm_up(self, aggregate: Aggregate[Any], streams: Iterable[str]) -> None:
        """Read those that are not known yet, all at once: for short streams, a few dozen."""
        cold = [stream for stream in streams if stream not in self._warm]
        for stream, commits in groupby(self._log.read_streams(cold), lambda c: c.stream):
            self._take_in(aggregate, stream, Folded(aggregate.initial()), commits)

    def _take_in(
        self, aggregate: Aggregate[S], stream: str, folded: Folded[S], commits: Iterable[Commit]
    ) -> Folded[S]:
        try:
            for commit in commits:
                folded = after(aggregate, folded, commit, facts_of(commit, self._types))
                folded.commands[commit.command_id] = commit.version
        except UnknownEvent as error:
            raise StreamUnavailable(f"{stream} is newer than this process: {error}") from error
        if folded.version:
            self._keep(aggregate, stream, folded)
        return folded

    def add(self, aggregate: Aggregate[S], folded: Folded[S], commits: Sequence[Commit]) -> None:
        """Keep a stream as it is after commits just stored, the last of which `folded` is at."""
        folded.commands.update((c.command_id, c.version) for c in commits)
        self._keep(aggregate, commits[-1].stream, folded)

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
            folded = folded.to_keep()
            self._snapshots.keep(stream, self._shape(aggregate), folded)
        known = self._warm.get(stream)
        if known is None or known.version < folded.version:
            self._warm[stream] = folded
        self._warm.move_to_end(stream)
        if len(self._warm) > STREAMS:
            self._warm.popitem(last=False)


def after(
    aggregate: Aggregate[S], folded: Folded[S], draft: Draft, facts: Iterable[Fact]
) -> Folded[S]:
    """Return the stream after one more decision, be it stored or not."""
    state = folded.state
    for fact in facts:
        state = aggregate.evolve(state, fact)
    return replace(folded, state=state, version=draft.last)
