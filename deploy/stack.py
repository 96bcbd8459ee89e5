"""A whole system for a test or a bench: `with running(directory) as stack: ...`."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import ports
from deploy.control import Control
from deploy.paths import REPOSITORY
from deploy.problem import Problem
from kernel.config import read_env_file

READY = "Ready in "
PATIENCE_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A running system; `starter` is the process that ends it on SIGTERM."""

    address: str
    run_dir: Path
    output: Path
    starter: subprocess.Popen[bytes]
    control: Control

    @property
    def settings(self) -> dict[str, str]:
        """The `PST_*` settings in force, as `pst` reads them."""
        return read_env_file(self.run_dir / "env")

    def ops(self, service: str) -> str:
        """Return where a service answers `/health/ready` and `/metrics`."""
        return f"http://127.0.0.1:{ports.load(self.run_dir)[service]}"


@contextmanager
def running(run_dir: Path, **settings: str) -> Iterator[Stack]:
    """Start a system with its data in `run_dir`, yield it when it is ready, end it.

    `settings` are `PST_*` variables, by their full names; those of the caller's own environment
    do not count. `PST_PORT` is any free one unless given. Raises `Problem` with what the starter
    said when it gives up.
    """
    settings = {"PST_PORT": str(ports.free()), **settings}
    starter, output = start(run_dir, **settings)
    try:
        _await_ready(starter, output)
        control = Control(run_dir)
        yield Stack(
            address=f"http://127.0.0.1:{settings['PST_PORT']}",
            run_dir=run_dir,
            output=output,
            starter=starter,
            control=control,
        )
        control.close()
    finally:
        starter.terminate()
        starter.wait()


def start(run_dir: Path, **settings: str) -> tuple[subprocess.Popen[bytes], Path]:
    """Begin a start; return the starter and the file with all that it says."""
    run_dir.mkdir(parents=True, exist_ok=True)
    output = run_dir / "starter.log"
    others = {name: value for name, value in os.environ.items() if not name.startswith("PST_")}
    with output.open("wb") as file:
        starter = subprocess.Popen(
            [sys.executable, "-m", "deploy.run"],
            cwd=REPOSITORY,
            env={**others, "PST_RUN_DIR": str(run_dir), **settings},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return starter, output


def _await_ready(starter: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while READY not in output.read_text():
        if starter.poll() is not None or time.monotonic() > deadline:
            raise Problem(f"The system does not start: {output.read_text()}")
        time.sleep(0.05)
