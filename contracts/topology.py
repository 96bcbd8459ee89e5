"""Names on the broker that more than one process relies on."""

EVENTS_EXCHANGE = "pst.events"
"""Topic, durable: every published event, routing key `<office>.<service>.<event>`."""

EVENTS_STREAM = "pst.events.stream"
"""Broker stream bound to `#`: takes every event, subscribers replay it by offset."""

STREAM_MAX_AGE = "30D"
STREAM_MAX_BYTES = 5_000_000_000

RETRY_LADDER_S = (1, 5, 30, 120, 600)
"""Seconds a failed message waits before its next try; after the last it is parked."""

MAX_DELIVERIES = 50
"""How often a message may take its consumer's process down with it before it is parked."""

MAX_LOOKS = 2**31 - 1
"""How often a parked message may be looked at, each of which counts as a delivery: for ever.
RabbitMQ 4 would drop it after 20; -1, which it takes for "no limit", has RabbitMQ 3 drop it at
the first look."""


def consumer_queue(service: str) -> str:
    """Return the name of the quorum queue from which a service takes events."""
    return f"pst.{service}"


def retry_queue(service: str, seconds: int) -> str:
    """Return the name of the queue in which a failed message waits `seconds`."""
    return f"pst.{service}.retry.{seconds}s"


def parked_queue(service: str) -> str:
    """Return the name of the queue that holds what a person must look at."""
    return f"pst.{service}.parked"
