"""What the tour looks like: colours and pauses on a terminal, plain text anywhere else."""

import json
import os
import re
import shutil
import sys
import textwrap
import time
from collections.abc import Iterable
from typing import Any

import click

from deploy.demo.api import Answer

WIDEST, NARROWEST = 100, 50
MARGIN = "    "
ASIDE = MARGIN + " " * 6
"""Where calls begin, to the right of who makes them."""

GLUE = "\N{NO-BREAK SPACE}"

ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")


class Screen:
    """Writes to stdout; `paced` lets people read along, on a terminal only."""

    def __init__(self, *, paced: bool) -> None:
        terminal = sys.stdout.isatty()
        columns = shutil.get_terminal_size((WIDEST, 24)).columns
        self._width = max(NARROWEST, min(WIDEST, columns))
        self._colours = terminal and not os.environ.get("NO_COLOR")
        self._paced = paced and terminal
        if not terminal:
            sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]

    def pause(self, seconds: float) -> None:
        """Leave time to read."""
        if self._paced:
            time.sleep(seconds)

    def title(self, text: str) -> None:
        """Begin the tour."""
        self._line("")
        self._line(click.style(text, bold=True))

    def part(self, text: str) -> None:
        """Begin a part."""
        self._line("")
        rule = "─" * (self._width - len(text) - 4)
        self._line(click.style(f"── {text} {rule}", fg="cyan", bold=True))

    def step(self, number: int, text: str) -> None:
        """Say who does what."""
        self._line("")
        for n, line in enumerate(self._wrapped(text, MARGIN)):
            start = f"{number:>2}  " if n == 0 else MARGIN
            self._line(click.style(start + line.strip(), bold=True))

    def say(self, text: str, margin: str = MARGIN) -> None:
        """Tell something."""
        for line in self._wrapped(text, margin):
            self._line(line)

    def gap(self) -> None:
        """Leave a line free."""
        self._line("")

    def call(
        self, who: str, method: str, path: str, answer: Answer, body: dict[str, Any] | None
    ) -> None:
        """Show a call, what it was answered, how long that took, and what was sent."""
        tail = f"{answer.status}{answer.ms:7.0f} ms"
        room = self._width - len(ASIDE) - len(method) - len(tail) - 3
        shown = clipped(shortened(path), room)
        self._line(
            MARGIN
            + f"{who:<6}"
            + click.style(method, bold=True)
            + f" {shown:<{room}}  "
            + click.style(tail, fg="green")
        )
        if body:
            self.dump(json.dumps(body, ensure_ascii=False), ASIDE)

    def command(self, text: str) -> None:
        """Show what is typed at a terminal."""
        self._line(MARGIN + click.style("$ ", dim=True) + click.style(text, bold=True))

    def result(self, text: str) -> None:
        """Show what came of it."""
        for n, line in enumerate(self._wrapped(text, MARGIN + "  ")):
            start = MARGIN + click.style("→ ", fg="green") if n == 0 else MARGIN + "  "
            self._line(start + line.strip())

    def happened(self, at: str, who: str, text: str, colour: str | None = None) -> None:
        """Show what happened at a time, and to whom."""
        start = f"{MARGIN}{at}  {who:<6}"
        for n, line in enumerate(self._wrapped(text, " " * len(start))):
            shown = click.style(line.strip(), fg=colour, bold=colour is not None)
            self._line((click.style(start, dim=True) if n == 0 else " " * len(start)) + shown)

    def aside(self, at: str, what: str, text: str) -> None:
        """Show something besides, in one line that does not draw the eye."""
        self._line(click.style(f"{MARGIN}{at}  {what:<6}{text}", dim=True))

    def chart(self, lines: Iterable[str]) -> None:
        """Show a drawing made of letters."""
        for line in lines:
            self._line(f"{MARGIN}{line}".rstrip())

    def mail(self, to: str, subject: str, lines: Iterable[str]) -> None:
        """Show an e-mail that has arrived: to whom, about what, how it begins."""
        bar = MARGIN + click.style("│ ", fg="magenta")
        room = self._width - len(MARGIN) - 2
        self._line("")
        self._line(MARGIN + click.style(clipped(f"┌ e-mail to {to}", room), fg="magenta"))
        self._line(bar + click.style(clipped(subject, room), bold=True))
        for line in lines:
            self._line(bar + clipped(line, room))
        self._line(MARGIN + click.style("└ …", fg="magenta"))

    def rows(self, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
        """Show a table; a row of one cell is a heading of its own, the last column is clipped."""
        table = list(rows)
        full = [heads, *(row for row in table if len(row) > 1)]
        widths = [max(len(row[n]) for row in full) for n in range(len(heads) - 1)]
        self._line(click.style(self._row(heads, widths), dim=True))
        for row in table:
            if len(row) == 1:
                self._line(click.style(MARGIN + row[0], fg="cyan"))
            else:
                self._line(self._row(row, widths))

    def pairs(self, *pairs: tuple[str, str]) -> None:
        """Show what is found where."""
        width = max(len(name) for name, _ in pairs)
        for name, where in pairs:
            self._line(f"  {name:<{width}}  " + click.style(where, bold=True))

    def dump(self, text: str, margin: str = MARGIN) -> None:
        """Show something as it is stored or sent; a name and its value stay on one line."""
        for line in self._wrapped(text.replace('": ', f'":{GLUE}'), margin):
            self._line(click.style(line.replace(GLUE, " "), dim=True))

    def raw(self, text: str) -> None:
        """Print lines to be copied, as they are."""
        self._line(text)

    def _row(self, cells: tuple[str, ...], widths: list[int]) -> str:
        first = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False))
        return clipped(f"{MARGIN}{first}  {cells[-1]}", self._width).rstrip()

    def _wrapped(self, text: str, margin: str) -> list[str]:
        return textwrap.wrap(
            text,
            self._width,
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _line(self, text: str) -> None:
        click.echo(text, color=self._colours)


def clipped(text: str, longest: int) -> str:
    """Return `text`, cut when it is longer."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shortened(text: str) -> str:
    """Return `text` with long ids cut to what tells them apart."""
    return ID.sub(r"\1…", text)


def words(code: str) -> str:
    """Return a code such as `in_progress` as people write it."""
    return code.replace("_", " ")
