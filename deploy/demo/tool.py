"""The operator's tool `pst`, run as anybody would run it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from deploy.paths import shown
from deploy.problem import Problem

PST = Path(sys.executable).with_name("pst")


def typed(*words: str) -> str:
    """Return what one types to run it with these words."""
    return " ".join((shown(PST), *words))


def run(*words: str) -> str:
    """Run it against the same system as the tour; return what it prints."""
    done = subprocess.run((str(PST), *words), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Problem(f"`{typed(*words)}` fails: {reason}")
    return done.stdout


def for_this_run_dir() -> str:
    """Return what one puts before the tool when the run directory is not the usual one."""
    given = os.environ.get("PST_RUN_DIR", "").strip()
    return f"PST_RUN_DIR={shlex.quote(given)} " if given else ""


def duration(seconds: int) -> str:
    """Write seconds as `pst clock advance` reads them: `2d11h57m48s`."""
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
