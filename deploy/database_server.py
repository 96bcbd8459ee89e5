"""The embedded database server as we run it; `deploy.database` has its command line."""

import sys
from typing import Any

from secantus import cli

LEFT_S = 10.0
"""After so long a transaction that its process has left is no longer in the way of others."""


class Server(cli.SecantusDBServer):
    """SecantusDB with less patience, and without an oplog.

    What an earlier release has left of one is dropped: it holds what was deleted since
    (docs/adr/0048-no-oplog-on-the-embedded-server.md).
    """

    def __init__(self, **settings: Any) -> None:
        words = {"transaction_lifetime_seconds": LEFT_S, "oplog_max_entries": 0}
        super().__init__(**{**settings, **words})
        self.storage.prune_oplog()
        self.storage.enable_oplog = False


if __name__ == "__main__":
    cli.SecantusDBServer = Server
    sys.exit(cli.main())
