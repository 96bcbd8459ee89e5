"""What the rows run against: each server in the bench's own directory, ended with the bench.

All keep their files on one file system and listen on 127.0.0.1 only.
"""

import os
import pwd
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy import database, ports, probes

ROOT = Path(__file__).parents[1]
PG_BIN = Path("/usr/lib/postgresql/15/bin")
PG_USER = "postgres"
PATIENCE_S = 60.0


@contextmanager
def process(
    command: tuple[str, ...],
    said: Path,
    ready: Callable[[], str | None],
    cwd: Path = ROOT,
    /,
    **environ: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process until the block ends; enter when `ready` returns None.

    It is in a session of its own: Ctrl-C reaches the bench, and the bench ends it.
    """
    with said.open("ab") as out:
        started = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        await_ready(started, ready, said)
        yield started
    finally:
        end(started)


def await_ready(
    started: subprocess.Popen[bytes], ready: Callable[[], str | None], said: Path
) -> None:
    """Wait until `ready` returns None; raise when the process ends or takes too long."""
    give_up = time.monotonic() + PATIENCE_S
    while reason := ready():
        if started.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"{reason}; it said:\n{said.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def end(started: subprocess.Popen[bytes]) -> None:
    """End a process, the hard way when it does not listen."""
    started.terminate()
    try:
        started.wait(30)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()


@contextmanager
def mongo(home: Path) -> Iterator[str]:
    """Run the database server as `make run` does; its URL."""
    port = ports.free()
    url = database.URL.format(port=port)
    home.mkdir(parents=True)
    said = home / "said"
    command = database.command(home / "database", port)
    with process(command, said, lambda: probes.database(url)):
        yield url


@contextmanager
def postgres(home: Path) -> Iterator[int]:
    """Run a PostgreSQL 15 cluster of our own; its port. Everything durable is as by default.

    PostgreSQL refuses to be root; then it is the package's user `postgres`.
    """
    port = ports.free()
    home.mkdir()
    if os.geteuid() == 0:
        user = pwd.getpwnam(PG_USER)
        os.chown(home, user.pw_uid, user.pw_gid)
    data, said = str(home / "data"), str(home / "said")
    _pg("initdb", "--pgdata", data, "--username", "bench", "--auth", "trust", "--no-sync")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(home),
        "fsync": "on",
        "synchronous_commit": "on",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _pg("pg_ctl", "start", "--wait", "--pgdata", data, "--log", said, "--options", options)
    try:
        yield port
    finally:
        _pg("pg_ctl", "stop", "--wait", "--pgdata", data, "--mode", "fast")


def _pg(tool: str, *words: str) -> None:
    command: tuple[str, ...] = (str(PG_BIN / tool), *words)
    if os.geteuid() == 0:
        command = ("runuser", "-u", PG_USER, "--", *command)
    done = subprocess.run(
        command, cwd="/", capture_output=True, text=True, check=False, start_new_session=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"{tool} fails: {done.stderr.strip() or done.stdout.strip()}")
