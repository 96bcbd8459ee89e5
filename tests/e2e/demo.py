"""The tour, taken as `make demo` takes it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy import env_file
from tests.support import ROOT, Stack, meanwhile

COMMAND = (sys.executable, "-m", "deploy.demo")

Envelope = dict[str, Any]


@dataclass(frozen=True)
class Toured:
    """What the whole tour said, and what other systems heard of its morning meanwhile."""

    said: str
    events: list[Envelope]


def environment(run_dir: Path, **settings: str) -> dict[str, str]:
    """Return what `make demo` sees of a system in `run_dir`."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PST_")}
    return {**inherited, "PST_RUN_DIR": str(run_dir), **settings}


def demo(run_dir: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Take the tour to its end."""
    return subprocess.run(
        (*COMMAND, *words),
        cwd=ROOT,
        env=environment(run_dir, **settings),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def copied(stack: Stack, run_dir: Path, **settings: str) -> Path:
    """Return a run directory in which the same system is said to run with other settings."""
    run_dir.mkdir()
    env_file.write(run_dir, {**stack.env, **settings})
    return run_dir


def whole_tour(stack: Stack) -> Toured:
    """Take all of it, and listen."""
    stack.wait_ready()
    with stack.subscriber("1471.queue.*") as other:
        with meanwhile(other.drain, every=1.0):
            done = demo(stack.run_dir)
        assert done.returncode == 0, done.stdout + done.stderr
        told = [event for _, event in other.drain()]
    day = told[-1]["subject"].split(".")[1]
    return Toured(done.stdout, [e for e in told if day in e["subject"].replace("-", "")])
