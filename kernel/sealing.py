"""AES-256-GCM over short texts, each bound to the name of what it belongs to."""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.clock import random_bytes

NONCE = 12


class VaultError(Exception):
    """A key does not open with this deployment's master key, or a text was altered."""


def encrypt(cipher: AESGCM, plain: bytes, name: str) -> str:
    """Return `plain` sealed; it opens under the same name only."""
    nonce = random_bytes(NONCE)
    return base64.b64encode(nonce + cipher.encrypt(nonce, plain, name.encode())).decode()


def decrypt(cipher: AESGCM, sealed: str, name: str) -> bytes:
    """Return what was sealed; raise `VaultError` if it does not open."""
    try:
        raw = base64.b64decode(sealed)
        return cipher.decrypt(raw[:NONCE], raw[NONCE:], name.encode())
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise VaultError(
            f"cannot open what belongs to {name}: altered, or PST_MASTER_KEY is not"
            " the key this database was written with"
        ) from error
