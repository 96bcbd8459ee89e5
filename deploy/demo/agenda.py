"""What is to happen, in the order of its time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush

Act = Callable[[], None]


class Agenda:
    """Acts by their times. `until` moves the clock there; `seen` is called after each act."""

    def __init__(
        self, begins: datetime, until: Callable[[datetime], None], seen: Act = lambda: None
    ) -> None:
        self.now = begins
        """When the present act was to happen, whatever has passed since."""
        self._until = until
        self._seen = seen
        self._acts: list[tuple[datetime, int, Act]] = []
        self._added = 0

    def at(self, moment: datetime, act: Act) -> None:
        """Have something happen at a moment; of two at once the one that was said first."""
        self._added += 1
        heappush(self._acts, (moment, self._added, act))

    def after(self, wait: timedelta, act: Act) -> None:
        """Have something happen in a while."""
        self.at(self.now + wait, act)

    def play(self) -> None:
        """Let everything happen, and all that comes of it."""
        while self._acts:
            self.now, _, act = heappop(self._acts)
            self._until(self.now)
            act()
            self._seen()
