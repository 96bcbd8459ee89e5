"""A line of threads with the same kind of wish, where one carries what all want.

Whoever comes first leads: it carries group after group until its own wish is settled, and hands
the lead to who then stands first; the others go as soon as theirs is settled. No thread of its
own, no timer, no waiting for company: a lone wish is carried at once, and a group is whatever came
while the one before was on its way (docs/adr/0012-group-commit.md).
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

from contracts.errors import Unavailable


@dataclass(eq=False, kw_only=True)
class Place:
    """A place in the line; its subclass says what is wanted, and what came of it."""

    settled: bool = False  # once for all: its thread can go
    error: Exception | None = None
    called: Event = field(default_factory=Event)  # it is settled, or leads
    leads: bool = False

    @property
    def weight(self) -> int:
        """How much of what can be carried together it is."""
        return 1

    def settle(self) -> None:
        """Let its thread go."""
        self.settled = True
        self.called.set()

    def refuse(self, error: Exception) -> None:
        """Let its thread go with an error."""
        if not self.settled:
            self.error = error
            self.settle()

    def check(self) -> None:
        """Raise the error, and keep it no longer: its traceback leads back to this place."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
        finally:
            del error


P = TypeVar("P", bound=Place)
Carry = Callable[[list[P]], None]


class Line(Generic[P]):
    """The line; whom `carry(group)` does not settle stands first in the next group."""

    def __init__(self, most: int) -> None:
        """`most`: so much is carried together, or one place that is more."""
        self._most = most
        self._places: deque[P] = deque()
        self._led = False
        self._guard = Lock()

    def stand(self, mine: P, carry: Carry[P]) -> None:
        """Return when it is settled; `carry` is for those who want alike, should we lead."""
        try:
            if not self._join(mine):
                mine.called.wait()
            while not mine.settled:  # we lead
                self._carry_next(carry)
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
            mine.refuse(Unavailable("its thread was ended"))
            if mine.leads:
                mine.leads = self._led = False
                if following := next((p for p in self._places if not p.settled), None):
                    following.leads = self._led = True
                    following.called.set()

    def _carry_next(self, carry: Carry[P]) -> None:
        group: list[P] = []
        room = self._most
        while self._places and (not group or self._places[0].weight <= room):
            place = self._places.popleft()
            if not place.settled:  # else its thread was ended
                group.append(place)
                room -= place.weight
        try:
            _try(group, carry)
        finally:
            self._places.extendleft(reversed([p for p in group if not p.settled]))


def _try(group: Sequence[P], carry: Carry[P]) -> Unavailable | None:
    """Carry a group; if one of it cannot be carried, find out which.

    Return why nothing can be carried now, if so: all have been told.
    """
    left = [place for place in group if not place.settled]
    try:
        if left:
            carry(left)
    except Unavailable as error:  # it is nobody's fault
        _refuse_all(left, error)
        return error
    except Exception as error:  # told to whoever caused it, once they are found
        if len(left) == 1:
            left[0].refuse(error)
            return None
        for place in left:
            if away := _try([place], carry):
                _refuse_all(left, away)
                return away
    return None


def _refuse_all(group: Sequence[P], cause: Unavailable) -> None:
    """Refuse each with an error of its own: threads that share one mix their tracebacks."""
    for place in group:
        own = type(cause)(*cause.args)
        own.__cause__ = cause
        place.refuse(own)
