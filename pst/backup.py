"""`pst backup` and `pst restore`: logs and vault of all services, in a directory."""

from pathlib import Path

import click

from kernel.ledger import Entry, Ledger
from pst.backing_up import back_up, check_free
from pst.backup_files import BackupError, read_manifest
from pst.restoring import Restore
from pst.system import any_system, system


def _directory(_context: click.Context, _argument: click.Parameter, text: str) -> Path:
    if not text.strip():  # as an unset variable of a script: not where we are
        raise click.BadParameter("it is empty")
    return Path(text).absolute()


@click.command(epilog="Example: pst backup /backup/2026-11-22")
@click.argument("directory", callback=_directory)
def backup(directory: Path) -> None:
    """Write the logs and the vault of all services to DIRECTORY.

    The system may run. DIRECTORY must not be there yet, or be empty. Every log is verified on
    the way. Personal texts are in it as they are in the database: sealed, their keys wrapped by
    the master key, which is NOT in it: keep that elsewhere. Views and dates are not in it; they
    are made anew. The files are as mongodump writes them.
    """
    check_free(directory)  # what was typed is judged before anything is opened
    manifest = back_up(system("master_key"), directory)
    for name, words in manifest["services"].items():
        click.echo(f"{name}: {words['position']} commits, head {words['position']}:{words['hash']}")
    click.echo(f"vault: {manifest['vault']['keys']} keys. Backup complete: {directory}")


@click.command(epilog="Example: pst restore /backup/2026-11-22")
@click.argument("directory", callback=_directory)
@click.option("--without-ledger", is_flag=True, help="Nobody was forgotten after the backup.")
def restore(directory: Path, without_ledger: bool) -> None:
    """Load the backup in DIRECTORY into a system without data.

    Its database runs, its services are stopped. The backup is verified first. Who is in the
    ledger of erasures (PST_ERASURE_LEDGER) is forgotten again. Events of more than an hour
    before the backup are not published again.
    """
    read_manifest(directory)  # what was typed is judged before anything is opened
    opened = any_system("master_key")
    todo = Restore(opened, directory)
    forgotten = _forgotten(opened.settings.erasure_ledger, without_ledger)
    for name in todo.missing():  # it may be newer than the backup
        _warn(f"the backup has no log of {name}, which begins with nothing")
    missing = todo.tombstones() - {entry.subject_id for entry in forgotten}
    if missing:
        _warn(f"{len(missing)} persons are forgotten in the backup, but not in the ledger")
    for name, head in todo.run(forgotten).items():
        click.echo(f"{name}: {head.position} commits, head {head.position}:{head.hash.hex()}")
    click.echo(f"Restored; {len(forgotten)} erasures of the ledger applied. Start the services.")


def _forgotten(path: str, without_ledger: bool) -> list[Entry]:
    if without_ledger:
        _warn("without the ledger of erasures, who was forgotten after the backup comes back")
        return []
    if not path:
        raise BackupError(
            "PST_ERASURE_LEDGER is not set: who was forgotten after the backup would come back"
            " (--without-ledger if nobody was)"
        )
    if not Path(path).exists():
        raise BackupError(
            f"PST_ERASURE_LEDGER: there is no {path}: who was forgotten after the backup would"
            " come back (--without-ledger if nobody was)"
        )
    ledger = Ledger(Path(path))
    for line in ledger.cut_short():
        _warn(f"{path}: whom this line names is not forgotten, it was cut short: {line!r}")
    return ledger.entries()


def _warn(text: str) -> None:
    click.secho(f"pst: WARNING: {text}", err=True, fg="red")
