"""Row 7: from the answer over HTTP to the event in a subscriber's hands, at a steady rate."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pika

from bench import workload
from bench.harness import Bench, Row, Verdict, quantile, shown
from bench.rows.http_messages import Client, opened, system
from contracts.topology import EVENTS_EXCHANGE
from kernel.clock import new_id
from tests.support import Stack, eventually

RATE = 100
P50_MS, P99_MS = 20.0, 100.0
SECONDS = 10
CLIENTS = 20

FAIRNESS = """\
No peer. Messages are posted at a steady rate, each at its own time whether or not the ones before
have been answered (20 connections). The clock of a message starts when its 201 has arrived at the
client and stops when a subscriber's callback has its event; an event that is there before the
answer counts 0. Also shown: from sending the request to the event. Load, subscriber and the whole
system share the machine."""


def run(bench: Bench) -> Row:
    """Axis: messages a second."""
    row = Row("delivery", "Accepted over HTTP → in a subscriber's hands", FAIRNESS, "rate", "ms")
    with system(bench) as stack:
        clients = [Client(stack.port, *opened(stack)) for _ in range(CLIENTS)]
        _offered(stack, clients, 20, 2)  # warm
        for rate in (25, 50, RATE, 200):
            seen = _offered(stack, clients, rate, 3 if bench.quick else SECONDS)
            row.add(rate, {name: seen[name] for name in ("p50", "p99", "p50 from sending")})
            row.notes.append(
                f"At {rate}/s: {shown(seen['rate'])}/s were answered;"
                f" p50 {shown(seen['p50'])} ms, p99 {shown(seen['p99'])} ms from the answer,"
                f" p99 {shown(seen['p99 from sending'])} ms from sending."
            )
            if rate == RATE:
                row.verdicts.append(Verdict(f"p50 at {RATE}/s", seen["p50"], "ms", P50_MS))
                row.verdicts.append(Verdict(f"p99 at {RATE}/s", seen["p99"], "ms", P99_MS))
    return row


def _offered(stack: Stack, clients: list[Client], rate: int, seconds: int) -> dict[str, float]:
    """Post at this rate for so long; return quantiles in ms and the rate that was answered."""
    sent: dict[str, float] = {}
    answered: dict[str, float] = {}
    with _subscriber(stack.settings.amqp_url) as received:
        start = time.monotonic() + 0.2
        due = iter([start + n / rate for n in range(rate * seconds)])
        turn = threading.Lock()

        def post(client: Client) -> None:
            while True:
                with turn:
                    at = next(due, None)
                if at is None:
                    return
                time.sleep(max(0.0, at - time.monotonic()))  # its own time has not come
                name = new_id()
                sent[name] = time.monotonic()
                client.post(X_Correlation_ID=name)
                answered[name] = time.monotonic()

        workload.in_threads([partial(post, client) for client in clients])
        took = max(answered.values()) - start
        eventually(lambda: answered.keys() <= received.keys(), within=60)
    from_answer = [1000 * max(0.0, received[n] - answered[n]) for n in answered]
    from_sending = [1000 * (received[n] - sent[n]) for n in answered]
    return {
        "rate": len(answered) / took,
        "p50": quantile(from_answer, 0.5),
        "p99": quantile(from_answer, 0.99),
        "p50 from sending": quantile(from_sending, 0.5),
        "p99 from sending": quantile(from_sending, 0.99),
    }


@contextmanager
def _subscriber(amqp_url: str) -> Iterator[dict[str, float]]:
    """Subscribe to the messages, in a thread; when each arrived, by its correlation id."""
    received: dict[str, float] = {}
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, EVENTS_EXCHANGE, "*.consultation.message_posted")

    def take(_channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
        now = time.monotonic()
        received[json.loads(body)["correlationid"]] = now

    channel.basic_consume(queue, take, auto_ack=True)
    thread = threading.Thread(target=channel.start_consuming)
    thread.start()
    try:
        yield received
    finally:
        connection.add_callback_threadsafe(channel.stop_consuming)
        thread.join()
        connection.close()
