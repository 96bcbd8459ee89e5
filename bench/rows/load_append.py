"""Row 2: load a stream and append to it, one client, against two event-sourcing libraries."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

from bench import servers, workload
from bench.harness import Bench, Row, Side, rate
from bench.peers import sourced
from bench.peers.emmett import Emmett, emmett
from kernel.clock import new_id
from kernel.config import Settings

T = TypeVar("T")

COLD, WARM = "ours, cold", "ours, warm"
POSTGRES, SQLITE = "eventsourcing, PostgreSQL", "eventsourcing, SQLite"
SNAPSHOTS, CACHE = "+ snapshots", "+ snapshots + cache"
EMMETT = "emmett, same server"
SNAPSHOT, WARMEST = f"{POSTGRES} {SNAPSHOTS}", f"{POSTGRES} {CACHE}"

COMPARED = (
    ("as each comes: PostgreSQL", WARM, POSTGRES, 1.3),
    ("as each comes: emmett", WARM, EMMETT, 2.5),
    ("ours cold: PostgreSQL", COLD, POSTGRES, 1.3),
    ("ours cold: emmett", COLD, EMMETT, 2.5),
    ("both with snapshots, cold: PostgreSQL", COLD, SNAPSHOT, None),
    ("both with snapshots and cache, warm: PostgreSQL", WARM, WARMEST, None),
)

STREAMS = {10: 20, 1_000: 4, 10_000: 1}
COMMANDS = {10: 40, 1_000: 16, 10_000: 10}
SLOW_COMMANDS = {10: 40, 1_000: 8, 10_000: 1}
"""How many streams of a length, how many commands a turn, how many by who reads all of it."""

FAIRNESS = """\
One command: load the aggregate, decide, append one event. As each comes: ours with its cache of
states (always on, right with any number of writers: a stale state loses its version and is read
anew), `eventsourcing` without cache and snapshots, emmett, which has neither. Ours cold: the
process has just started, has its connection, and meets the stream for the first time; it reads
snapshot, later events and the person's key. Then, without a target, like against like:
`eventsourcing` with automatic snapshots (every 100 events, as ours), and with its cache as well,
in the form that reads nothing either (documented for an application that alone writes).
`eventsourcing` runs `repository.get`, trigger, `save`, in the same Python; psycopg in C; SQLite
with its default durability (`synchronous={durability}`, which syncs its log at each commit).
emmett runs `DeciderCommandHandler` on Node.js; it keeps a stream in one document, which a server
must rewrite for each event: MongoDB itself does that faster than the embedded server, so on long
streams the ratio says more of the server than of emmett. It has neither snapshots nor a cache.
Ours seals the text and chains commits; the peers store it in clear, with the same meta data."""


def run(bench: Bench) -> Row:
    """Axis: events in the stream."""
    row = Row("load-append", "Load and append, one client", "", "events", "/s")
    with _peers(bench) as (url, apps, node):
        durability = sourced.synchronous(apps[SQLITE])
        row.fairness = FAIRNESS.format(durability=durability)
        for events in bench.sizes(*STREAMS):
            samples = bench.compare(
                {
                    **_ours(workload.system(url), events),
                    **{name: _sourced(app, events) for name, app in apps.items()},
                    EMMETT: _emmett(node, events),
                }
            )
            row.add(events, samples.medians())
            row.peers |= {*apps, EMMETT}
            for what, ours, peer, target in COMPARED:
                row.judge(f"{events:,} events, {what}", samples, ours, peer, target)
    return row


@contextmanager
def _peers(bench: Bench) -> Iterator[tuple[str, dict[str, sourced.Plain], Emmett]]:
    """Run both servers and all peers; the database's URL, the applications by name, emmett."""
    with ExitStack() as ends:
        url = ends.enter_context(bench.mongo())
        port = ends.enter_context(servers.postgres(bench.room()))
        file = bench.room()
        file.mkdir()
        apps: dict[str, sourced.Plain] = {}
        for name, settings in (
            (POSTGRES, sourced.on_postgres(port)),
            (SQLITE, sourced.on_sqlite(Path(file, "events.db"))),
        ):
            apps[name] = sourced.Plain(settings)
            apps[f"{name} {SNAPSHOTS}"] = sourced.Snapshotting(settings)
            apps[f"{name} {CACHE}"] = sourced.Snapshotting({**settings, **sourced.CACHE})
        for app in apps.values():
            ends.callback(app.close)
        yield url, apps, ends.enter_context(emmett(url))


def _ours(settings: Settings, events: int) -> dict[str, Side]:
    runtime = workload.process(settings)
    cold = workload.grown(runtime, STREAMS[events], events)
    warm = workload.grown(runtime, STREAMS[events], events)
    return {
        COLD: lambda: _cold(settings, cold, COMMANDS[events]),
        WARM: lambda: _turn(partial(workload.post, runtime), warm, COMMANDS[events]),
    }


def _cold(settings: Settings, keys: list[str], commands: int) -> float:
    """Have fresh processes handle the first command of each stream, one after the other."""
    seconds = 0.0
    todo = list(islice(cycle(keys), commands))
    while todo:
        runtime = workload.process(settings)
        some, todo = todo[: len(keys)], todo[len(keys) :]
        start = time.perf_counter()
        for key in some:
            workload.post(runtime, key)
        seconds += time.perf_counter() - start
    return commands / seconds


def _sourced(app: sourced.Plain, events: int) -> Side:
    ids = sourced.build(app, STREAMS[events], events)
    for one in ids:
        sourced.post(app, one)  # warm
    commands = COMMANDS if isinstance(app, sourced.Snapshotting) else SLOW_COMMANDS
    return lambda: _turn(partial(sourced.post, app), ids, commands[events])


def _emmett(node: Emmett, events: int) -> Side:
    streams = [new_id() for _ in range(STREAMS[events])]
    node.build(streams, events)
    node.run(streams[:1])  # warm
    todo = list(islice(cycle(streams), SLOW_COMMANDS[events]))
    return lambda: len(todo) / node.run(todo)


def _turn(post: Callable[[T], object], streams: list[T], commands: int) -> float:
    return rate([partial(post, stream) for stream in islice(cycle(streams), commands)])
