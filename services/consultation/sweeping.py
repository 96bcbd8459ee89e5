"""The sweep: what the store holds beyond what the facts want held.

Gone at once: files of attachments that were dropped, and of people who have been forgotten. What
no fact tells of is a cut upload, or one that was refused in the end: gone when it is old enough to
be no upload under way. Each sweep looks at everything, so one that was broken off is no harm.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from contracts.errors import Unavailable
from files.store import Files, Held
from kernel.clock import monotonic, pause
from kernel.metrics import FILES_BYTES, FILES_HELD, FILES_SWEPT
from kernel.view_reading import Reader

UNDER_WAY = timedelta(hours=1)
"""No upload takes so long: the gateway gives each five minutes."""

AT_ONCE = 200

PATIENCE_S = 10.0
LOOK_S = 0.1
"""A view that is only as late as usual is waited for."""


@dataclass
class Swept:
    """What is held after a sweep, in files and bytes, and how many were taken away, by reason."""

    files: int = 0
    size: int = 0
    gone: Counter[str] = field(default_factory=Counter)


class Sweep:
    """Holds a store against the view of the files that the facts want held."""

    def __init__(
        self,
        files: Files,
        view: Reader,
        head: Callable[[], int],
        forgotten: Callable[[set[str]], set[str]],
    ) -> None:
        self._files = files
        self._view = view
        self._head = head
        self._forgotten = forgotten

    def run(self, now: datetime, *, spared: timedelta = UNDER_WAY, dry: bool = False) -> Swept:
        """Take away what is not to be held, unless `dry`; what is younger than `spared` may stay.

        `now` is real time. Raises `Unavailable` where the view stays behind the log: what it does
        not know yet would be taken for unknown.
        """
        self._wait_for(self._head())
        swept = Swept()
        entries = self._files.held()
        while batch := list(islice(entries, AT_ONCE)):
            for held, reason in self._judged(batch, now - spared):
                self._settle(held, reason, swept, dry)
            pause(0)  # others have their turn
        if not dry:
            FILES_HELD.set(swept.files)
            FILES_BYTES.set(swept.size)
        return swept

    def _wait_for(self, position: int) -> None:
        give_up = monotonic() + PATIENCE_S
        while self._view.position() < position:
            if monotonic() > give_up:
                raise Unavailable("the view of the files is being brought up to date")
            pause(LOOK_S)

    def _judged(self, batch: Sequence[Held], before: datetime) -> Iterator[tuple[Held, str | None]]:
        wanted = {"_id": {"$in": [held.id for held in batch]}}
        known = {each["_id"]: each for each in self._view.find(wanted, [("size", 1)], AT_ONCE)}
        gone = self._forgotten({each["subject_id"] for each in known.values()})
        for held in batch:
            yield held, _reason(held, known.get(held.id), gone, before)

    def _settle(self, held: Held, reason: str | None, swept: Swept, dry: bool) -> None:
        if reason is None:
            swept.files += 1
            swept.size += held.size
            return
        swept.gone[reason] += 1
        if not dry:
            self._files.remove(held.id)
            FILES_SWEPT.labels(reason).inc()


def _reason(
    held: Held, known: dict[str, Any] | None, gone: set[str], before: datetime
) -> str | None:
    """Return why a file is not to be held, None if it is."""
    if known is None:
        return "unknown" if held.since < before else None
    if known["subject_id"] in gone:
        return "forgotten"
    return "dropped" if known["dropped"] else None
