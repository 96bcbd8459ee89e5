"""Row 1: a command on a warm stream, one client, against a bare insert of the same bytes."""

from functools import partial
from itertools import count, islice
from typing import Any

import bson

from bench import workload
from bench.harness import Bench, Row, Side, rate
from host.runtime import Runtime

OURS, BARE, INDEXED = "ours", "bare insert", "bare insert, same indexes"
COMMANDS = 200
TARGET = 0.8

FAIRNESS = """\
Ours checks access, decides, seals the text (AES-256-GCM), hashes the commit into the chain and
inserts it under unique indexes. The peer is one `insert_one` of the very document that ours has
stored (a new `_id` of the same length), into a collection without any further index, by the same
driver, on the same server, `j: true`, majority. A second peer has the log's indexes too, so that
one sees what is index and what is ours; the target is held against the first."""


def run(bench: Bench) -> Row:
    """Axis: the length of the message."""
    row = Row("warm-command", "A command on a warm stream, one client", FAIRNESS, "bytes", "/s")
    with bench.mongo() as url:
        for length in bench.sizes(100, 1_000, 10_000):
            runtime = workload.process(workload.system(url))
            sides = _sides(runtime, ("abcdefg hij " * length)[:length])
            samples = bench.compare(sides, rounds=2 * bench.rounds + 1)
            row.add(length, samples.medians())
            target = TARGET if length == 1_000 else None
            row.judge(f"message of {length:,} bytes", samples, OURS, BARE, target)
            if length == 1_000:
                row.judge("… against an insert with the same indexes", samples, OURS, INDEXED, None)
    return row


def _sides(runtime: Runtime, text: str) -> dict[str, Side]:
    key = workload.opened(runtime)
    command = partial(workload.post, runtime, key, text)
    rate([command] * 50)  # warm
    stored = runtime.log.read_stream(f"consultation-{key}", after=50)[-1]
    document = runtime.db["commits"].find_one({"position": stored.position})
    assert document is not None
    assert len(bson.encode(document)) > len(text)
    numbers = count(100)
    bare, indexed = runtime.db["bare"], runtime.db["bare_indexed"]
    for name, index in runtime.db["commits"].index_information().items():
        if name != "_id_":
            indexed.create_index(index["key"], unique=index.get("unique", False))

    def inserts(collection: Any) -> float:
        copies = [
            {**document, "_id": f"{document['stream']}:{n}", "version": n, "position": n}
            for n in islice(numbers, COMMANDS)
        ]
        return rate([partial(collection.insert_one, copy) for copy in copies])

    return {
        OURS: lambda: rate([command] * COMMANDS),
        BARE: lambda: inserts(bare),
        INDEXED: lambda: inserts(indexed),
    }
