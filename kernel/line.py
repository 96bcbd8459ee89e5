"""A line of threads with the same kind of wish, where one carries what all want.

Whoever comes first leads: it carries group after group until its own wish is settled, and hands
the lead to who then stands first. No thread of its own, no timer, no waiting for company: a lone
wish is carried at once, and a group is whatever came while the one before was on its way
(docs/adr/0012-group-commit.md).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

from contracts.errors import Unavailable


@dataclass(eq=False, kw_only=True)
class Place:
    """A place in the line; its subclass says what is wanted, and what came of it."""

    settled: bool = False  # its thread can go
    error: Exception | None = None
    called: Event = field(default_factory=Event)  # it is settled, or leads
    leads: bool = False

    def refuse(self, error: Exception) -> None:
        """Let its thread go with an error."""
        self.error, self.settled = error, True


P = TypeVar("P", bound=Place)


class Line(Generic[P]):
    """The line; `carry(group)` settles those it can, the others stand first in the next group."""

    def __init__(self, carry: Callable[[list[P]], None], most: int) -> None:
        """`most`: so many are carried together."""
        self._carry = carry
        self._most = most
        self._places: deque[P] = deque()
        self._led = False
        self._guard = Lock()

    def stand(self, mine: P) -> None:
        """Return when it is settled."""
        try:
            if not self._join(mine):
                mine.called.wait()
            while not mine.settled:  # we lead
                self._carry_next()
        finally:  # also when this thread is ended: nobody may wait for one that has left
            if mine.leads or not mine.settled:
                self._leave(mine)

    def _join(self, mine: P) -> bool:
        """Return whether there is nobody else to carry it."""
        with self._guard:
            self._places.append(mine)
            if not self._led:
                self._led = mine.leads = True
            return mine.leads

    def _leave(self, mine: P) -> None:
        with self._guard:
            if not mine.settled:
                mine.refuse(Unavailable("its thread was ended"))
            if mine.leads:
                mine.leads = self._led = False
                if following := next((p for p in self._places if not p.settled), None):
                    following.leads = self._led = True
                    following.called.set()

    def _carry_next(self) -> None:
        group: list[P] = []
        while self._places and len(group) < self._most:
            place = self._places.popleft()
            if not place.settled:  # else its thread was ended
                group.append(place)
        try:
            self._try(group)
        finally:
            self._places.extendleft(reversed([p for p in group if not p.settled]))
            for place in group:
                if place.settled:
                    place.called.set()

    def _try(self, group: list[P]) -> None:
        try:
            self._carry(group)
        except Exception as error:
            left = [p for p in group if not p.settled]
            nobodys = isinstance(error, Unavailable)
            for place in left:
                if nobodys or len(group) == 1:
                    place.refuse(error)
                else:  # one of them cannot be carried: find out which
                    self._try([place])
