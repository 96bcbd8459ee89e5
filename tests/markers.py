"""Planted markers: what is personal is looked for in all that is kept or passed on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

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


def traces(stack: Stack, mark: str) -> list[str]:
    """Return where a text stands in clear: databases, files of broker, database and logs."""
    needle, found = mark.encode(), []
    for database in stack.mongo.list_database_names():
        for name in stack.mongo[database].list_collection_names():
            documents = stack.mongo[database][name].find()
            found += [f"{database}.{name}" for d in documents if needle in bson.encode(d)]
    for place in PLACES:
        files = [f for f in (stack.run_dir / place).rglob("*") if f.is_file()]
        assert files
        found += [str(f) for f in files if needle in _content(f)]
    return found


def _content(file: Path) -> bytes:
    """Read a file of a running system; a journal may have been cleared away since it was listed."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
