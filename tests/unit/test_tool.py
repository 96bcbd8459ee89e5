"""What the `pst` tool says when something goes wrong: one harmless line, and the true cause."""

import os
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    PyMongoError,
)

from contracts.errors import Unavailable
from kernel.config import SettingsError
from pst import cli
from pst.parked_messages import parked_messages
from pst.settings import started_with
from pst.shown import harmless
from tests.support import ROOT

BULK = BulkWriteError(
    {"writeErrors": [{"code": 1, "errmsg": "disk full", "op": {"secret": "rahasia"}}]}
)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (AutoReconnect("gone"), "the database does not answer (AutoReconnect)"),
        (
            DuplicateKeyError("E11000, full error: …", 11000, {"errmsg": "E11000"}),
            "the database refuses: DuplicateKeyError: E11000",
        ),
        (DocumentTooLarge("17 MB"), "the database refuses: DocumentTooLarge: 17 MB"),
        (BULK, "the database refuses: BulkWriteError: disk full"),
        (PyMongoError("a\n\x1b[2J"), r"the database refuses: PyMongoError: a\n\x1b[2J"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_trouble_with_the_database_is_named_for_what_it_is(monkeypatch, capsys, error, says):
    """Only a server that is away does not answer."""

    @click.command()
    def failing():
        raise error

    monkeypatch.setattr(cli, "cli", lambda: failing([]))
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert (end.value.code, capsys.readouterr().err) == (1, f"pst: {says}\n")


def test_what_a_terminal_would_obey_is_written_out():
    """Escapes in seven and eight bits, line ends, turned writing; letters stay."""
    hostile = "Siti ä 中\x1b[2J\x9b2J\r\n\x00\u202eexe\ud800"
    assert harmless(hostile) == r"Siti ä 中\x1b[2J\x9b2J\r\n\x00\u202eexe\ud800"


def typed(*words, **env):
    """Type a command where nothing was ever started; return status and the last line."""
    environ = {"PATH": os.environ["PATH"], "PST_RUN_DIR": "/nonexistent", **env}
    command = [ROOT / ".venv/bin/pst", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["deadlines", "list", "consultation", "--due-before", "nonsense"],
            "'nonsense' is no time",
        ),
        (["deadlines", "list", "consultation", "--due-before", ""], "'' is no time"),
        (["clock", "advance", "soon"], "'soon' is no duration"),
        (["queue", "what-if", "--office", "1471", "--date", "kemarin"], "'kemarin' is no date"),
        *(
            (["queue", "what-if", "--office", "1471", "--date", "2026-11-23", *words], says)
            for words, says in (
                (["--desks", "0"], "0 is not in the range 1<=x<=999"),
                (["--lane-rule", "0"], "'0' is no lane rule; write first, arrival, or 1 to 99"),
                (["--lane-rule", "last"], "'last' is no lane rule"),
                (["--lane-rule", ""], "'' is no lane rule"),
            )
        ),
        (
            ["report", "waiting", "--office", "1471", "--from", "2026-01-01", "--to", "2026-04-03"],
            "a report is of 92 days at most",
        ),
        (["views", "rebuild", "consultation", "x"], "there is no view named 'x'"),
        (["log", "verify", "consultation", "--head", ""], "write POSITION:HASH"),
        (["log", "verify", "consultation", "--head", "-1:" + "ab" * 32], "write POSITION:HASH"),
        (["log", "verify", "consultation", "--head", "3:ab"], "write POSITION:HASH"),
        (["backup", ""], "it is empty"),
        (["restore", ""], "it is empty"),
        (["token", "--role", "officer", "--sub", ""], "it is empty"),
        *(
            (["token", "--role", "officer", "--sub", "x", "--hours", hours], "number of hours")
            for hours in ("nan", "inf", "1e300", "1e8", "0", "-1")
        ),
    ],
    ids=lambda v: "-".join(v) if isinstance(v, list) else "",
)
def test_what_was_typed_is_judged_before_the_settings(words, says, monkeypatch):
    """An empty variable of a script is neither left out nor taken for something else."""
    monkeypatch.setenv("PST_RUN_DIR", "/nonexistent")
    done = CliRunner().invoke(cli.cli, words)
    assert (done.exit_code, says in done.output) == (2, True), done.output


def test_directory_is_judged_before_the_settings(tmp_path):
    """No backup is there to restore; something is where the backup is to be."""
    (tmp_path / "x").touch()
    assert typed("restore", "/nowhere") == (
        1,
        "pst: /nowhere/manifest.json: No such file or directory; this is no backup of ours",
    )
    says = f"pst: {tmp_path} is there already and not empty: name another directory"
    assert typed("backup", str(tmp_path)) == (1, says)
    assert typed("log", "verify") == (
        2,
        "pst: PST_MONGO_URL is not set (by `make run`, or by you).",
    )


@pytest.mark.parametrize("url", ["mongodb://a:b@@x", "mongodb+srv://one,two"])
def test_url_that_the_driver_cannot_read_is_a_wrong_setting(url):
    """It is not the database that refuses."""
    status, said = typed("log", "verify", PST_MONGO_URL=url)
    assert (status, said.startswith("pst: PST_MONGO_URL is wrong: ")) == (2, True), said


def test_database_that_is_away_has_no_time():
    """What cannot be asked is not told."""
    away = {"PST_MONGO_URL": "mongodb://127.0.0.1:1", "PST_TIME_TRAVEL": "1"}
    says = "pst: the database does not answer (ServerSelectionTimeoutError)"
    assert typed("clock", "show", **away) == (1, says)


def test_broker_that_is_away_is_said_to_be():
    """With what the system says, not with a name of the library."""
    with (
        pytest.raises(Unavailable, match=r"no connection to the broker: .*refused"),
        parked_messages("amqp://127.0.0.1:1", "notifier"),
    ):
        pass
    with (
        pytest.raises(SettingsError, match="PST_AMQP_URL is wrong"),
        parked_messages("amqp://127.0.0.1:1?heartbeat=x", "notifier"),
    ):
        pass


def test_settings_that_are_no_text_are_named(tmp_path, monkeypatch):
    """By the file they are in."""
    (tmp_path / "env").write_bytes(b"\xe9\xff")
    monkeypatch.setenv("PST_RUN_DIR", str(tmp_path))
    with pytest.raises(SettingsError, match="env is not the file that `make run` writes"):
        started_with()


ENDED = """
import os, signal, sys
class Slow:
    def find_spec(self, name, *_):
        if name == "pst.cli":
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Slow())
from pst.start import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_tool_that_is_ended_as_it_starts_says_one_word(number):
    """Ctrl-C comes as early as it likes."""
    command = [sys.executable, "-c", ENDED.format(number=int(number))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "Aborted!\n")
