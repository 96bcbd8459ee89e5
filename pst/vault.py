"""`pst vault`: the keys of the people, and the key that wraps them."""

import json

import click

from kernel.ledger import Entry
from pst.export import export
from pst.forgetting import drop_failed, forget_everywhere, holds_of, offices_of
from pst.progress import ProgressLine
from pst.rotation import rotate, wrapped_by
from pst.shown import harmless
from pst.system import System, system

NAMES = ("PST_MASTER_KEY", "PST_MASTER_KEY_BEFORE")


@click.group()
def vault() -> None:
    """The keys of the people, and the master key that wraps them."""


@vault.command("export", epilog="Example: pst vault export SUBJECT > everything.json")
@click.argument("subject")
def vault_export(subject: str) -> None:
    """Print everything held about SUBJECT as JSON.

    Their own words are in clear: it is for them alone. That is every fact of every stream, in
    every service, that names the person or is about such a stream. Words of other people in it
    read "[sealed]".
    """
    opened = system("master_key")
    held = export(opened, opened.checked_vault(), subject)
    if not held["services"]:
        click.echo(f"pst: nothing is held about {subject}", err=True)
    click.echo(json.dumps(held, indent=2, ensure_ascii=False))


@vault.command("forget", epilog="Example: pst vault forget SUBJECT")
@click.argument("subject")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--despite-hold", is_flag=True, help="Though a matter needs what is held.")
def vault_forget(subject: str, yes: bool, despite_hold: bool) -> None:
    """Forget SUBJECT for good: nobody can read their words again.

    Their key is given up. Statistics and the integrity of the logs stay. The erasure is also
    written to the file PST_ERASURE_LEDGER, so that restoring an older backup does not bring the
    person back. Messages that could not be taken in and name the person are dropped, parked or
    to be tried again, unless they are as we publish them (which is without personal data).
    Who is under a legal hold is not forgotten, unless --despite-hold says so.
    Broken off, or in doubt, run it again: it completes what is missing.
    """
    opened = system("master_key", "amqp_url")
    known, offices = opened.checked_vault().knows(subject), offices_of(opened, subject)
    if not known and not offices:
        raise click.ClickException(f"nobody is known as {subject}; nothing was done")
    _check_holds(subject, holds_of(opened, subject), despite_hold)
    _check_ledger(opened)
    if not yes:
        click.confirm(f"Forget {subject} for good? Nobody can undo it.", abort=True, err=True)
    news = forget_everywhere(opened, Entry(subject, opened.now(), offices))
    click.echo(f"{subject}: {'forgotten' if news else 'had been forgotten; completed'}.")
    click.echo(f"Told in the logs of: {', '.join(offices) or 'no office (no facts)'}.")
    looked = drop_failed(opened, subject)
    for message_id in looked.dropped:
        click.echo(f"Failed message {harmless(message_id)} named them and was dropped.")
    for name, count in looked.unseen.items():
        click.echo(
            f"Not looked at: what {name} has yet to take in (waiting: {count}). Should it fail and"
            " name them, it will be parked: to be certain, run this again in 15 minutes."
        )


@vault.command("rotate", epilog="Example: pst vault rotate")
def vault_rotate() -> None:
    """Wrap every key with a new master key, beside the running services.

    \b
    1. Start every process with both: PST_MASTER_KEY=<the new key>
       and PST_MASTER_KEY_BEFORE=<the old key>, one process after the other.
    2. Run this. Broken off, run it again.
    3. Start every process without PST_MASTER_KEY_BEFORE, one after the other.
    4. Ask `pst vault status`. If it finds keys under another master key, a process
       had been overlooked in step 1: run this again with both keys.

    From step 2 on a process that has only the old key does not start; one that runs already
    makes keys with the old one, until it is started anew. Keep the old key until step 4 finds
    nothing, and as long as you keep backups made before step 2: those need it.
    """
    opened = system("master_key", "master_key_before")
    keys, masters = opened.checked_vault().keys, opened.vault().masters
    line, of = ProgressLine("vault", "keys"), keys.count_documents({"wrapped": {"$exists": True}})
    count = rotate(keys, masters, lambda done: line(done, of))
    line.end(count)
    click.echo(f"{count} keys wrapped with the new master key.")


@vault.command("status", epilog="Example: pst vault status")
def vault_status() -> None:
    """Tell how many keys each master key wraps; reads them all.

    Exit status 1 if a master key that is not known here wraps any: those people's words cannot
    be read. The old master key must not be given up before this finds nothing.
    """
    opened = system("master_key")
    found = wrapped_by(opened.checked_vault().keys)
    known = dict(zip(opened.vault().masters.ids, NAMES, strict=False))
    for master, count in sorted(found.items(), key=lambda item: str(item[0])):
        by = known.get(str(master), "not known here") if master else "first releases: not said"
        click.echo(f"{count} keys wrapped by {master or '-'} ({by})")
    if strange := sum(n for master, n in found.items() if master and master not in known):
        raise click.ClickException(
            f"{strange} keys cannot be opened: run `pst vault rotate` again, with"
            " PST_MASTER_KEY_BEFORE set to the key that wraps them"
        )


def _check_holds(subject: str, holds: list[str], despite: bool) -> None:
    if not holds:
        return
    if not despite:
        raise click.ClickException(
            f"{subject} is under legal hold: {', '.join(holds)}; nothing was done. Have it lifted,"
            " or say --despite-hold"
        )
    click.secho(f"pst: WARNING: under legal hold: {', '.join(holds)}", err=True, fg="red")


def _check_ledger(opened: System) -> None:
    if opened.settings.erasure_ledger:
        return
    click.secho(
        "pst: WARNING: PST_ERASURE_LEDGER is not set: a backup made before now and restored"
        " later will bring this person back",
        err=True,
        fg="red",
    )
