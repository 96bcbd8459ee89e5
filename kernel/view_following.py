"""Keeping a view up with the log: one leader a definition, and an end for what nobody reads."""

import re
from collections import defaultdict

import structlog

from kernel.clock import monotonic
from kernel.codec import EventTypes, UnknownEvent
from kernel.database import Db
from kernel.event_log import EventLog
from kernel.lease import Lease
from kernel.views import Documents, View, discard, live

log = structlog.get_logger()

BATCH = 500
AWAY_S = 10.0
LOOK_S = 1.0
NEWER_S = 3.0
SWEEP_S = 60.0
"""How often we look for what can be dropped, and not before we have been here so long: when
the database was away for all of us, the others have had time to come back."""

RETIRED_MS = 60_000
"""So long after a rebuild nobody reads the old documents any more."""

ABANDONED_MS = 600_000
"""After so long without a leader nobody follows a definition any more."""


class Follower:
    """Keeps one view, under the definition of this process, up with the log."""

    def __init__(self, db: Db, event_log: EventLog, types: EventTypes, view: View) -> None:
        self._db = db
        self._log = event_log
        self._types = types
        self._view = view
        self._definition = view.definition(types)
        self._lease = Lease(db, self._definition)
        self._led_at = float("-inf")
        self._sweep_at = float("inf")
        self._stands: tuple[Documents, int, int] | None = None
        self._look_at = self._again_at = 0.0
        self.name = view.name
        self.newer = ""
        """The event that this release cannot take in, while there is one."""

    def step(self) -> int:
        """Take in the next commits, if leader; return how many."""
        if monotonic() < self._again_at or not self._lease.held():
            return 0
        now, led_at = monotonic(), self._led_at
        self._led_at = now
        if now - led_at > AWAY_S:
            self._sweep_at = now + SWEEP_S
        fence = self._lease.fence
        documents, done = self._stand(fence, now)
        commits = self._log.read_on(done, BATCH)
        if commits and done == 0 and not documents.prepare(fence):  # new, or to be made again
            self._stands = None
            return 0
        try:
            taken = documents.take_in(commits, done, fence)
        except UnknownEvent as error:
            return self._wait_for_a_newer_release(error)
        self.newer = ""
        if commits:
            self._stands = (documents, done + taken, fence) if taken else None
        return taken

    def waits(self) -> bool:
        """Tell whether this process knows of commits that are still to be taken in."""
        return self._stands is None or self._log.known_beyond(self._stands[1])

    def _wait_for_a_newer_release(self, error: UnknownEvent) -> int:
        """Stay where we are: who reads the event follows a definition of its own."""
        if not self.newer:
            log.error("newer_event_stops_the_view", view=self.name, newer=str(error))
        self.newer = str(error)
        self._again_at = monotonic() + NEWER_S
        self._stands = None
        return 0

    def _stand(self, fence: int, now: float) -> tuple[Documents, int]:
        """Return where the documents lie and stand; only a leader moves that, so as we left it.

        Looked up now and then all the same, should somebody drop the collection.
        """
        if self._stands is None or self._stands[2] != fence or now >= self._look_at:
            documents = Documents(live(self._db, self._definition), self._view, self._types)
            self._stands = documents, documents.checkpoint.read(), fence
            self._look_at = now + LOOK_S
        return self._stands[:2]

    def sweep(self) -> int:
        """Drop what nobody reads any more, now and then, if leader; return 0."""
        now = monotonic()
        if self._sweep_at <= now < self._led_at + AWAY_S:
            self._sweep_at = now + SWEEP_S
            for definition, names in collections_of(self._db, self._view).items():
                self._drop_idle(definition, names)
        return 0

    def release(self) -> None:
        """Let another process lead."""
        self._lease.release()

    def _drop_idle(self, definition: str, names: list[str]) -> None:
        """Drop what rebuilds have left, and all of a definition long after its last leader."""
        if definition == self._definition:
            lease, idle = Lease(self._db, rebuild_lease(definition)), RETIRED_MS
            names = [n for n in names if n != live(self._db, definition).name]
        else:
            lease, idle = Lease(self._db, definition), ABANDONED_MS
        if names and lease.taken_if_abandoned(idle):
            for name in names:
                log.info("view_dropped", collection=name)
                discard(self._db[name], lease.held)
            lease.release()


def collections_of(db: Db, view: View) -> dict[str, list[str]]:
    """Return definition → its collections: the live one, and what rebuilds have made or left."""
    ours = re.compile(rf"(view_{re.escape(view.name)}_[0-9a-f]{{8}})(_\d+)?")
    found = defaultdict(list)
    for name in sorted(db.list_collection_names()):
        if match := ours.fullmatch(name):
            found[match[1]].append(name)
    return dict(found)


def rebuild_lease(definition: str) -> str:
    """Return the name of the lease of who rebuilds it."""
    return f"{definition}_rebuild"
