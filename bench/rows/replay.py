"""Row 4: reading the whole log through codec and fold, against a bare cursor over it."""

import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from bench import workload
from bench.harness import Bench, Row
from host.runtime import Runtime
from kernel.facts import facts_of

OPENED, SEALED, BARE = "ours, texts opened", "ours, texts left sealed", "bare cursor"
TARGET = 0.5
STREAM = 10
"""Events a stream."""
BATCH = 1_000

FAIRNESS = """\
Ours reads on by position in batches, checks that no position is missing, makes each event its
class again and folds it into the state of its stream; texts are opened with their person's key
(from the vault's cache), or left sealed, as states and views leave them. The peer is one pymongo
cursor over the same documents, sorted by position, that does nothing with them. The log is made
of 1,000 real commits of 100 people, copied under new streams and positions."""


def run(bench: Bench) -> Row:
    """Axis: commits in the log."""
    row = Row("replay", "Replay through codec and fold", FAIRNESS, "commits", "/s")
    with bench.mongo() as url:
        for size in bench.sizes(10_000, 100_000, full=1_000_000):
            runtime = _filled(workload.process(workload.system(url)), size)
            samples = bench.compare(
                {
                    OPENED: partial(_replay, runtime, size, opened=True),
                    SEALED: partial(_replay, runtime, size, opened=False),
                    BARE: partial(_cursor, runtime, size),
                }
            )
            row.add(size, samples.medians())
            row.judge(f"{size:,} commits, texts opened", samples, OPENED, BARE, TARGET)
            row.judge(f"{size:,} commits, texts left sealed", samples, SEALED, BARE, TARGET)
    return row


def _replay(runtime: Runtime, size: int, *, opened: bool) -> float:
    start = time.perf_counter()
    states: dict[str, Any] = {}
    position, fresh = 0, workload.CONSULTATION.initial()
    while commits := runtime.log.read_on(position):
        for commit in commits:
            for fact in facts_of(commit, workload.TYPES, runtime.vault if opened else None):
                before = states.get(fact.stream, fresh)
                states[fact.stream] = workload.CONSULTATION.evolve(before, fact)
        position = commits[-1].position
    assert position == size
    return size / (time.perf_counter() - start)


def _cursor(runtime: Runtime, size: int) -> float:
    start = time.perf_counter()
    found = runtime.db["commits"].find({"position": {"$gt": 0, "$lte": size}})
    assert sum(1 for _ in found.sort("position")) == size
    return size / (time.perf_counter() - start)


def _filled(runtime: Runtime, size: int) -> Runtime:
    """Fill the log with `size` commits."""
    workload.grown(runtime, 100, STREAM)
    commits = runtime.db["commits"]
    real = [d for d in commits.find({}) if d["position"] > 2]  # less the process's own two
    position = runtime.log.head().position
    rest = _copies(sorted(real, key=lambda d: (d["stream"], d["version"])), position, size)
    while batch := list(islice(rest, BATCH)):
        commits.insert_many(batch)
    return runtime


def _copies(real: list[dict[str, Any]], position: int, size: int) -> Iterator[dict[str, Any]]:
    lap = 0
    while True:
        lap += 1
        for document in real:
            position += 1
            if position > size:
                return
            stream = f"{document['stream']}-{lap}"
            words = {"_id": f"{stream}:{document['version']}", "stream": stream}
            yield {**document, **words, "position": position}
