"""Keeping a view up with the log: one leader a definition, and an end for what nobody follows."""

import re

import structlog

from kernel.clock import monotonic
from kernel.codec import EventTypes
from kernel.database import Db
from kernel.event_log import EventLog
from kernel.lease import Lease
from kernel.views import Documents, View

log = structlog.get_logger()

BATCH = 500
AWAY_S = 10.0
SWEEP_S = 60.0
"""How often we look for what nobody follows, and not before we have been here so long: when
the database was away for all of us, the others have had time to come back."""

ABANDONED_MS = 600_000
"""After so long without a leader nobody follows a definition any more."""


class Follower:
    """Keeps one view, under the definition of this process, up with the log."""

    def __init__(self, db: Db, event_log: EventLog, types: EventTypes, view: View) -> None:
        self._db = db
        self._log = event_log
        self._view = view
        collection = view.collection(db, types)
        self._name = collection.name
        self._documents = Documents(collection, view, types)
        self._lease = Lease(db, collection.name)
        self._led_at = self._sweep_at = float("-inf")

    def step(self) -> int:
        """Take in the next commits, if leader; return how many."""
        if not self._lease.held():
            return 0
        self._sweep()
        done = self._documents.checkpoint.read()
        commits = self._log.read_on(done, BATCH)
        if commits and done == 0:  # new, or dropped and to be made again
            self._documents.prepare()
        return self._documents.take_in(commits, done, self._lease.fence)

    def release(self) -> None:
        """Let another process lead."""
        self._lease.release()

    def _sweep(self) -> None:
        """Drop what was made with another definition, long after its last leader."""
        now, led_at = monotonic(), self._led_at
        self._led_at = now
        if now - led_at > AWAY_S:
            self._sweep_at = now + SWEEP_S
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_S
        for name in collections_of(self._db, self._view):
            lease = Lease(self._db, lease_of(name))
            if name != self._name and lease.taken_if_abandoned(ABANDONED_MS):
                log.info("view_dropped", collection=name)
                self._db.drop_collection(name)
                lease.release()


def collections_of(db: Db, view: View) -> list[str]:
    """Return the collections of a view: one a definition, and those of rebuilds under way."""
    ours = re.compile(rf"view_{re.escape(view.name)}_[0-9a-f]{{8}}(_next_\d+)?")
    return sorted(name for name in db.list_collection_names() if ours.fullmatch(name))


def lease_of(collection: str) -> str:
    """Return the name of the lease on a collection; all rebuilds of one have the same."""
    return re.sub(r"_next_\d+$", "_next", collection)
