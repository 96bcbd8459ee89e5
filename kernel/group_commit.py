"""Group commit: what the threads of a process append at the same time travels together.

All stand in one line, and whoever comes to the front carries a whole group in one insert; each
caller gets its own result (docs/adr/0012-group-commit.md).
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from contracts.errors import Unavailable
from kernel.clock import jitter, monotonic, pause
from kernel.commit import Commit, Draft
from kernel.database import AWAY

SETTLE_S = 5.0
"""How long an append keeps asking whether it happened when its connection was lost."""

GROUP = 100
"""So many commits travel in one insert at most."""


@dataclass(eq=False)
class Waiting:
    """A draft in the line, and what became of it."""

    draft: Draft
    give_up: float
    commit: Commit | None = None
    error: Exception | None = None

    @property
    def settled(self) -> bool:
        """Tell whether its caller can be answered."""
        return self.commit is not None or self.error is not None


class GroupCommit:
    """The line; `insert(group)` settles those it can, and may raise what is in `AWAY`."""

    def __init__(self, insert: Callable[[list[Waiting]], None]) -> None:
        self._insert = insert
        self._line: deque[Waiting] = deque()
        self._tail = Lock()

    def append(self, draft: Draft) -> Commit:
        """Return what became of a draft, or raise; see `kernel.event_log.Log`."""
        mine = Waiting(draft, monotonic() + SETTLE_S)
        self._line.append(mine)
        try:
            while not mine.settled:
                with self._tail:  # writers of one process do not race for a position
                    if not mine.settled:  # nobody before us has carried it
                        self._carry(self._next_group())
        except BaseException:  # ended while it waits: its draft is not left to others
            with suppress(ValueError):
                self._line.remove(mine)
            raise
        if mine.commit is None:
            raise mine.error or AssertionError("settled without a result")
        return mine.commit

    def _next_group(self) -> list[Waiting]:
        """Take what stands first in the line, one draft a stream: fair, and independent."""
        group: dict[str, Waiting] = {}
        later: list[Waiting] = []
        while self._line and len(group) < GROUP:
            waiting = self._line.popleft()
            if waiting.draft.stream in group:
                later.append(waiting)
            else:
                group[waiting.draft.stream] = waiting
        self._line.extendleft(reversed(later))
        return list(group.values())

    def _carry(self, group: list[Waiting]) -> None:
        """Insert a group; who is not settled then stands in line again, at the front."""
        try:
            self._insert(group)
            _give_up(group, "the log is busy")
        except AWAY as error:  # outcome unknown: insert again, by the same ids
            _give_up(group, "the database is away", error)
            pause(jitter(0.2))
        except Exception as error:  # one of them cannot be stored: find out which
            if len(group) == 1:
                group[0].error = error
            else:
                for waiting in group:
                    self._carry([waiting])
                group = []
        finally:
            self._line.extendleft(reversed([w for w in group if not w.settled]))


def _give_up(group: list[Waiting], why: str, cause: Exception | None = None) -> None:
    """Tell those whose time is over."""
    for waiting in group:
        if not waiting.settled and monotonic() > waiting.give_up:
            waiting.error = Unavailable(why)
            waiting.error.__cause__ = cause
