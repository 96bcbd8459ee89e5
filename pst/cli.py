"""The root of the `pst` command line.

Settings come from the environment; what it does not say is read from the file that `make run`
leaves in `.run/env`.
"""

import sys

import click
from bson.errors import BSONError
from pymongo.errors import OperationFailure, PyMongoError

from contracts.errors import PstError
from kernel.codec import UnknownEvent
from kernel.config import SettingsError
from kernel.database import AWAY
from kernel.ledger import LedgerError
from kernel.sealing import VaultError
from pst import backup, clock, deadlines, files, log, parked, queue, report, tokens, vault, views
from pst.backup_files import BackupError
from pst.shown import harmless
from pst.verify import Broken

FAILURES = (PstError, VaultError, UnknownEvent, LedgerError, Broken, BackupError)

LONGEST = 500
"""Of a complaint, in characters."""


def main() -> None:
    """Run the tool; what goes wrong is one line, and exit code 1 (2 for settings)."""
    try:
        cli()
    except SettingsError as error:
        sys.exit(_complaint(str(error), 2))
    except AWAY as error:
        sys.exit(_complaint(f"the database does not answer ({type(error).__name__})", 1))
    except (PyMongoError, BSONError) as error:
        sys.exit(_complaint(f"the database refuses: {type(error).__name__}: {_reason(error)}", 1))
    except FAILURES as error:
        sys.exit(_complaint(str(error), 1))
    except OSError as error:
        sys.exit(_complaint(f"{error.filename or 'the disk'}: {error.strerror}", 1))


def _reason(error: Exception) -> str:
    """Return what the server says, without the documents that the driver adds."""
    details = error.details or {} if isinstance(error, OperationFailure) else {}
    for each in (*details.get("writeErrors", ()), *details.get("writeConcernErrors", ()), details):
        if "errmsg" in each:
            return str(each["errmsg"])
    return str(error)


def _complaint(text: str, code: int) -> int:
    click.echo(f"pst: {harmless(text[:LONGEST])}", err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Look after a running PST Konsultasi: for its operators.

    Settings (PST_*) come from the environment, else from what `make run` left in .run/env, or
    in the directory PST_RUN_DIR. Exit status: 0 done, 1 it could not be done, 2 what was typed
    or set is wrong. What to do when: docs/operations.md.
    """


COMMANDS = (
    tokens.token,
    clock.clock,
    log.log,
    views.views,
    deadlines.deadlines,
    parked.parked,
    files.files,
    queue.queue,
    report.report,
    vault.vault,
    backup.backup,
    backup.restore,
)

for command in COMMANDS:
    cli.add_command(command)
