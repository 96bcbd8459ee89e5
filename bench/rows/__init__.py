"""One file a row of `design.md` §6."""

from collections.abc import Callable

from bench.harness import Bench, Row
from bench.peers.fqm import checkout
from bench.rows import (
    call_next,
    concurrent,
    deadlines,
    delivery,
    fqm,
    http_messages,
    load_append,
    long_stream,
    open_consultations,
    replay,
    service_day,
    warm_command,
)

ROWS: dict[str, Callable[[Bench], Row]] = {
    "warm-command": warm_command.run,
    "load-append": load_append.run,
    "concurrent": concurrent.run,
    "replay": replay.run,
    "http-messages": http_messages.run,
    "long-stream": long_stream.run,
    "delivery": delivery.run,
    "deadlines": deadlines.run,
    "call-next": call_next.run,
    "service-day": service_day.run,
    "open-consultations": open_consultations.run,
}
"""In the order of the design's table."""

if checkout():
    ROWS["fqm"] = fqm.run
