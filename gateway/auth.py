"""Who calls: bearer tokens, signed with the deployment's Ed25519 key."""

import re
from dataclasses import dataclass
from functools import lru_cache

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from contracts.caller import ROLES, STAFF
from contracts.common import caller_id
from contracts.errors import Code, Rejected
from kernel.clock import Clock

EXPIRED = "The token has expired."

CLAIMS = ("sub", "role", "offices", "name", "exp")

_BEARER = re.compile(r"bearer +([\x21-\x7e]+) *", re.IGNORECASE)


@dataclass(frozen=True)
class Identity:
    """Whom a valid token speaks for; `sub` of a `service_user` is the person's subject id.

    `ends_at`: until when, in POSIX seconds.
    """

    sub: str
    role: str
    offices: tuple[str, ...]
    name: str
    ends_at: float = float("inf")

    @property
    def is_staff(self) -> bool:
        """Tell whether this is someone who works for an office."""
        return self.role in STAFF


class ClaimsSchema(Schema):
    """What a token must say; it may say more."""

    class Meta:
        unknown = EXCLUDE

    sub = caller_id(required=True)
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    offices = fields.List(fields.String(), required=True)
    name = fields.String(required=True)


_CLAIMS = ClaimsSchema()


REMEMBERED = 2_000
"""So many tokens are known again: who works all day sends the same one, and its signature is the
dearest part of a request."""


class Tokens:
    """Tells who calls by the token they send."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self._known = lru_cache(maxsize=REMEMBERED)(self._verified)

    def identify(self, authorization: str) -> Identity:
        """Return the caller of a valid `Authorization` header.

        Raises `Rejected` (unauthenticated) for anything else: no header, another scheme, a token
        that is expired, forged, unsigned, signed by another algorithm, or lacks a claim. Expiry is
        judged by the real time, also in a system that travels.
        """
        bearer = _BEARER.fullmatch(authorization)
        if bearer is None:
            raise _refused("Send `Authorization: Bearer <token>`.")
        try:
            identity = self._known(bearer[1])
        except jwt.ExpiredSignatureError as error:
            raise _refused(EXPIRED) from error
        except (jwt.PyJWTError, ValidationError, ValueError, RecursionError) as error:
            raise _refused("The token is not valid.") from error
        if identity.ends_at <= Clock().now().timestamp():
            raise _refused(EXPIRED)
        return identity

    def _verified(self, token: str) -> Identity:
        """Return for whom a valid token speaks."""
        claims = jwt.decode(
            token, self._key, algorithms=["EdDSA"], options={"require": list(CLAIMS)}
        )
        known = _CLAIMS.load(claims)
        offices, ends_at = tuple(known["offices"]), int(claims["exp"])
        return Identity(known["sub"], known["role"], offices, known["name"], ends_at)


def _refused(detail: str) -> Rejected:
    return Rejected(Code.UNAUTHENTICATED, detail)
