"""`pst views`: what readers see, made from the log."""

from collections.abc import Iterator

import click

from kernel.checkpoint import ID, Checkpoint
from kernel.codec import EventTypes
from kernel.database import Db
from kernel.event_log import EventLog
from kernel.view_following import collections_of
from kernel.views import View, live
from pst.progress import ProgressLine
from pst.rebuilding import Rebuild
from pst.services import Service, service_argument
from pst.services import service as service_named
from pst.system import system


@click.group()
def views() -> None:
    """Views: what readers see, made from the log."""


@views.command("list", epilog="Example: pst views list consultation")
@service_argument
def views_list(service: str) -> None:
    """List the views of SERVICE, and how far each is behind.

    Under every definition that still has documents. `live` is what this installation reads.
    Another definition is that of processes of another version; the services drop it ten minutes
    after the last of them has gone, and what a rebuild has left a minute after it.
    """
    found, db = _opened(service)
    head = EventLog(db).head().position
    click.echo(f"{'VIEW':<16} {'COLLECTION':<44} {'DOCUMENTS':>9} {'POSITION':>9} {'BEHIND':>9}")
    for view in found.views:
        for name, which in _collections(db, view, found.types):
            click.echo(f"{view.name:<16} {_line(db, name, head)}  {which}")


@views.command("rebuild", epilog="Example: pst views rebuild consultation people")
@service_argument
@click.argument("view", required=False)
def views_rebuild(service: str, view: str | None) -> None:
    """Make VIEW of SERVICE, or all of them, anew from the log.

    The system may run: readers see the old documents until the new ones are complete. Before a
    new version is rolled out, its `pst` can so build the changed views in advance.
    """
    known = {each.name: each for each in service_named(service).views}
    if view not in (None, *known):
        raise click.BadParameter(f"there is no view named {view!r}; known: {', '.join(known)}")
    found, db = _opened(service)
    chosen = [known[view]] if view else found.views
    for each in chosen:
        _rebuild(db, found, each)


def _rebuild(db: Db, found: Service, view: View) -> None:
    line = ProgressLine(view.name, "commits")
    done = Rebuild(db, EventLog(db), found.types, view, line).run()
    line.end(done)
    documents = _documents(db, live(db, view.definition(found.types)).name)
    click.echo(f"{view.name}: rebuilt, {documents} documents from {done} commits")


def _opened(name: str) -> tuple[Service, Db]:
    return service_named(name), system().db(name)


def _line(db: Db, name: str, head: int) -> str:
    position = Checkpoint(db[name]).read()
    return f"{name:<44} {_documents(db, name):>9} {position:>9} {head - position:>9}"


def _documents(db: Db, name: str) -> int:
    return db[name].count_documents({"_id": {"$ne": ID}})


def _collections(db: Db, view: View, types: EventTypes) -> Iterator[tuple[str, str]]:
    definition = view.definition(types)
    current = live(db, definition).name
    yield current, "live"
    for found, names in collections_of(db, view).items():
        word = "being rebuilt, or replaced" if found == definition else "another definition"
        yield from ((name, word) for name in names if name != current)
