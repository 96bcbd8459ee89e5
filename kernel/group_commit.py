"""Group commit: what the threads of a process append at the same time travels together.

All stand in one line. Whoever comes first leads: it carries groups, each in one insert, until its
own draft is settled, and hands the lead to who then stands first. Each caller gets its own result
(docs/adr/0012-group-commit.md).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock

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
    called: Event = field(default_factory=Event)  # it is settled, or leads
    leads: bool = False

    @property
    def settled(self) -> bool:
        """Tell whether its caller can be answered."""
        return self.commit is not None or self.error is not None


class GroupCommit:
    """The line; `insert(group)` settles those it can, and may raise what is in `AWAY`."""

    def __init__(self, insert: Callable[[list[Waiting]], None]) -> None:
        self._insert = insert
        self._line: deque[Waiting] = deque()
        self._led = False
        self._guard = Lock()

    def append(self, draft: Draft) -> Commit:
        """Return what became of a draft, or raise; see `kernel.event_log.Log`."""
        mine = Waiting(draft, monotonic() + SETTLE_S)
        try:
            if not self._stand_in_line(mine):
                mine.called.wait()
            while not mine.settled:  # we lead
                self._carry(self._next_group())
        finally:  # also when this thread is ended: nobody may wait for one that has left
            if mine.leads or not mine.settled:
                self._leave(mine)
        if mine.commit is None:
            raise mine.error or AssertionError("settled without a result")
        return mine.commit

    def _stand_in_line(self, mine: Waiting) -> bool:
        """Return whether there is nobody else to carry it."""
        with self._guard:
            self._line.append(mine)
            if not self._led:
                self._led = mine.leads = True
            return mine.leads

    def _leave(self, mine: Waiting) -> None:
        with self._guard:
            if not mine.settled:
                mine.error = Unavailable("its thread was ended")
            if mine.leads:
                mine.leads = self._led = False
                if following := next((w for w in self._line if not w.settled), None):
                    following.leads = self._led = True
                    following.called.set()

    def _next_group(self) -> list[Waiting]:
        """Take what stands first in the line, one draft a stream: fair, and independent."""
        group: dict[str, Waiting] = {}
        later: list[Waiting] = []
        while self._line and len(group) < GROUP:
            waiting = self._line.popleft()
            if waiting.settled:  # its thread was ended
                continue
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
            for waiting in group:
                if waiting.settled:
                    waiting.called.set()


def _give_up(group: list[Waiting], why: str, cause: Exception | None = None) -> None:
    """Tell those whose time is over."""
    for waiting in group:
        if not waiting.settled and monotonic() > waiting.give_up:
            waiting.error = Unavailable(why)
            waiting.error.__cause__ = cause
