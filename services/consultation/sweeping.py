"""The sweep: what the store holds beyond what the facts want held.

Gone at once: files of attachments that were dropped, and of people who have been forgotten. What
no fact tells of is a cut upload, or one that was refused in the end: gone when it is old enough to
be no upload under way. Each sweep looks at everything, so one that was broken off is no harm.

A whole file that is unknown is rare: a process died between the store and the log. Held against an
empty or a wrong database all of them would be, so where they are not few the sweep leaves them to a
person, who says so with `pst files sweep`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog

from contracts.errors import Unavailable
from files.store import Files, Held
from kernel.clock import monotonic, pause
from kernel.metrics import FILES_BYTES, FILES_HELD, FILES_SWEPT
from kernel.view_reading import Reader

log = structlog.get_logger()

UNDER_WAY = timedelta(hours=1)
"""No upload takes so long: the gateway gives each five minutes."""

FEW = 10
ONE_IN = 10
"""So many whole files may be unknown: a few, and one for each ten that are known."""

UNKNOWN = "unknown"
"""Why a file goes that no fact tells of."""

AT_ONCE = 200

PATIENCE_S = 10.0
LOOK_S = 0.1
"""A view that is only as late as usual is waited for."""


@dataclass
class Swept:
    """What is held after a sweep, in files and bytes, and how many were taken away, by reason.

    `left`: how many of those held are unknown, and too many to be taken away unasked.
    """

    files: int = 0
    size: int = 0
    gone: Counter[str] = field(default_factory=Counter)
    left: int = 0


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

    def run(
        self,
        now: datetime,
        *,
        spared: timedelta = UNDER_WAY,
        dry: bool = False,
        all_unknown: bool = False,
    ) -> Swept:
        """Take away what is not to be held, unless `dry`; what is younger than `spared` may stay.

        `now` is real time; `all_unknown`: also where they are many. Raises `Unavailable` where
        the view stays behind the log: what it does not know yet would be taken for unknown.
        """
        self._wait_for(self._head())
        swept, doubted, known = Swept(), list[Held](), 0
        entries = self._files.held()
        while batch := list(islice(entries, AT_ONCE)):
            for held, reason in self._judged(batch, now - spared):
                known += held.whole and reason != UNKNOWN
                if held.whole and reason == UNKNOWN:
                    doubted.append(held)
                else:
                    self._settle(held, reason, swept, dry)
            pause(0)  # others have their turn
        self._settle_doubted(doubted, swept, dry, all_unknown or _are_few(len(doubted), known))
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

    def _settle_doubted(self, doubted: list[Held], swept: Swept, dry: bool, take: bool) -> None:
        for held in doubted:
            self._settle(held, UNKNOWN if take else None, swept, dry)
        if doubted and not take:
            swept.left = len(doubted)
            log.error(
                "files_unknown",
                unknown=len(doubted),
                todo="see that PST_MONGO_URL and PST_FILES_URL are of the same system; if these"
                " files are really nobody's: pst files sweep",
            )

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
        return UNKNOWN if held.since < before else None
    if known["subject_id"] in gone:
        return "forgotten"
    return "dropped" if known["dropped"] else None


def _are_few(unknown: int, known: int) -> bool:
    return known > 0 and unknown <= FEW + known // ONE_IN
