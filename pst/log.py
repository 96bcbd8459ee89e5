"""`pst log`: look at the event log."""

import json

import click

from contracts.common import plain, rfc3339
from kernel.database import connect, database
from kernel.event_log import EventLog
from kernel.facts import Fact, facts_of
from kernel.vault import Vault
from pst.services import service
from pst.settings import settings


@click.group()
def log() -> None:
    """The event log."""


@log.command("show")
@click.argument("stream")
@click.option("--service", "name", default="consultation", show_default=True, help="Whose log.")
@click.option("--clear", is_flag=True, help="Open the personal fields (needs the master key).")
def log_show(stream: str, name: str, clear: bool) -> None:
    """Print the facts of STREAM, such as consultation-4f0c…, oldest first."""
    types = service(name).types
    given = settings("mongo_url", *(("master_key",) if clear else ()))
    client = connect(given)
    vault = Vault(database(client, given, "vault"), given.master_key) if clear else None
    commits = EventLog(database(client, given, name)).read_stream(stream)
    if not commits:
        raise click.ClickException(f"the {name} log has no stream named {stream}")
    for commit in commits:
        for fact in facts_of(commit, types, vault):
            click.echo(_line(fact, types.personal(fact.event) if not clear else ()))


def _line(fact: Fact, sealed: tuple[str, ...]) -> str:
    data = plain(fact.event)
    shown = {k: "[sealed]" if k in sealed and v is not None else v for k, v in data.items()}
    who = f"{fact.actor_kind}:{fact.actor_id}"
    words = json.dumps(shown, ensure_ascii=False)
    return (
        f"{fact.sequence:>4}  {rfc3339(fact.occurred_at)}  @{fact.position:<6}"
        f" {fact.name:<24} {who:<18} {words}"
    )
