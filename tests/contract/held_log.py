"""A log whose line one can watch."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

from kernel.clock import monotonic
from kernel.commit import Commit, Draft
from kernel.database import Db
from kernel.event_log import EventLog
from kernel.group_commit import Chain
from tests.contract.log_contract import draft
from tests.support import eventually


class Ended(BaseException):
    """How a thread is told to end, as eventlet does."""


class EndedWhileWaiting(Event):
    """Whoever waits for it is ended."""

    def wait(self, timeout: float | None = None) -> bool:
        raise Ended


class Held(EventLog):
    """Its first insert waits until let go, so that others line up behind it."""

    def __init__(self, db: Db) -> None:
        super().__init__(db)
        self.carrying = Event()
        self.let_go = Event()
        self.inserts: list[list[str]] = []
        """The streams of what each insert carried."""
        self.before_next: Callable[[], object] | None = None
        """What another process does right before the insert after the held one."""

    def _insert(self, group: list[Chain]) -> None:
        if self.carrying.is_set() and self.let_go.is_set() and (rival := self.before_next):
            self.before_next = None
            rival()
        self.carrying.set()
        self.let_go.wait(10)
        self.inserts.append([d.stream for chain in group for d in chain.left()])
        super()._insert(group)

    def append_now(self, wanted: Draft) -> Commit:
        """Append without being held."""
        self.let_go.set()
        return self.append(wanted)

    def append_together(self, *drafts: Draft) -> list[Any]:
        """Have them travel in one group; return their outcomes."""
        group = [Chain([each], monotonic() + 5) for each in drafts]
        self.let_go.set()
        while unsettled := [chain for chain in group if not chain.settled]:
            self._line._carry(unsettled)
        return [chain.error or chain.commits[0] for chain in group]

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line._line._places)


def appended_behind(held: Held, drafts: list[Draft]) -> list[Any]:
    """Have the drafts line up, in this order, behind a first commit; return their outcomes."""
    with ThreadPoolExecutor(len(drafts) + 1) as pool:
        pool.submit(held.append, draft("first-1"))
        assert held.carrying.wait(5)
        appends: list[Future[Commit]] = []
        for n, wanted in enumerate(drafts, start=1):
            appends.append(pool.submit(held.append, wanted))
            eventually(lambda n=n: held.waiting == n)  # type: ignore[misc]
        held.let_go.set()
        return [append.exception() or append.result() for append in appends]
