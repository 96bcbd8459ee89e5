"""`pst deadlines`: the dates that services keep."""

import click

from contracts.common import rfc3339
from kernel.clock import Clock
from kernel.deadlines import Deadlines
from pst.services import service_argument
from pst.system import system
from pst.when import moment


def _readable(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is not None:
        moment(text, Clock().now())  # judged before anything is opened
    return text


@click.group()
def deadlines() -> None:
    """The dates that services keep: reminders, closes, next tries."""


@deadlines.command("list", epilog="Example: pst deadlines list consultation --due-before 2d")
@service_argument
@click.option(
    "--due-before",
    metavar="WHEN",
    callback=_readable,
    help="ISO time, or such as 2d: so long from now.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="List at most so many.",
)
def deadlines_list(service: str, due_before: str | None, limit: int) -> None:
    """List the pending dates of SERVICE, the next one first.

    A date that could not be fired stands where it is tried again, and says how often it failed;
    the log of the service says why.
    """
    opened = system()
    before = moment(due_before, opened.now()) if due_before else None
    found, total = Deadlines(opened.db(service)).pending(before, limit)
    if not found:
        click.echo(f"No date of {service} is pending{_before(due_before)}.")
        return
    width = max(len("stream"), *(len(date.stream) for date in found))
    click.echo(f"{'due':<24}  {'stream':<{width}}  name")
    for date in found:
        failed = f"  (failed {date.failures} times)" if date.failures else ""
        click.echo(f"{rfc3339(date.due_at):<24}  {date.stream:<{width}}  {date.name}{failed}")
    click.echo(f"{len(found)} of {total} pending{_before(due_before)}.")


def _before(due_before: str | None) -> str:
    return f" before {due_before}" if due_before else ""
