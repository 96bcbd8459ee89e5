"""Measure this system beside its peers: `python -m bench`, or `make bench`.

Prints a table and writes bench/RESULTS.md with its plots; a run of some rows only, or a quick
one, writes nothing. Everything it starts listens on 127.0.0.1 and ends with it.
"""

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from bench import report, setup
from bench.harness import Bench, Row, say
from bench.rows import ROWS
from bench.table import table

MINUTES = 14
"""What a run may take; who cannot keep to it leaves out its last step and says so."""

PLACE = "/var/tmp"  # noqa: S108 - on a disk, and open to the user that PostgreSQL runs as


@click.command(help=__doc__)
@click.option("--only", multiple=True, type=click.Choice(list(ROWS)), help="Measure this row.")
@click.option("--quick", is_flag=True, help="Short axes, one round: does it run?")
@click.option("--full", is_flag=True, help="Long axes too; takes half an hour.")
@click.option("--rounds", default=3, show_default=True, help="Rounds a median is taken of.")
def main(only: tuple[str, ...], quick: bool, full: bool, rounds: int) -> None:
    """Run the rows and report."""
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job ignores Ctrl-C
        signal.signal(number, _interrupted)
    started = time.monotonic()
    rows: list[Row] = []
    with _home() as home:
        bench = Bench(home, 1 if quick else rounds, quick, full, ends_at=started + MINUTES * 60)
        try:
            setup.install()
            for name in only or ROWS:
                rows.append(_measured(name, bench))
        except KeyboardInterrupt:
            say("interrupted")
            sys.exit(130)
        finally:  # also what was measured before something broke off
            print(table(rows))
    minutes = (time.monotonic() - started) / 60
    if not (only or quick):
        report.write(rows, minutes, rounds)
    say(f"{minutes:.1f} minutes")


def _measured(name: str, bench: Bench) -> Row:
    started = time.monotonic()
    say(f"{list(ROWS).index(name) + 1}/{len(ROWS)} {name} ...")
    row = ROWS[name](bench)
    say(f"  {time.monotonic() - started:.0f} s")
    return row


@contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="pst-bench-", dir=PLACE))
    home.chmod(0o755)  # PostgreSQL's user must reach its own directory in it
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _interrupted(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
