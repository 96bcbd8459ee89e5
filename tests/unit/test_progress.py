"""The progress line of long work with the `pst` tool."""

import sys

import pytest

from pst import progress
from pst.progress import ProgressLine


@pytest.fixture
def time(monkeypatch):
    """A clock that stands at the first of these seconds."""
    seconds = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: seconds[0])
    return seconds


def test_says_share_and_rate_now_and_then(time, capsys):
    """Into a log: a line every few seconds, and the last word."""
    line = ProgressLine("consultations", "commits")
    line(10, 200)
    time[0] += 5
    line(50, 200)
    line(60, 200)
    time[0] += 5
    line.end(200)
    assert capsys.readouterr().err.splitlines() == [
        "consultations:  25 %  50 of 200 commits, 10/s",
        "consultations: 100 %  200 of 200 commits, 20/s",
    ]


def test_terminal_sees_one_line_rewritten(time, capsys, monkeypatch):
    """In place, and ended only at the end."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    line = ProgressLine("people", "commits")
    time[0] += 1
    line(1, 4)
    line.end(4)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.count("\r") == 2


def test_nothing_to_do_is_done(time, capsys):
    """An empty log divides by nothing."""
    line = ProgressLine("people", "commits")
    time[0] += 5
    line(0, 0)
    assert "100 %  0 of 0 commits, 0/s" in capsys.readouterr().err


def test_short_work_says_nothing_into_a_log(time, capsys):
    """A nightly job that went well is no news."""
    line = ProgressLine("people", "commits")
    line(1, 4)
    line.end(4)
    assert capsys.readouterr().err == ""


def test_nobody_to_tell_is_no_reason_to_end(time, monkeypatch):
    """Closed from the start, or a terminal that went away."""

    def gone(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys.stderr, "write", gone)
    line = ProgressLine("people", "commits")
    time[0] += 5
    line(1, 4)
    line.end(4)
    monkeypatch.setattr(sys, "stderr", None)
    ProgressLine("people", "commits").end(4)
