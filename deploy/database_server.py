"""The embedded database server as we run it; `deploy.database` has its command line."""

import os
import sys
from contextlib import suppress
from threading import Event, Thread
from typing import Any

from secantus import cli

LEFT_S = 10.0
"""After so long a transaction that its process has left is no longer in the way of others."""

TIDY_S = 1.0
ROWS = 100
"""So many rows of an old oplog are taken away at a time: nobody else is served meanwhile."""


class Server(cli.SecantusDBServer):
    """SecantusDB with less patience, and without an oplog.

    What an earlier release has left of one holds what was deleted since: it goes, little by little
    (docs/adr/0048-no-oplog-on-the-embedded-server.md).
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, transaction_lifetime_seconds=LEFT_S)
        self.storage.enable_oplog = False
        self._rows_at_most = settings["oplog_max_entries"]
        self._over = Event()

    def start(self) -> None:
        """Begin to serve, and to tidy up."""
        super().start()
        Thread(target=self._tidy, name="tidy", daemon=True).start()

    def stop(self) -> None:
        """Serve no more."""
        self._over.set()
        super().stop()

    def _tidy(self) -> None:
        """End what was left: by itself the server does so at the next transaction only."""
        while not self._over.wait(TIDY_S):
            self.transactions.prune_expired()
            if self._rows_at_most:
                self._rows_at_most = max(0, self._rows_at_most - ROWS)
                self.storage.oplog_max_entries = self._rows_at_most
                self.storage.prune_oplog()


def on_one_core() -> None:
    """Keep this process to one core, another one than most of its like, where that is allowed.

    Python runs one thread at a time, and the storage engine lets go of it with every call: on two
    cores the threads hand it to and fro for most of the time (docs/adr/0049-on-one-core.md).
    """
    cores = sorted(os.sched_getaffinity(0))
    for thread in os.listdir("/proc/self/task"):  # those to come keep to it, too
        with suppress(OSError):  # forbidden in a container, or the thread has just ended
            os.sched_setaffinity(int(thread), {cores[os.getpid() % len(cores)]})


if __name__ == "__main__":
    on_one_core()
    cli.SecantusDBServer = Server
    sys.exit(cli.main())
