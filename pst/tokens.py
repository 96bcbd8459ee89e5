"""`pst token`: let somebody in."""

from datetime import timedelta

import click

from contracts.caller import ROLES
from kernel import tokens
from pst.settings import settings


@click.command()
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the token allows.")
@click.option("--sub", required=True, help="Officer id, or subject id of a service user.")
@click.option("--office", "offices", multiple=True, help="Office it is good for; repeatable.")
@click.option("--name", default="", help="Name for people; default: the sub.")
@click.option("--hours", default=12.0, show_default=True, help="How long it is good.")
def token(role: str, sub: str, offices: tuple[str, ...], name: str, hours: float) -> None:
    """Sign a bearer token with the deployment's key."""
    key = settings("token_private_key").token_private_key
    valid = timedelta(hours=hours)
    click.echo(tokens.sign(key, role=role, sub=sub, offices=offices, name=name, valid=valid))
