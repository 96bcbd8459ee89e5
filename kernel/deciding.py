"""Commands about one stream: decided one on the other, stored together, again where that failed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from contracts.errors import Code, Rejected, StreamUnavailable, Unavailable
from kernel.aggregate import Aggregate, Command, Meta, Outcome
from kernel.clock import jitter, pause
from kernel.commit import Commit, Draft, VersionConflict
from kernel.database import AWAY
from kernel.drafting import Drafting
from kernel.event_log import Log
from kernel.facts import Fact
from kernel.line import Place
from kernel.snapshots import Folded
from kernel.state_cache import StateCache, after

S = TypeVar("S")

TOGETHER = 25
"""So many commands are decided and stored together: a process has other things to do, too."""

TRIES = 40
"""A command whose line loses its version this often in a row is answered "unavailable". That takes
more than a second: a rival process goes through its whole line first, fifty commands on a busy day.
"""


@dataclass(eq=False)
class Asked(Place, Generic[S]):
    """A command in the line, and what it came to."""

    command: Command
    meta: Meta
    outcome: Outcome[S] | None = None
    anew: bool = False  # to be decided on what the log has now
    lost: int = 0  # so often in a row its line's version went to another process

    def answer(self, outcome: Outcome[S]) -> None:
        """Let its thread go with an outcome."""
        self.outcome = outcome
        self.settle()

    def lose(self, stream: str) -> None:
        """Take in that another process was faster."""
        self.lost += 1
        if self.lost == TRIES:
            self.refuse(StreamUnavailable(f"{stream} is busy"))


class Decided(NamedTuple):
    """A decision on its way to the log."""

    asked: Asked[Any]
    draft: Draft
    facts: list[Fact]
    after: Folded[Any]  # the stream, once it is stored


class Deciding(Generic[S]):
    """Decides for all who stand in the line of one stream.

    The state one process has kept may be behind another's: good enough to try an append with (a
    lost version tells), and so is the state a decision leaves that is not stored yet. Neither is
    good enough to refuse: who is refused on one is decided again, on what the log has then.
    """

    def __init__(
        self, aggregate: Aggregate[S], stream: str, log: Log, states: StateCache, drafts: Drafting
    ) -> None:
        self._aggregate = aggregate
        self._stream = stream
        self._log = log
        self._states = states
        self._drafts = drafts

    def settle(self, group: Sequence[Asked[S]]) -> None:
        """Answer or refuse some of a group, at least one in the end, or raise `Unavailable`."""
        try:
            self._settle(group)
        except AWAY as error:
            raise Unavailable(f"database: {type(error).__name__}") from error

    def _settle(self, group: Sequence[Asked[S]]) -> None:
        """Go through it once: who is not settled then stands first in the line, and may lead."""
        anew = any(asked.anew for asked in group)
        warm = None if anew else self._states.known(self._stream)
        folded = warm or self._states.caught_up(self._aggregate, self._stream)
        lost = max(asked.lost for asked in group)
        fewer = group[: max(1, TOGETHER >> lost)]  # the longer it takes, the sooner it is late
        for asked in group:
            asked.anew = True  # if there is another time
        try:
            self._store(self._decide_all(fewer, folded, in_log=not warm))
        except VersionConflict:
            for asked in group:  # also who was left out to be faster: else each took its own tries
                asked.lose(self._stream)
            pause(jitter(0.01 * min(lost + 1, 6)))
        else:
            for asked in group:
                asked.lost = 0

    def _decide_all(
        self, left: Sequence[Asked[S]], folded: Folded[S], in_log: bool
    ) -> list[Decided]:
        """Decide each on the state the one before leaves; return what has come to events."""
        chain: list[Decided] = []
        for asked in left:
            if any(asked.meta.command_id == d.draft.command_id for d in chain):
                continue  # the same at once: answered from the log when the first is there
            certain = in_log and not chain
            try:
                if events := self._decide(asked, folded, certain):
                    chain.append(self._decided(asked, folded, events))
                    folded = chain[-1].after
            except AWAY:
                raise
            except Exception as error:  # a refusal or a fault, and this command's alone
                if certain:
                    asked.refuse(error)
        return chain

    def _decide(self, asked: Asked[S], folded: Folded[S], certain: bool) -> list[Any]:
        """Return the events of a command; if the state is certain, none means it is settled."""
        meta = asked.meta
        if folded.may_know(meta.command_id):
            if not certain:
                return []
            if earlier := self._earlier(folded, meta.command_id):
                asked.answer(self._replayed(earlier, folded, meta))
                return []
        if meta.expected_version not in (None, folded.version):
            raise Rejected(Code.VERSION_MISMATCH, f"It is at version {folded.version} now.")
        events = self._aggregate.decide(asked.command, folded.state)
        if certain and not events:
            asked.answer(Outcome(folded.state, folded.version, (), False))
        return events

    def _decided(self, asked: Asked[S], folded: Folded[S], events: list[Any]) -> Decided:
        draft = self._drafts.draft(
            self._stream, folded.version, events, asked.command.now, asked.meta
        )
        facts = self._drafts.facts(draft)
        return Decided(asked, draft, facts, after(self._aggregate, folded, draft, facts))

    def _store(self, chain: list[Decided]) -> None:
        """Store decisions and answer who asked for them; raise what stopped the first that is not.

        A commit in our place that another process stored for the same command answers nobody yet.
        """
        if not chain:
            return
        stored = self._log.append_chain([d.draft for d in chain])
        ours = [c for d, c in zip(chain, stored.commits, strict=False) if c.holds(d.draft)]
        if ours:
            self._states.add(self._aggregate, chain[len(ours) - 1].after, ours)
        for decided, commit in zip(chain, ours, strict=False):
            facts = tuple(replace(f, position=commit.position) for f in decided.facts)
            at = decided.after
            decided.asked.answer(Outcome(at.state, at.version, facts, False))
        if stored.error:
            raise stored.error

    def _earlier(self, folded: Folded[S], command_id: str) -> Commit | None:
        """Return what this command came to when it was handled before."""
        if (version := folded.commands.get(command_id)) is None:
            return self._log.find_command(self._stream, command_id)
        if commit := self._log.find(self._stream, version):
            return commit
        raise StreamUnavailable(f"{self._stream} cannot be read back")

    def _replayed(self, commit: Commit, folded: Folded[S], meta: Meta) -> Outcome[S]:
        if not self._drafts.same_request(commit, meta):
            raise Rejected(
                Code.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key belongs to another request."
            )
        return Outcome(folded.state, folded.version, tuple(self._drafts.facts(commit)), True)
