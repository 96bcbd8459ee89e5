"""`pst token`: let somebody in. Tokens are JWT signed with the deployment's Ed25519 key."""

from collections.abc import Sequence
from datetime import timedelta

import click
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.caller import ROLES
from kernel.clock import Clock
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


def sign(
    private_key: bytes,
    *,
    role: str,
    sub: str,
    offices: Sequence[str] = (),
    name: str = "",
    valid: timedelta = timedelta(hours=12),
) -> str:
    """Return a token for `sub`; it expires by real time, also in a system that travels."""
    issued = Clock().now()
    claims = {
        "sub": sub,
        "role": role,
        "offices": list(offices),
        "name": name or sub,
        "iat": issued,
        "exp": issued + valid,
    }
    return jwt.encode(claims, Ed25519PrivateKey.from_private_bytes(private_key), algorithm="EdDSA")
