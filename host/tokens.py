"""Bearer tokens for whom the deployment lets in; `gateway/auth.py` checks them."""

from collections.abc import Sequence
from datetime import timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kernel.clock import Clock


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
