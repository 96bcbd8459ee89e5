"""The tour, taken as `make demo` takes it."""

import os
import subprocess
import sys
from pathlib import Path

from deploy import env_file
from tests.support import ROOT, Stack

COMMAND = (sys.executable, "-m", "deploy.demo")


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
