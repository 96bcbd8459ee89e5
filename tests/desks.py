"""Processes of the tests' own service, over a database of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from deploy import ports
from kernel.clock import new_id
from kernel.codec import StoredEvent
from kernel.commit import Draft
from kernel.database import connect, database
from kernel.event_log import EventLog
from tests.support import ROOT, Stack, eventually, ready

SERVICE = "desk"

LONG_AGO = datetime(2020, 1, 6, 2, 0, tzinfo=UTC)
"""When all notes were taken: dates set to it have passed."""


class Desks:
    """Any number of processes of one service; one of them leads."""

    def __init__(self, stack: Stack) -> None:
        self.settings = replace(stack.settings, db_prefix=f"test_{new_id()[:12]}")
        self.environ = {**stack.env, "PST_DB_PREFIX": self.settings.db_prefix}
        self._said = (stack.run_dir / "log/desks.log").open("a")
        self.db = database(connect(self.settings), self.settings, SERVICE)
        self.log = EventLog(self.db)
        self.log.prepare()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, wait: bool = True, clock_off_s: int = 0) -> int:
        """Run one more, its wall clock wrong if so wished; return its number."""
        port = ports.free()
        paths = [ROOT / "tests/services", *([ROOT / "tests/wrong_clock"] if clock_off_s else [])]
        process = subprocess.Popen(
            [sys.executable, "-m", "host.serve", SERVICE],
            cwd=ROOT,
            env={
                **self.environ,
                "PST_OPS_PORT": str(port),
                "PYTHONPATH": os.pathsep.join(map(str, paths)),
                "PST_TEST_CLOCK_OFF_S": str(clock_off_s),
            },
            stdout=self._said,
            stderr=self._said,
        )
        self._processes[process.pid] = process
        if wait:
            eventually(lambda: ready(port), within=60)
        return process.pid

    def leader(self) -> int:
        """Return the number of the process that leads; 0 if nobody has ever led."""
        return int(self._holder().split(":")[1])

    def _holder(self) -> str:
        return str((self.db["leases"].find_one("leader") or {}).get("holder", "0:0"))

    def kill(self, pid: int) -> None:
        """End a process hard."""
        process = self._processes.pop(pid)
        os.kill(pid, signal.SIGKILL)
        process.wait()

    def kill_leader(self) -> None:
        """End who leads hard, and the lease with it."""
        holder = self._holder()
        self.kill(int(holder.split(":")[1]))
        of_the_dead = {"_id": "leader", "holder": holder}
        self.db["leases"].update_one(of_the_dead, {"$set": {"until": 0}})

    def running(self) -> set[int]:
        """Return the numbers of the processes that run."""
        return set(self._processes)

    def relayed(self) -> int:
        """Return up to which position all is published."""
        return int((self.db["deadlines"].find_one("_checkpoint") or {"position": 0})["position"])

    def fired(self) -> dict[str, Any]:
        """Return when which date was fired."""
        return {found["name"]: found["at"] for found in self.firings()}

    def firings(self) -> list[dict[str, Any]]:
        """Return each firing: which date, when by whose clock, in which process."""
        return list(self.db["fired"].find())

    def stop(self) -> None:
        """End them all; what they have left goes with the stack, to drop it takes long."""
        for process in self._processes.values():
            process.terminate()
        ended = [process.wait(60) for process in self._processes.values()]
        self._said.close()
        assert set(ended) <= {0, -signal.SIGTERM}  # told to end before it was up


@contextmanager
def desks(stack: Stack, count: int = 1) -> Iterator[Desks]:
    """Have some processes for a while."""
    found = Desks(stack)
    try:
        for _ in range(count):
            found.start()
        yield found
    finally:
        found.stop()


def note(stream: str, version: int, text: str = "x", event_id: str = "") -> Draft:
    """Make a commit of one note."""
    stored: StoredEvent = {
        "event_id": event_id or new_id(),
        "type": "noted",
        "schema_version": 1,
        "occurred_at": LONG_AGO,
        "data": {"text": text},
    }
    return Draft(
        stream=stream,
        version=version,
        events=(stored,),
        recorded_at=LONG_AGO,
        office="1471",
        actor={"kind": "officer", "id": "budi"},
        command_id=new_id(),
        fingerprint=None,
        correlation_id="c",
        causation_id="c",
    )
