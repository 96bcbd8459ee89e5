"""The peer emmett-mongodb: a Node.js process that is told by lines of JSON what to do."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bench.setup import EMMETT
from bench.workload import TEXT


class Emmett:
    """Speaks to the process; see `bench/emmett/peer.js`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def build(self, streams: Sequence[str], events: int) -> None:
        """Grow streams of so many events."""
        self._ask(op="build", streams=streams, events=events)

    def run(self, streams: Sequence[str]) -> float:
        """Handle one command on each stream; return the seconds it took."""
        return float(self._ask(op="run", streams=streams)["seconds"])

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({**request, "text": TEXT}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the emmett process ended; its reason stands above")
        found: dict[str, Any] = json.loads(answer)
        return found


@contextmanager
def emmett(mongo_url: str) -> Iterator[Emmett]:
    """Run the process until the block ends."""
    process = subprocess.Popen(
        ("node", "peer.js"),
        cwd=EMMETT,
        env={**os.environ, "PST_MONGO_URL": mongo_url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches the bench, and the bench ends it
    )
    try:
        yield Emmett(process)
    finally:
        process.terminate()
        process.communicate()
