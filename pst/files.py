"""`pst files`: what people sent, in the store of `PST_FILES_URL`."""

from datetime import timedelta

import click

from files.opening import open_files
from kernel.clock import Clock
from kernel.view_reading import Reader
from pst.services import SERVICES
from pst.system import system
from pst.when import duration
from services.consultation.attachments.views import FILES
from services.consultation.sweeping import UNDER_WAY, Sweep, Swept


def _duration(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    return duration(text)


@click.group()
def files() -> None:
    """What people sent: the store of PST_FILES_URL."""


@files.command("count", epilog="Example: pst files count")
def files_count() -> None:
    """Count what the store holds, and what the next sweep will take away."""
    found = _sweep(UNDER_WAY, dry=True)
    click.echo(f"{found.files} files, {found.size} bytes.")
    click.echo(_gone(found) + " to be swept.")
    if found.left:
        click.echo(f"{found.left} of those held are unknown: too many to be swept by itself.")


@files.command("sweep", epilog="Example: pst files sweep")
@click.option(
    "--unknown-after",
    metavar="DURATION",
    default="1h",
    show_default=True,
    callback=_duration,
    help="What no fact tells of goes when it is so old; younger may be an upload under way.",
)
def files_sweep(unknown_after: timedelta) -> None:
    """Take away what is not to be held any more.

    The service that leads does so every ten minutes by itself: files that no message used, those
    of people who have been forgotten, and what a cut upload has left. Files that no fact tells of
    it takes only where they are few; this takes them all: see first that the database is the one
    that the files belong to.
    """
    found = _sweep(unknown_after, all_unknown=True)
    click.echo(_gone(found) + " taken away.")
    click.echo(f"{found.files} files left, {found.size} bytes.")


def _sweep(spared: timedelta, **how: bool) -> Swept:
    opened = system("mongo_url", "master_key", "files_url")
    log, types = opened.log("consultation"), SERVICES["consultation"].types
    view = Reader(opened.db("consultation"), log, types, FILES)
    sweep = Sweep(
        open_files(opened.settings),
        view,
        lambda: log.head().position,
        opened.checked_vault().forgotten,
    )
    return sweep.run(Clock().now(), spared=spared, **how)


def _gone(found: Swept) -> str:
    by_reason = ", ".join(f"{found.gone[r]} {r}" for r in ("dropped", "forgotten", "unknown"))
    return f"{found.gone.total()} files ({by_reason})"
