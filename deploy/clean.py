"""Take a run directory away, data and keys included: `python -m deploy.clean`."""

import os
import shutil
import sys
from pathlib import Path

from deploy import lock, paths
from deploy.problem import Problem

ENTRIES = (
    *("env", "env.new", "ports.json"),
    *("broker", "database", "mail", "files", "log", "supervisor"),
    lock.FILE,  # last: as long as it is there, the directory counts as one of ours
)
"""What starts make there; anything else is somebody's, and stays."""


def main() -> int:
    """Refuse while something runs there; otherwise leave nothing that a start has made."""
    run_dir = paths.run_dir(os.environ)
    if not run_dir.exists():
        return 0
    if not (run_dir / lock.FILE).exists():
        print(f"{paths.shown(run_dir)} was not made by `make run`: left alone.", file=sys.stderr)
        return 1
    try:
        lock.take(run_dir)
        remove(run_dir)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def remove(run_dir: Path) -> None:
    """Remove what starts make in `run_dir`, and itself if that was all."""
    for entry in (run_dir / name for name in ENTRIES):
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    if not any(run_dir.iterdir()):
        run_dir.rmdir()


if __name__ == "__main__":
    sys.exit(main())
