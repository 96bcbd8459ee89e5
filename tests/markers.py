"""Planted markers: what is personal is looked for in all that is kept or passed on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import bson
import pika

from tests.support import Stack

PLACES = ("broker", "database", "log")
"""Directories of a running system in which nothing personal may lie in clear; mail is no such."""


@contextmanager
def eavesdropping(stack: Stack) -> Iterator[Callable[[], bytes]]:
    """Take a copy of every RPC and every event; what is yielded returns all heard so far."""
    connection = pika.BlockingConnection(pika.URLParameters(stack.settings.amqp_url))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    for exchange in ("nameko-rpc", "pst.events"):
        channel.queue_bind(queue, exchange, "#")
    heard: list[bytes] = []

    def listen() -> bytes:
        while True:
            method, properties, body = channel.basic_get(queue, auto_ack=True)
            if method is None:
                return b"".join(heard)
            heard.append(str(properties).encode() + body)

    yield listen
    connection.close()


def check_found_nowhere(stack: Stack, mark: str) -> None:
    """Fail if a marker stands in clear in a database, on the broker's disk or in a log file."""
    needle = mark.encode()
    for database in stack.mongo.list_database_names():
        for name in stack.mongo[database].list_collection_names():
            for document in stack.mongo[database][name].find():
                assert needle not in bson.encode(document), f"{database}.{name}"
    files = [f for p in PLACES for f in (stack.run_dir / p).rglob("*") if f.is_file()]
    assert files
    assert [f for f in files if needle in f.read_bytes()] == []
