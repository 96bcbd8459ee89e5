"""Finds RabbitMQ or installs the distribution's: `python -m deploy.broker`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.problem import Problem
from deploy.progress import tell

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The server itself; what is in the PATH insists on the distribution's own user and node."""

POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks this before a package starts its service; 101 means no."""

APT = ("apt-get", "-qy", "-o", "DPkg::Lock::Timeout=120")
INSTALL = (
    (*APT, "update"),
    (*APT, "install", "--no-install-recommends", "rabbitmq-server"),
)


def installed() -> bool:
    """Tell whether the server and Erlang's name server are there."""
    return SERVER.exists() and shutil.which("epmd") is not None


def install() -> None:
    """Install RabbitMQ without starting its service; raise `Problem` where that cannot be."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Problem(
            "RabbitMQ is missing: install it (`sudo apt-get install rabbitmq-server`),"
            " or set PST_AMQP_URL to a running one (amqp://user:password@host:5672/%2F)."
        )
    tell("  installing rabbitmq-server with apt-get ...")
    with _services_held_back():
        for command in INSTALL:
            _run(command)
    if not installed():
        raise Problem(f"RabbitMQ was installed, but {SERVER} or epmd is missing: set PST_AMQP_URL.")


@contextmanager
def _services_held_back() -> Iterator[None]:
    """Keep apt from starting the node it installs; a policy that is there stays as it is."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _run(command: tuple[str, ...]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stdout.strip().splitlines() or ["no reason given"])[-1]
        raise Problem(
            f"`{' '.join(command)}` failed ({reason}): install rabbitmq-server by hand"
            " or set PST_AMQP_URL."
        )


def main() -> int:
    """Make sure that there is a broker to start."""
    try:
        if not installed():
            install()
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
