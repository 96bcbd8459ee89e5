"""The guided tour, `make demo`: what a newcomer sees, and what it says where it cannot play."""

import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.demo import COMMAND, Toured, copied, demo, environment
from tests.support import ROOT, Stack


@pytest.fixture(scope="module")
def tour(toured: Toured) -> str:
    """What the whole tour says."""
    return toured.said


def test_siti_is_answered(tour: str) -> None:
    """Four e-mails come to her, the note stays inside, the double click has one effect."""
    first = tour[tour.index("── Siti") : tour.index("── Rian")]
    subjects = re.findall(r"│ \[KS-1471-\d{4}-\d{6}\] (.*)", first)
    assert len(subjects) == 4
    assert first.count("┌ e-mail to Siti Rahma <siti@example.com>") == 4
    assert "Budi sees 3 messages" in first
    assert "Siti sees 2 messages" in first
    assert "limit met" in first
    assert "Idempotency-Replayed: true" in first


def test_limit_is_told_with_the_days_it_leaves_out(tour: str) -> None:
    """In Indonesian, by name."""
    assert re.search(r"due \w+, \d+ \w+ \d{4} pukul \d\d\.\d\d WIB", tour)
    assert "(Hari Raya Natal)" in " ".join(tour.split())


def test_rian_is_reminded_closed_by_silence_and_reopened(tour: str) -> None:
    """Reminders at nine on days 3, 5 and 6, the end at the last second of day 7."""
    second = tour[tour.index("── Rian") : tour.index("── Looking back")]
    assert re.findall(r"Day (\d) of silence: reminder (\d)", second) == [
        ("3", "1"),
        ("5", "2"),
        ("6", "3"),
    ]
    assert len(re.findall(r"→ 09\.00\.\d\d  silence_reminder_due", second)) == 3
    assert second.count("Menunggu balasan Anda") == 3
    assert re.search(r"consultation_closed, reason user_silent", second)
    assert "│ [KS-" in second[second.index("user_silent") :]
    assert re.search(r"KS-1471-\d{4}-\d{6}: in progress, turn: officer", second)


def test_published_events_are_shown_in_order(tour: str) -> None:
    """As the subscriber got them, each with the step that caused it or the clock."""
    second = tour[tour.index("── Rian") : tour.index("── Looking back")]
    rows = re.findall(r"^ {4}\d\d\.\d\d\.\d\d  (\S+) +\d* +(\w+)", second, re.MULTILINE)
    by_clock = [name for cause, name in rows if cause == "clock" and name[:5] != "notif"]
    assert by_clock == [*["silence_reminder_due"] * 3, "consultation_closed"]
    told = [name for cause, name in rows if cause != "clock" and name[:5] != "notif"]
    assert told[:2] == ["consultation_submitted", "request_accepted"]
    assert told[-2:] == ["consultation_reopened", "message_posted"]


def test_state_is_shown_as_it_stood(tour: str) -> None:
    """After each decision, from `?at=`; the log shows what is personal as sealed."""
    last = tour[tour.index("── Looking back") : tour.index("── A morning")]
    stood = re.findall(r"(?:user|officer) +(\S.* · .* · \d)$", last, re.MULTILINE)
    assert stood[0] == "submitted · not started · 1"
    assert stood[1] == "accepted · running · 1"
    assert stood[-1] == "closed · met · 5"
    assert '"question": "[sealed]"' in last


def test_tour_fits_the_page_and_has_no_colours_in_a_file(tour: str) -> None:
    """100 columns, but for paths and what is to be copied."""
    told = tour[: tour.index("── Where to go from here")]
    assert max(map(len, told.splitlines())) <= 100
    assert "\x1b" not in tour


def test_what_the_tour_offers_works_when_pasted(tour: str) -> None:
    """Rian gets his answer."""
    pasted = tour[tour.index("TOKEN=") :]
    answer = subprocess.run(
        ["bash", "-c", pasted], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert '"by":"officer"' in answer.stdout.replace(" ", "")


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
