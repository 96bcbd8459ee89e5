"""`make run` itself: what it says when something is wrong, and that it leaves nothing running."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy import database, lock, ports, probes
from tests.support import ROOT, Stack, eventually, running

NEXT_START_S = 15.0
"""Promised for a machine that has nothing else to do."""


def processes_of(run_dir: Path) -> list[str]:
    """Return the command lines of all processes that have to do with `run_dir`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            about = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            if str(run_dir).encode() in about:
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # ended meanwhile, or not ours
    return found


def tool(name: str, run_dir: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run what `make run`, `make stop` or `make clean` runs, until it ends by itself."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PST_")}
    return subprocess.run(
        [sys.executable, "-m", f"deploy.{name}"],
        cwd=ROOT,
        env={**inherited, "PST_RUN_DIR": str(run_dir), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(run_dir: Path, status: int, **settings: str) -> str:
    """Return the one line that a start says which cannot be; it ends with `status`."""
    done = tool("run", run_dir, **{"PST_PORT": str(ports.free()), **settings})
    assert done.returncode == status
    assert processes_of(run_dir) == []
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def test_taken_port_is_named(tmp_path: Path) -> None:
    """Whoever reads the line knows which port, and that PST_PORT moves it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = refusal(tmp_path, 1, PST_PORT=str(port))
    assert line.startswith(f"Port {port} is taken")
    assert "PST_PORT" in line


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("PST_PORT", "abc", 2),
        ("PST_PORT", "70000", 1),
        ("PST_AMQP_URL", "localhost:5672", 2),
        ("PST_AMQP_URL", "amqp://nobody:x@127.0.0.1:1/%2F", 1),
        ("PST_MONGO_URL", "postgres://127.0.0.1", 2),
        ("PST_SMTP_URL", "127.0.0.1", 2),
        ("PST_TIME_TRAVEL", "perhaps", 2),
        ("PST_MASTER_KEY", "c2hvcnQ=", 2),
        ("PST_OFFICES", "/nowhere", 2),
        ("PST_HOST", "192.0.2.1", 1),
    ],
)
def test_wrong_setting_is_named(tmp_path: Path, name: str, value: str, status: int) -> None:
    """The line begins with the setting."""
    assert refusal(tmp_path, status, **{name: value}).startswith(name)


@contextmanager
def lone_database(home: Path) -> Iterator[str]:
    """Have a database server for a while that is no member of a replica set; yield its URL."""
    port = ports.free()
    server = subprocess.Popen([*database.command(home, port), "--standalone"])
    url = f"mongodb://127.0.0.1:{port}"
    try:
        eventually(lambda: probes.port(port) is None)
        yield url
    finally:
        server.terminate()
        server.wait()


def test_database_without_transactions_is_refused(tmp_path: Path) -> None:
    """Before anything is started on it; the line says what would do."""
    with lone_database(tmp_path / "lone") as url:
        line = refusal(tmp_path / "run", 1, PST_MONGO_URL=url)
    assert line.startswith("PST_MONGO_URL")
    assert "no member of a replica set; one member is enough" in line


def test_lost_master_key_is_not_replaced(tmp_path: Path) -> None:
    """A new key could never read the data that the old one sealed."""
    data = tmp_path / "database" / "data"
    data.mkdir(parents=True)
    (data / "WiredTiger").touch()
    assert "master key is lost" in refusal(tmp_path, 1)
    assert not (tmp_path / "env").exists()


def test_part_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    """The line says which part, its last words and where its log is."""
    broken = tmp_path / "bin" / "epmd"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho out of luck\nexit 3\n")
    broken.chmod(0o755)
    run_dir = tmp_path / "run"
    line = refusal(run_dir, 1, PATH=f"{broken.parent}:{os.environ['PATH']}")
    assert line.startswith("epmd keeps dying")
    assert "out of luck" in line
    assert line.endswith(str(run_dir / "log" / "epmd.log"))


def test_second_start_in_the_same_directory_is_refused(stack: Stack) -> None:
    """The first goes on undisturbed."""
    before = stack.control.seen()
    again = tool("run", stack.run_dir, PST_PORT=str(ports.free()))
    assert again.returncode == 1
    assert again.stderr.startswith("Already running in")
    assert stack.control.seen() == before


def test_clean_is_refused_while_running(stack: Stack) -> None:
    """Nothing is deleted under the feet of a running system."""
    assert tool("clean", stack.run_dir).returncode == 1
    assert (stack.run_dir / "env").exists()


def test_settings_are_left_for_the_owner_alone(stack: Stack) -> None:
    """The file holds the master key."""
    assert stat.S_IMODE((stack.run_dir / "env").stat().st_mode) == 0o600
    assert stack.env["PST_PORT"] == str(stack.port)


def test_what_the_banner_offers_works_when_pasted(stack: Stack) -> None:
    """The token and the curl open a consultation as they stand."""
    said = (stack.run_dir / "run.out").read_text()
    pasted = said[said.index("TOKEN=") : said.index("Ctrl-C")]
    answer = subprocess.run(["bash", "-c", pasted], capture_output=True, text=True, check=True)
    assert '"status":"submitted"' in answer.stdout.replace(" ", "")


def test_killed_part_comes_back(stack: Stack) -> None:
    """The supervisor starts it again, and the starter says so."""
    stack.wait_ready("notifier")
    said = (stack.run_dir / "run.out").read_text()
    killed = stack.control.kill("notifier")
    eventually(lambda: stack.control.pid("notifier") not in (killed, None))
    eventually(lambda: "notifier" in (stack.run_dir / "run.out").read_text().removeprefix(said))
    stack.wait_ready("notifier")


def test_nothing_is_left_running_and_the_next_start_finds_everything(tmp_path: Path) -> None:
    """Ctrl-C and `make stop` end all processes; ports and keys stay until `make clean`."""
    run_dir = tmp_path / "run"
    with running(run_dir) as first:
        starter = lock.holder(run_dir)
        assert starter
        os.kill(starter, signal.SIGINT)
        eventually(lambda: lock.holder(run_dir) is None, within=60)
        eventually(lambda: processes_of(run_dir) == [], within=1)
    others_at_work = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    began = time.monotonic()
    with running(run_dir, PST_PORT=str(first.port)) as second:
        assert time.monotonic() - began <= NEXT_START_S * others_at_work
        assert second.env == first.env
        assert tool("stop", run_dir).returncode == 0
        assert processes_of(run_dir) == []
    assert tool("clean", run_dir).returncode == 0
    assert [path.name for path in run_dir.iterdir()] == ["run.out"]  # not made by the starter
