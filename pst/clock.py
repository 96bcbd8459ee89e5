"""`pst clock`: the time of a system that may travel."""

import os
from datetime import timedelta

import click

from contracts.common import rfc3339
from host.travelled_time import TravelledTime
from kernel import config
from kernel.clock import Clock
from pst.settings import started_with
from pst.system import System, system
from pst.when import duration as parsed


def _duration(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    return parsed(text)


@click.group()
def clock() -> None:
    """The time this system believes it is.

    It travels only with PST_TIME_TRAVEL=1: for demonstrations, training and tests.
    """


@clock.command("show", epilog="Example: pst clock show")
def clock_show() -> None:
    """Print the time, and by how much it is ahead."""
    opened = system()
    offset = _travelled(opened) if opened.settings.time_travel else timedelta
    click.echo(f"{rfc3339(Clock(offset).now())}  ahead by {offset()}")


@clock.command("advance", epilog="Example: pst clock advance 1d12h")
@click.argument("duration", callback=_duration)
def clock_advance(duration: timedelta) -> None:
    """Move the time of all processes forward by DURATION.

    It never goes back. Write 7d, 1d12h or 90m.
    """
    opened = system()
    # who says it to this tool alone has not said it to the services, whose clocks would stay
    running = config.load(started_with() or os.environ)
    if not (opened.settings.time_travel and running.time_travel):
        raise click.ClickException("time travel is off; start with PST_TIME_TRAVEL=1 make run")
    travelled = _travelled(opened)
    try:
        travelled.advance(duration)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    click.echo(f"{rfc3339(Clock(travelled).now())}  ahead by {travelled()}")


def _travelled(opened: System) -> TravelledTime:
    return TravelledTime(opened.db("clock"))
