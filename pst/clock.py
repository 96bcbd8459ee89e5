"""`pst clock`: the time of a system that may travel."""

import os
from datetime import timedelta

import click

from contracts.common import rfc3339
from kernel import config
from kernel.clock import Clock
from kernel.database import TravelledTime, connect, database
from pst.settings import settings, started_with
from pst.when import duration as parsed


@click.group()
def clock() -> None:
    """The time this system believes it is; it travels only with PST_TIME_TRAVEL=1."""


@clock.command("show")
def clock_show() -> None:
    """Print the time, and by how much it is ahead."""
    given = settings("mongo_url")
    offset = _travelled(given) if given.time_travel else timedelta
    click.echo(f"{rfc3339(Clock(offset).now())}  ahead by {offset()}")


@clock.command("advance")
@click.argument("duration")
def clock_advance(duration: str) -> None:
    """Move the time of all processes forward by DURATION, such as 7d, 1d12h or 90m."""
    given = settings("mongo_url")
    # who says it to this tool alone has not said it to the services, whose clocks would stay
    running = config.load(started_with() or os.environ)
    if not (given.time_travel and running.time_travel):
        raise click.ClickException("time travel is off; start with PST_TIME_TRAVEL=1 make run")
    travelled = _travelled(given)
    try:
        travelled.advance(parsed(duration))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    click.echo(f"{rfc3339(Clock(travelled).now())}  ahead by {travelled()}")


def _travelled(given: config.Settings) -> TravelledTime:
    return TravelledTime(database(connect(given), given, "clock"))
