"""End what runs in the run directory: `python -m deploy.stop`."""

import os
import signal
import sys
import time

from deploy import leftovers, lock, paths

PATIENCE_S = 120.0


def main() -> int:
    """Ask the starter to end and wait until it has; nothing running is fine too."""
    run_dir = paths.run_dir(os.environ)
    pid = lock.holder(run_dir)
    if pid:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while pid and lock.holder(run_dir) == pid:
        if time.monotonic() > deadline:
            print(f"Process {pid} does not end: `kill -9 {pid}`.", file=sys.stderr)
            return 1
        time.sleep(0.1)
    leftovers.end(run_dir, patience_s=20)  # of a starter that was killed
    words = "Stopped what ran" if pid else "Nothing runs"
    print(f"{words} in {paths.shown(run_dir)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
