"""The operators' page names commands that exist; what they do is tested where they are."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

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
    head = "1:" + "00" * 32
    return command, [head if word == "POSITION:HASH" else word for word in words]


@pytest.mark.parametrize("line", TYPED)
def test_typed_command_is_understood(line):
    """With its arguments and options."""
    command, words = found(line)
    assert command.make_context(command.name, words)


def commands(command, *words):
    """Yield each command and group below one, with what is typed for it."""
    yield words, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, *words, name)


@pytest.mark.parametrize(
    ("words", "command"),
    list(commands(cli)),
    ids=lambda v: "-".join(v) if isinstance(v, tuple) else "",
)
def test_help_says_all_of_it_with_an_example(words, command):
    """A list of commands breaks off no sentence; an example can be typed."""
    said = CliRunner().invoke(cli, [*words, "--help"]).output
    if isinstance(command, click.Group):
        assert "..." not in said.replace("[ARGS]...", "")
        return
    for example in re.findall(r"\bpst ([^;>\n]+)", said.partition("Example")[2]) or [""]:
        found_there, rest = found(example)
        assert found_there is command
        assert command.make_context(command.name, rest)


@pytest.mark.parametrize("line", MENTIONED)
def test_mentioned_command_exists(line):
    """Though not always with all its arguments."""
    assert found(line)[0].callback
