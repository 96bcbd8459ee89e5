"""The operators' page names commands that exist; what they do is tested where they are."""

import re
from pathlib import Path

import click
import pytest

from pst.cli import cli

PAGE = Path(__file__).parents[2] / "docs/operations.md"
TEXT = PAGE.read_text()
TYPED = re.findall(r"^pst ([^>\n]+)", TEXT, re.MULTILINE)
MENTIONED = re.findall(r"`pst ([^`]+)`", TEXT)


def found(line):
    """Return the command of a line and the words after it."""
    words, command = line.split(), cli
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    return command, ["1:00" if word == "POSITION:HASH" else word for word in words]


@pytest.mark.parametrize("line", TYPED)
def test_typed_command_is_understood(line):
    """With its arguments and options."""
    command, words = found(line)
    assert command.make_context(command.name, words)


@pytest.mark.parametrize("line", MENTIONED)
def test_mentioned_command_exists(line):
    """Though not always with all its arguments."""
    assert found(line)[0].callback
