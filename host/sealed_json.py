"""RPC bodies are sealed on their way through the broker: AES-256-GCM, one key a deployment.

Requests and answers carry names, addresses and questions. On the broker they could be traced,
written to disk or read by whoever may open a queue; sealed, they tell nothing. A body that was
not sealed with our key is not decoded, so nobody else can call a service either.
"""

from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kombu.serialization import register as register_serializer

from kernel.clock import random_bytes

NAME = "pst-sealed-json"
CONTENT_TYPE = "application/vnd.pst.sealed+json"
NONCE = 12


def register(key: bytes) -> None:
    """Make the serializer known to the messaging library under `NAME`."""
    cipher = AESGCM(key)

    def seal(value: Any) -> bytes:
        nonce = random_bytes(NONCE)
        return nonce + cipher.encrypt(nonce, msgspec.json.encode(value), NAME.encode())

    def unseal(body: Any) -> Any:
        raw = bytes(body)
        return msgspec.json.decode(cipher.decrypt(raw[:NONCE], raw[NONCE:], NAME.encode()))

    register_serializer(NAME, seal, unseal, content_type=CONTENT_TYPE, content_encoding="binary")
