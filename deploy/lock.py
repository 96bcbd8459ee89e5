"""One start per run directory: whoever holds the lock is alive, so its number can be trusted."""

import fcntl
import os
from pathlib import Path

from deploy.paths import shown
from deploy.problem import Problem

FILE = "lock"


def take(run_dir: Path) -> None:
    """Hold the run directory until this process has ended; raise `Problem` when another does."""
    # a bare descriptor: nothing but the end of the process closes it
    lock = os.open(run_dir / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Problem(
            f"Already running in {shown(run_dir)} (process {_number(run_dir)}): `make stop` ends"
            " it; a second instance needs another PST_PORT and PST_RUN_DIR."
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())


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
