"""Installs the peers that pip does not: PostgreSQL by apt-get, emmett by npm."""

import os
import shutil
import subprocess
from pathlib import Path

from bench.harness import say
from bench.servers import PG_BIN

EMMETT = Path(__file__).parent / "emmett"


def install() -> None:
    """Install what is missing; raise with one line when that cannot be."""
    if not (PG_BIN / "pg_ctl").exists():
        _apt("postgresql-15")
    if not shutil.which("npm"):
        _apt("npm")
    _npm()


def _apt(package: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"{package} is missing: sudo apt-get install {package}")
    say(f"installing {package} with apt-get ...")
    _run("apt-get", "-qq", "update")
    _run("apt-get", "-qqy", "install", "--no-install-recommends", package)


def _npm() -> None:
    """Install what the lock file says, once."""
    lock, done = EMMETT / "package-lock.json", EMMETT / "node_modules/.installed"
    if done.exists() and done.read_text() == lock.read_text():
        return
    say("installing emmett with npm ...")
    _run("npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(EMMETT))
    done.write_text(lock.read_text())


def _run(*command: str) -> None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise SystemExit(f"{' '.join(command[:3])} fails: {said[-1]}")
