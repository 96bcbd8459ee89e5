"""The embedded database server as we run it; `deploy.database` has its command line."""

import logging
import os
import sys
from threading import Event, Thread
from typing import Any

from secantus import cli

LEFT_S = 10.0
"""After so long a transaction that its process has left is no longer in the way of others."""

TIDY_S = 1.0
ROWS = 100
"""So many rows of an old oplog are taken away at a time: nobody else is served meanwhile."""

NEVER_S = 1e9
"""Older than that is no row: what is too old would go all at once, however much it is."""

GONE = "the oplog of an earlier release is gone"

log = logging.getLogger(__name__)


class Server(cli.SecantusDBServer):
    """SecantusDB with less patience, and without an oplog.

    What an earlier release has left of one holds what was deleted since: it goes, little by little
    (docs/adr/0048-no-oplog-on-the-embedded-server.md).
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, transaction_lifetime_seconds=LEFT_S)
        self.storage.enable_oplog = False
        self.storage.oplog_retention_seconds = NEVER_S
        self._rows_at_most = settings["oplog_max_entries"]
        self._over = Event()
        self._tidying = Thread(target=self._keep_tidy, name="tidy", daemon=True)

    def start(self) -> None:
        """Begin to serve, and to tidy up."""
        super().start()
        self._tidying.start()

    def stop(self) -> None:
        """Serve no more."""
        self._over.set()
        if self._tidying.is_alive():
            self._tidying.join()  # the storage must not be closed while it is being tidied
        super().stop()

    def tidy(self) -> int:
        """End transactions that were left, take some rows of an old oplog away; return how many.

        By itself the server looks for the one with the next transaction, for the other with the
        next change that it writes there.
        """
        self.transactions.prune_expired()
        gone = 0
        while self._rows_at_most and not gone:
            self._rows_at_most = max(0, self._rows_at_most - ROWS)
            self.storage.oplog_max_entries = self._rows_at_most
            gone = self.storage.prune_oplog()
        return gone

    def _keep_tidy(self) -> None:
        had = False
        while not self._over.wait(TIDY_S):
            try:
                had = bool(self.tidy()) or had
            except Exception:
                log.exception("tidying up failed; it is tried again")
            if had and not self._rows_at_most:
                log.warning(GONE)
                had = False


def on_one_core() -> None:
    """Keep this process to one core, drawn by its id, where that is allowed.

    Python runs one thread at a time, and the storage engine lets go of it with every call: on two
    cores the threads hand it to and fro for most of the time (docs/adr/0049-on-one-core.md).
    """
    cores = sorted(os.sched_getaffinity(0))
    for thread in os.listdir("/proc/self/task"):  # those to come keep to it, too
        try:
            os.sched_setaffinity(int(thread), {cores[os.getpid() % len(cores)]})
        except ProcessLookupError:
            pass  # it has just ended
        except OSError as error:
            log.warning("may not choose a core (%s): it will be slower", error)
            return


if __name__ == "__main__":
    on_one_core()
    cli.SecantusDBServer = Server
    sys.exit(cli.main())
