"""What the `pst` tool says when something goes wrong: one harmless line, and the true cause."""

import click
import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    PyMongoError,
)

from pst import cli
from pst.shown import harmless

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
