"""Who calls: bearer tokens, signed with the deployment's Ed25519 key."""

import re
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from contracts.caller import ROLES, STAFF
from contracts.errors import Code, Rejected

CLAIMS = ("sub", "role", "offices", "name", "exp")

_BEARER = re.compile(r"bearer +([\x21-\x7e]+) *", re.IGNORECASE)


@dataclass(frozen=True)
class Identity:
    """Whom a valid token speaks for; `sub` of a `service_user` is the person's subject id."""

    sub: str
    role: str
    offices: tuple[str, ...]
    name: str

    @property
    def is_staff(self) -> bool:
        """Tell whether this is someone who works for an office."""
        return self.role in STAFF


class ClaimsSchema(Schema):
    """What a token must say; it may say more."""

    class Meta:
        unknown = EXCLUDE

    sub = fields.String(required=True, validate=validate.Length(min=1, max=200))
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    offices = fields.List(fields.String(), required=True)
    name = fields.String(required=True)


_CLAIMS = ClaimsSchema()


def identify(authorization: str, key: Ed25519PublicKey) -> Identity:
    """Return the caller of a valid `Authorization` header.

    Raises `Rejected` (unauthenticated) for anything else: no header, another scheme, a token
    that is expired, forged, unsigned, signed by another algorithm, or lacks a claim. Expiry is
    judged by the real time, also in a system that travels.
    """
    bearer = _BEARER.fullmatch(authorization)
    if bearer is None:
        raise _refused("Send `Authorization: Bearer <token>`.")
    try:
        claims = jwt.decode(bearer[1], key, algorithms=["EdDSA"], options={"require": list(CLAIMS)})
        known = _CLAIMS.load(claims)
    except jwt.ExpiredSignatureError as error:
        raise _refused("The token has expired.") from error
    except (jwt.PyJWTError, ValidationError, ValueError, RecursionError) as error:
        raise _refused("The token is not valid.") from error
    return Identity(known["sub"], known["role"], tuple(known["offices"]), known["name"])


def _refused(detail: str) -> Rejected:
    return Rejected(Code.UNAUTHENTICATED, detail)
