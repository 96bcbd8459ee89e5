"""`pst log`: look at the event log."""

import json

import click
import msgspec

from contracts.common import plain, rfc3339
from kernel.codec import EventTypes, UnknownEvent
from kernel.commit import Head
from kernel.database import Document
from kernel.facts import Fact, facts_of
from pst.progress import ProgressLine
from pst.services import SERVICES, service
from pst.shown import harmless
from pst.system import System, system
from pst.verify import Broken, verify


def _head(_context: click.Context, _option: click.Parameter, text: str | None) -> Head | None:
    if text is None:
        return None
    position, _, seal = text.strip().partition(":")
    try:
        head = Head(int(position), bytes.fromhex(seal))
        if head.position < 0 or len(head.hash) != len(Head().hash):
            raise ValueError("no log has it: it must not pass for one that was held against it")
    except ValueError:
        raise click.BadParameter("write POSITION:HASH as this command printed it") from None
    return head


@click.group()
def log() -> None:
    """The event log: what happened, in order."""


@log.command("show", epilog="Example: pst log show register-1471-2026")
@click.argument("stream")
@click.option("--service", "name", default="consultation", show_default=True, help="Whose log.")
@click.option("--clear", is_flag=True, help="Open the personal fields (needs the master key).")
def log_show(stream: str, name: str, clear: bool) -> None:
    """Print the facts of STREAM, oldest first.

    The stream of a request is consultation-ID, with the ID that the API gives it.
    """
    types = service(name).types
    opened = system(*(("master_key",) if clear else ()))
    vault = opened.checked_vault() if clear else None
    commits = opened.log(name).read_stream(stream)
    if not commits:
        raise click.ClickException(f"the {name} log has no stream named {harmless(stream)}")
    for commit in commits:
        for fact in facts_of(commit, types, vault):
            click.echo(harmless(_line(fact, types.personal(fact.event) if not clear else ())))


@log.command(
    "verify",
    epilog="Examples: pst log verify; pst log verify consultation --head POSITION:HASH",
)
@click.argument("service", type=click.Choice(list(SERVICES)), required=False)
@click.option(
    "--head", "kept", callback=_head, metavar="POSITION:HASH", help="A head printed earlier."
)
def log_verify(service: str | None, kept: Head | None) -> None:
    """Prove that the log of SERVICE, or of all, is as it was written.

    Prints the head of each, POSITION:HASH. Keep it where the database's owner cannot write:
    with --head, what was cut off or written anew after it shows too. Exit status 1 and the
    first bad commit if there is one. Harmless beside running services.
    """
    if kept and not service:
        raise click.UsageError("--head is the head of one log: name its SERVICE")
    opened = system()
    bad = [not _verified(opened, name, kept) for name in ([service] if service else SERVICES)]
    if any(bad):
        raise click.exceptions.Exit(1)


def _verified(opened: System, name: str, kept: Head | None) -> bool:
    unread = Unread(SERVICES[name].types)
    line, length = ProgressLine(f"{name} log", "commits"), opened.log(name).head().position

    def done(commit: Document) -> None:
        line(commit["position"], length)
        unread.look(commit)

    try:
        head = verify(opened.db(name), done, kept)
    except Broken as fault:
        click.echo(f"{name}: {fault}")
        return False
    line.end(head.position)
    if unread.first:
        # the log is whole all the same: a newer version of this program wrote it
        click.echo(f"pst: {name}: {unread.count} events cannot be read: {unread.first}", err=True)
    click.echo(f"{name}: {head.position} commits, head {head.position}:{head.hash.hex()}")
    return True


class Unread:
    """Counts events that this version of the program cannot read."""

    def __init__(self, types: EventTypes) -> None:
        self._types = types
        self.count = 0
        self.first = ""

    def look(self, commit: Document) -> None:
        """Try to read the events of a commit."""
        for stored in commit["events"]:
            try:
                self._types.decode(stored)
            except (UnknownEvent, msgspec.ValidationError) as error:
                self.count += 1
                self.first = self.first or f"position {commit['position']}: {error}"


def _line(fact: Fact, sealed: tuple[str, ...]) -> str:
    data = plain(fact.event)
    shown = {k: "[sealed]" if k in sealed and v is not None else v for k, v in data.items()}
    who = f"{fact.actor_kind}:{fact.actor_id}"
    words = json.dumps(shown, ensure_ascii=False)
    return (
        f"{fact.sequence:>4}  {rfc3339(fact.occurred_at)}  @{fact.position:<6}"
        f" {fact.name:<24} {who:<18} {words}"
    )
