"""The root of the `pst` command line.

Settings come from the environment; what it does not say is read from the file that `make run`
leaves in `.run/env`.
"""

import sys

import click
from pymongo.errors import PyMongoError

from contracts.errors import PstError
from kernel.codec import UnknownEvent
from kernel.config import SettingsError
from kernel.vault import VaultError
from pst import clock, log, parked, tokens


def main() -> None:
    """Run the tool; what goes wrong is one line, and exit code 1 (2 for settings)."""
    try:
        cli()
    except SettingsError as error:
        sys.exit(_complaint(str(error), 2))
    except PyMongoError as error:
        sys.exit(_complaint(f"the database does not answer ({type(error).__name__})", 1))
    except (PstError, VaultError, UnknownEvent) as error:
        sys.exit(_complaint(str(error), 1))


def _complaint(text: str, code: int) -> int:
    click.echo(f"pst: {text}", err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Look after a running PST Konsultasi."""


for command in (tokens.token, clock.clock, log.log, parked.parked):
    cli.add_command(command)
