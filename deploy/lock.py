"""One start per run directory: whoever holds the lock is alive, so its number can be trusted."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.paths import shown
from deploy.problem import Problem

FILE = "lock"


@contextmanager
def held(run_dir: Path) -> Iterator[None]:
    """Hold the run directory; raise `Problem` when another process does."""
    with (run_dir / FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(
                f"Already running in {shown(run_dir)} (process {_number(run_dir)}): `make stop`"
                " ends it; a second instance needs another PST_PORT and PST_RUN_DIR."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def holder(run_dir: Path) -> int | None:
    """Return the number of the process that holds the run directory, None when none does."""
    try:
        with (run_dir / FILE).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _number(run_dir)
    return None


def _number(run_dir: Path) -> int:
    return int((run_dir / FILE).read_text() or 0)
