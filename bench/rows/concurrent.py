"""Row 3: concurrent commands, each on a stream of its own, against concurrent bare inserts."""

import time
from collections.abc import Callable
from functools import partial

from bench import workload
from bench.harness import Bench, Row, Side
from host.runtime import Runtime
from kernel.clock import new_id

OURS, BARE = "ours", "bare inserts"
TARGET = 2.0
COMMANDS = 600

FAIRNESS = """\
Both sides are one process with so many threads, one driver client, `j: true`, majority. Ours
handles whole commands (decide, seal, chain) and stores the concurrent ones in one `insert_many`;
the peer inserts the same document under fresh ids, one `insert_one` a thread at a time, without
further indexes. Whoever can collect a batch before writing is as fast without our log; the row
shows what callers get who each wait for their own answer."""


def run(bench: Bench) -> Row:
    """Axis: writers."""
    row = Row("concurrent", "Concurrent commands on as many streams", FAIRNESS, "writers", "/s")
    with bench.mongo() as url:
        for writers in (1, 4, 20):
            runtime = workload.process(workload.system(url))
            samples = bench.compare(_sides(runtime, writers))
            row.add(writers, samples.medians())
            target = TARGET if writers == 20 else None
            row.judge(f"{writers} writers", samples, OURS, BARE, target)
    return row


def _sides(runtime: Runtime, writers: int) -> dict[str, Side]:
    keys = [workload.opened(runtime) for _ in range(writers)]
    each = COMMANDS // writers
    document = runtime.db["commits"].find_one({"position": 2})  # one message
    assert document is not None
    bare = runtime.db["bare"]

    def commands(key: str) -> None:
        for _ in range(each):
            workload.post(runtime, key)

    def inserts() -> None:
        for _ in range(each):
            bare.insert_one({**document, "_id": f"consultation-{new_id()}:10"})

    def measured(work: list[Callable[[], None]]) -> float:
        start = time.perf_counter()
        workload.in_threads(work)
        return each * writers / (time.perf_counter() - start)

    return {
        OURS: lambda: measured([partial(commands, key) for key in keys]),
        BARE: lambda: measured([inserts] * writers),
    }
