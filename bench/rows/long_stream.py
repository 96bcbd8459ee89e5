"""Row 6: a command on a long stream, against one on a stream of 10; warm and cold."""

import time
from functools import partial
from itertools import cycle, islice
from statistics import median

from bench import workload
from bench.harness import Bench, Row, Side, rate
from host.runtime import Runtime
from kernel.config import Settings

TARGET = 0.8
COMMANDS = 200
COLD = 5
STREAMS = {10: 40, 1_000: 4, 10_000: 1}
"""How many streams of each length, so that the short ones stay short."""

FAIRNESS = """\
No peer but ourselves. Warm: the process has handled a command of this stream before. Cold: the
process has just started and has its connection; it handles one command of the stream, first."""


def run(bench: Bench) -> Row:
    """Axis: events in the stream."""
    row = Row("long-stream", "A command on a long stream", FAIRNESS, "events", "/s")
    lengths = bench.sizes(*STREAMS)
    with bench.mongo() as url:
        settings = workload.system(url)
        runtime = workload.process(settings)
        sides: dict[str, Side] = {}
        for length in lengths:
            keys = workload.grown(runtime, STREAMS[length], length)
            sides[f"warm {length}"] = partial(_warm, runtime, keys)
            sides[f"cold {length}"] = partial(_cold, settings, keys)
        samples = bench.compare(sides)
    medians = samples.medians()
    for length in lengths:
        row.add(length, {kind: medians[f"{kind} {length}"] for kind in ("warm", "cold")})
        if length > 10:
            target = TARGET if length == lengths[-1] else None
            for kind in ("warm", "cold"):
                what = f"{kind}, {length:,} events against 10"
                row.judge(what, samples, f"{kind} {length}", f"{kind} 10", target)
    return row


def _warm(runtime: Runtime, keys: list[str]) -> float:
    return rate([partial(workload.post, runtime, key) for key in islice(cycle(keys), COMMANDS)])


def _cold(settings: Settings, keys: list[str]) -> float:
    """Return how many such first commands fit into a second."""
    seconds = []
    for key in islice(cycle(keys), COLD):
        runtime = workload.process(settings)
        start = time.perf_counter()
        workload.post(runtime, key)
        seconds.append(time.perf_counter() - start)
    return 1 / median(seconds)
