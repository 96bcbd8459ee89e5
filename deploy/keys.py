"""The deployment's keys: made at the first start, kept in the run directory's `env`."""

import base64
import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.problem import Problem

BEFORE = "PST_MASTER_KEY_BEFORE"

MASTER, RPC, PRIVATE, PUBLIC = NAMES = (
    "PST_MASTER_KEY",
    "PST_RPC_KEY",
    "PST_TOKEN_PRIVATE_KEY",
    "PST_TOKEN_PUBLIC_KEY",
)


def in_force(given: Mapping[str, str], kept: Mapping[str, str], data_from: str) -> dict[str, str]:
    """Return the keys: those given, else those kept, else new ones.

    `data_from` names the place where sealed data already lies, "" when there is none: without
    the master key it was sealed with, that data could never be read again.
    """
    rpc = given.get(RPC) or kept.get(RPC) or _text(os.urandom(32))
    return {MASTER: _master(given, kept, data_from), RPC: rpc, **_token_keys(given, kept)}


def _master(given: Mapping[str, str], kept: Mapping[str, str], data_from: str) -> str:
    key, old = given.get(MASTER), kept.get(MASTER)
    rotating = given.get(BEFORE) == old
    if key and old and key != old and data_from and not rotating:
        raise Problem(
            f"{MASTER} is not the key that {data_from} was sealed with: unset it,"
            " or set PST_RUN_DIR to another directory."
        )
    if not key and not old and data_from:
        raise Problem(
            f"There is data in {data_from}, but its master key is lost: put the run directory's"
            f" env file back or set {MASTER}; `make clean` starts anew without the data."
        )
    return key or old or _text(os.urandom(32))


def _token_keys(given: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    if given.get(PUBLIC) and not given.get(PRIVATE):
        raise Problem(f"{PUBLIC} is set without {PRIVATE}: set both or neither.")
    private = given.get(PRIVATE) or kept.get(PRIVATE) or _text(os.urandom(32))
    public = _public(private)
    if given.get(PUBLIC, public) != public:
        raise Problem(f"{PUBLIC} does not belong to {PRIVATE}: set both or neither.")
    return {PRIVATE: private, PUBLIC: public}


def _public(private: str) -> str:
    seed = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private))
    return _text(seed.public_key().public_bytes_raw())


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
