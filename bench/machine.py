"""On what, and with which versions, was measured."""

import json
import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from bench.servers import PG_BIN, ROOT
from bench.setup import EMMETT

PACKAGES = (
    *("SecantusDB", "pymongo", "nameko", "eventlet", "eventsourcing", "psycopg", "msgspec"),
    *("Flask", "SQLAlchemy", "gunicorn"),
)
EMMETT_PACKAGES = ("@event-driven-io/emmett-mongodb", "@event-driven-io/emmett", "mongodb")


def machine() -> list[str]:
    """Return what the figures depend on, a line each."""
    cpu = _field(Path("/proc/cpuinfo"), "model name")
    memory = int(_field(Path("/proc/meminfo"), "MemTotal").split()[0]) / 1024 / 1024
    disk = _said("findmnt", "-no", "FSTYPE,OPTIONS", "--target", "/var/tmp")  # noqa: S108
    return [
        f"{os.cpu_count()} × {cpu}, {memory:.0f} GiB, {platform.system()} {platform.release()}",
        f"all databases on one file system: {disk}",
        f"load average at the end: {os.getloadavg()[0]:.1f}",
        f"commit {_said('git', '-C', str(ROOT), 'describe', '--always', '--dirty')}",
    ]


def versions() -> list[str]:
    """Return the names and versions of everything that took part."""
    packages = [f"{name} {metadata.version(name)}" for name in PACKAGES]
    lock = json.loads((EMMETT / "package-lock.json").read_text())["packages"]
    node = [f"{name} {lock[f'node_modules/{name}']['version']}" for name in EMMETT_PACKAGES]
    postgres = _said(str(PG_BIN / "postgres"), "--version")
    broker = _said("dpkg-query", "-Wf", "RabbitMQ ${Version}", "rabbitmq-server")
    return [
        f"Python {platform.python_version()}",
        f"Node.js {_said('node', '--version')}",
        postgres,
        broker,
        *packages,
        *(f"npm {name}" for name in node),
    ]


def _field(path: Path, name: str) -> str:
    lines = path.read_text().splitlines()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith(name)), "unknown")


def _said(*command: str) -> str:
    if not shutil.which(command[0]):
        return f"{command[0]}: unknown"
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
