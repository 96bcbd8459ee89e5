"""`pst token`: let somebody in. Tokens are JWT signed with the deployment's Ed25519 key."""

from datetime import timedelta

import click

from contracts.caller import ROLES
from host.tokens import sign
from pst.settings import settings
from pst.when import not_empty

LONGEST = timedelta(days=3660)
"""For how long a token may be good."""


def _validity(_context: click.Context, _option: click.Parameter, hours: float) -> timedelta:
    if not 0 < hours <= LONGEST / timedelta(hours=1):  # nor is it one that is no number
        most = LONGEST // timedelta(hours=1)
        raise click.BadParameter(f"write a number of hours above 0, at most {most}")
    return timedelta(hours=hours)


@click.command(epilog="Example: pst token --role officer --office 1471 --sub budi")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the token allows.")
@click.option(
    "--sub", required=True, callback=not_empty, help="Officer id, or subject id of a service user."
)
@click.option("--office", "offices", multiple=True, help="Office it is good for; repeatable.")
@click.option("--name", default="", help="Name for people; default: the sub.")
@click.option(
    "--hours", default=12.0, callback=_validity, show_default=True, help="How long it is good."
)
def token(role: str, sub: str, offices: tuple[str, ...], name: str, hours: timedelta) -> None:
    """Sign a bearer token with the deployment's key.

    It is for calling the API; whoever has it is let in until it ends.
    """
    key = settings("token_private_key").token_private_key
    click.echo(sign(key, role=role, sub=sub, offices=offices, name=name, valid=hours))
