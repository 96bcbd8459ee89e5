"""The connection to the database server, and what holds for all that is asked of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from kernel.config import Settings

Document = dict[str, Any]
Db = Database[Document]

AWAY = (ConnectionFailure, ExecutionTimeout, WTimeoutError)
"""What the driver raises when the server, not the request, is the trouble."""

DUPLICATE = 11000
"""The server's code for a key that is taken."""

NAMED = 50
"""So many keys one condition names at most."""

TRANSIENT = "TransientTransactionError"
"""The server's label for a transaction that failed, mostly by another, and may be tried again."""


def connect(settings: Settings) -> MongoClient[Document]:
    """Return a client whose writes are journaled on a majority and whose reads are such.

    `retryWrites` is off: our writes are idempotent by key, and the embedded server's
    registry of retryable writes slows inserts.
    """
    return MongoClient(
        settings.mongo_url,
        tz_aware=True,
        tzinfo=UTC,
        retryWrites=False,
        serverSelectionTimeoutMS=3000,
        connectTimeoutMS=3000,
        socketTimeoutMS=20000,
        appname="pst",
    )


def database(client: MongoClient[Document], settings: Settings, name: str) -> Db:
    """Return the database `<prefix>_<name>`."""
    return client.get_database(
        f"{settings.db_prefix}_{name}",
        write_concern=WriteConcern("majority", j=True, wtimeout=10000),
        read_concern=ReadConcern("majority"),
    )


def among(keys: Sequence[str]) -> Iterator[Document]:
    """Yield conditions that together mean any of these keys.

    The embedded server holds each document that it finds against each key of a condition.
    """
    return ({"$in": keys[n : n + NAMED]} for n in range(0, len(keys), NAMED))


@contextmanager
def transaction(db: Db) -> Iterator[ClientSession]:
    """Have all writes with this session happen together, or none: also where the block raises.

    The server ends one that its process has left, after a while; until then what it has changed
    waits (docs/adr/0047-views-in-one-transaction.md).
    """
    with (
        db.client.start_session() as session,
        session.start_transaction(ReadConcern("snapshot"), db.write_concern),
    ):
        yield session
