"""The guided tour where it cannot play, and where it is left: what it says then."""

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.demo import COMMAND, copied, demo, environment
from tests.support import ROOT, Stack


@pytest.mark.parametrize("asked", ["", "1"])
def test_without_time_travel_the_tour_says_so(stack: Stack, tmp_path: Path, asked: str) -> None:
    """It plays what it can and leaves the clock alone, whatever the tour itself is told."""
    run_dir = copied(stack, tmp_path / "run", PST_TIME_TRAVEL="0")
    before = stack.pst("clock", "show").split("ahead by")[1]
    settings = {"PST_TIME_TRAVEL": asked} if asked else {}
    done = demo(run_dir, **settings)
    assert done.returncode == 0, done.stderr
    assert "`PST_TIME_TRAVEL=1 make run` turns it on" in " ".join(done.stdout.split())
    assert "closed · met · 5" in done.stdout
    assert "A morning at the counters: left out" in done.stdout
    assert "TOKEN=" not in done.stdout
    assert stack.pst("clock", "show").split("ahead by")[1] == before


def test_system_that_does_not_run_is_named(stack: Stack, tmp_path: Path) -> None:
    """Never started, or ended: one line says what to do."""
    ended = copied(stack, tmp_path / "ended", PST_PORT="1")
    for run_dir in (tmp_path / "never", ended):
        done = demo(run_dir)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
        assert "`make run`" in done.stderr


def test_wrong_setting_is_named(stack: Stack) -> None:
    """As everywhere: one line, exit status 2."""
    done = demo(stack.run_dir, PST_PORT="abc")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("PST_PORT")


def test_ctrl_c_ends_the_tour(stack: Stack) -> None:
    """At a terminal, in the middle of a pause: no traceback, and status 130."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=environment(stack.run_dir, TERM="xterm"),
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    said = b""
    while b"Siti" not in said.partition(b" 1  ")[2]:
        said += os.read(ours, 1024)
    assert b"\x1b[1m" in said  # a terminal is given colours
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert process.stderr is not None
    assert process.stderr.read().strip() == "The tour ends here."
    os.close(ours)
