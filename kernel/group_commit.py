"""Group commit: what the threads of a process append at the same time travels in one insert.

Each caller gets its own result (docs/adr/0012-group-commit.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contracts.errors import Unavailable
from kernel.clock import jitter, monotonic, pause
from kernel.commit import Commit, Draft, Stored
from kernel.database import AWAY
from kernel.line import Line, Place

SETTLE_S = 5.0
"""How long an append keeps asking whether it happened when its connection was lost."""

GROUP = 100
"""So many commits travel in one insert, if not one chain alone has more."""


@dataclass(eq=False)
class Chain(Place):
    """Decisions about one stream, each made on the one before, and those that are stored."""

    drafts: Sequence[Draft]
    give_up: float
    commits: list[Commit] = field(default_factory=list)

    def left(self) -> Sequence[Draft]:
        """Return what is still to be stored."""
        return self.drafts[len(self.commits) :]

    @property
    def weight(self) -> int:
        return len(self.left())

    def store(self, commit: Commit) -> None:
        """Take in that the next of them is stored."""
        self.commits.append(commit)
        if not self.left():
            self.settle()


class GroupCommit:
    """The line; `insert(group)` settles those it can, and may raise what is in `AWAY`."""

    def __init__(self, insert: Callable[[list[Chain]], None]) -> None:
        self._insert = insert
        self._line = Line[Chain](GROUP)

    def append(self, drafts: Sequence[Draft]) -> Stored:
        """Return what became of the decisions of one caller; see `kernel.event_log.Log`."""
        mine = Chain(drafts, monotonic() + SETTLE_S)
        self._line.stand(mine, self._carry)
        return Stored(mine.commits, mine.error)

    def _carry(self, group: list[Chain]) -> None:
        """Insert a group; who is not settled then stands in line again, at the front."""
        try:
            self._insert(group)
            _give_up(group, "the log is busy")
        except AWAY as error:  # outcome unknown: insert again, by the same ids
            _give_up(group, "the database is away", error)
            pause(jitter(0.2))


def _give_up(group: list[Chain], why: str, cause: Exception | None = None) -> None:
    """Tell those whose time is over."""
    for chain in group:
        if not chain.settled and monotonic() > chain.give_up:
            error = Unavailable(why)
            error.__cause__ = cause
            chain.refuse(error)
