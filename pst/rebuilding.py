"""A view made anew from the log beside the running system, then put in the place of the old one.

The new documents are folded into a collection of their own, with their own checkpoint. Only for
the last stretch the view's leader is asked to let go; nobody moves the view on until one small
write has made the new collection the live one. Readers meet no gap: what they asked the old is
answered by the old, which the services drop a minute later. What a leader of the past still has
in hand goes into the old and moves nothing: its fence is too old.

A rebuild that dies leaves the live view as it was; the services drop what it had made.
"""

from collections.abc import Callable

import click
from pymongo.collection import Collection
from pymongo.errors import OperationFailure, PyMongoError

from kernel.checkpoint import Checkpoint
from kernel.clock import monotonic, pause
from kernel.codec import EventTypes
from kernel.database import Db, Document, transaction
from kernel.event_log import EventLog
from kernel.lease import Lease
from kernel.view_following import rebuild_lease
from kernel.views import Documents, View, discard, live, make_live, stepped_back

BATCH = 500
PATIENCE_S = 30.0
LOOK_S = 0.05

DISTURBED = "was disturbed by another process"

Progress = Callable[[int, int], None]
"""Told position and head after every batch."""


def fence_off(collection: Collection[Document], fence: int) -> bool:
    """Have nobody with an older fence move on what lies there; False while somebody just does."""
    checkpoint = Checkpoint(collection)
    try:
        with transaction(collection.database) as session:  # else we would wait for theirs
            if not (ours := checkpoint.advance(done := checkpoint.read(), done, fence, session)):
                session.abort_transaction()
        return ours
    except OperationFailure as error:
        return stepped_back(error, collection)


class Rebuild:
    """One rebuild of one view, under the definition of this installation."""

    def __init__(
        self, db: Db, log: EventLog, types: EventTypes, view: View, progress: Progress
    ) -> None:
        self._log = log
        self._view = view
        self._types = types
        self._progress = progress
        self._db = db
        self._definition = view.definition(types)
        self._alone = Lease(db, rebuild_lease(self._definition))
        self._lead = Lease(db, self._definition)
        self._held = [self._alone]
        self._done = 0

    def run(self) -> int:
        """Return how many commits went into it; raise `ClickException` when it cannot be done."""
        if not self._alone.held():
            raise self._failed("is being rebuilt already, or was until some seconds ago")
        new = self._db[f"{self._definition}_{self._alone.fence}"]
        try:
            self._make(Documents(new, self._view, self._types))
            if not make_live(self._db, self._definition, new.name, self._lead.fence):
                raise self._failed("is led by somebody else again")
        except BaseException:
            discard(new, self._alone.held)
            raise
        finally:
            self._lead.release()
            self._alone.release()
        return self._done

    def _make(self, documents: Documents) -> None:
        if not documents.prepare(fence=0):
            raise self._failed(DISTURBED)
        self._fill(documents)
        self._take_over(documents)
        self._fence_off()
        self._fill(documents)

    def _fill(self, documents: Documents) -> None:
        """Fold in what the log has by now; what is appended meanwhile may be left."""
        end = self._log.head().position
        give_up = monotonic() + PATIENCE_S
        while self._done < end:
            commits = self._log.read_on(self._done, BATCH)
            if not all(lease.held() for lease in self._held):
                raise self._failed("stood still for too long, and another process took its place")
            try:
                taken = documents.take_in(commits, self._done, fence=0)
            except PyMongoError:
                raise
            except Exception as error:
                fault = f"{type(error).__name__}: {error}"
                raise self._failed(f"cannot take in commit {self._done + 1}: {fault}") from error
            if taken:
                self._done += taken
                self._progress(self._done, max(self._done, end))
                give_up = monotonic() + PATIENCE_S
            elif documents.checkpoint.read() != self._done:
                raise self._failed(DISTURBED)
            elif monotonic() > give_up:
                raise self._failed(f"does not get past commit {self._done}: see `pst log verify`")
            else:  # in the log it is not next yet, or something was in the way: it may pass
                pause(LOOK_S)

    def _take_over(self, documents: Documents) -> None:
        """Become the view's leader; go on filling until its leader has let go."""
        give_up = monotonic() + PATIENCE_S
        self._lead.ask_for()
        while not self._lead.held():
            if monotonic() > give_up:
                raise self._failed("is not let go of by the process that leads it")
            pause(LOOK_S)
            self._fill(documents)
            self._lead.ask_for()
        self._held.append(self._lead)

    def _fence_off(self) -> None:
        """Have nobody of the past move the live view on: it never gets ahead of the new one."""
        while not fence_off(live(self._db, self._definition), self._lead.fence):
            if not self._lead.held():
                raise self._failed("is led by somebody else again")
            pause(LOOK_S)

    def _failed(self, why: str) -> click.ClickException:
        return click.ClickException(f"view {self._view.name} {why}")
