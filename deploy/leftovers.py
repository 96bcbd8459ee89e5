"""Finds and ends what belongs to a run directory, however it lost its parent."""

import os
import signal
import time
from pathlib import Path

MARK = "PST_STACK"
"""In the environment of everything started for a run directory; its value is that directory."""


def pids(run_dir: Path) -> list[int]:
    """Return the processes started for `run_dir` that are still there."""
    mark = f"{MARK}={run_dir}".encode()
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid() and mark in _environment(entry)
    ]


def end(run_dir: Path, patience_s: float) -> None:
    """Ask them to end; after `patience_s` make them. Return when none is left."""
    _signal_all(run_dir, signal.SIGTERM)
    deadline = time.monotonic() + patience_s
    while pids(run_dir):
        if time.monotonic() > deadline:
            _signal_all(run_dir, signal.SIGKILL)
        time.sleep(0.05)


def _signal_all(run_dir: Path, number: signal.Signals) -> None:
    for pid in pids(run_dir):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue  # ended by itself meanwhile


def _environment(entry: Path) -> list[bytes]:
    try:
        return (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return []  # gone meanwhile, or somebody else's
