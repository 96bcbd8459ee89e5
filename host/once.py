"""What is dear is found once, however many ask for it at the same time."""

from collections.abc import Callable, Hashable
from typing import Any

import eventlet
from eventlet.event import Event
from nameko.extensions import DependencyProvider

from contracts.errors import Unavailable


class Once(DependencyProvider):  # type: ignore[misc]
    """Gives a service a memory of one process: under each name the last that was found."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Hashable, Event]] = {}

    def get_dependency(self, _worker_ctx: Any) -> "Once":
        return self

    def get(self, name: str, edition: Hashable, find: Callable[[], Any], patience_s: float) -> Any:
        """Return what `find` found for this edition of a name, now or before.

        Who asks while it is being found waits for it. Raises what `find` raised, to all of them,
        and the next has it found anew; `Unavailable` to who has waited so many seconds.
        """
        known, found = self._found.get(name, (None, None))
        if found is None or known != edition:
            found = Event()
            self._found[name] = edition, found
            # a thread of its own: who asked first may run out of patience, others have more
            eventlet.spawn(self._find, name, found, find)
        outcome = found.wait(patience_s)
        if outcome is None:
            raise Unavailable(f"{name} takes longer than {patience_s:g} s")
        result, failure = outcome
        if failure is not None:
            raise failure
        return result

    def _find(self, name: str, found: Event, find: Callable[[], Any]) -> None:
        try:
            found.send((find(), None))
        except Exception as error:  # it is raised to all who wait
            if self._found.get(name, (None, None))[1] is found:
                del self._found[name]
            found.send((None, error))
