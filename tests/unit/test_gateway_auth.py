"""Tokens: what speaks for somebody, and what does not."""

import base64
import json
import time
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.errors import Code, Rejected
from gateway.auth import CLAIMS, Identity, Tokens

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
TOKENS = Tokens(KEY.public_key())
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def claims(**changed: object) -> dict[str, object]:
    known: dict[str, object] = {
        "sub": "budi",
        "role": "officer",
        "offices": ["1471"],
        "name": "Budi",
        "exp": int(time.time()) + 60,
    }
    return {name: value for name, value in (known | changed).items() if value is not None}


def token(key: Ed25519PrivateKey = KEY, **changed: object) -> str:
    return jwt.encode(claims(**changed), key, algorithm="EdDSA")


def refused(header: str) -> str:
    with pytest.raises(Rejected) as refusal:
        TOKENS.identify(header)
    assert refusal.value.code is Code.UNAUTHENTICATED
    return refusal.value.detail


def unsigned(header: dict[str, str]) -> str:
    parts = (json.dumps(part).encode() for part in (header, claims()))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_valid_token_names_its_bearer(scheme: str) -> None:
    identity = TOKENS.identify(f"{scheme} {token()}")
    assert identity == Identity("budi", "officer", ("1471",), "Budi", identity.ends_at)
    assert identity.is_staff


def test_service_user_is_not_staff() -> None:
    bearer = f"Bearer {token(role='service_user', offices=[])}"
    assert not TOKENS.identify(bearer).is_staff


def test_expired_token_is_told_so() -> None:
    assert "expired" in refused(f"Bearer {token(exp=int(time.time()) - 1)}")


def test_token_that_is_known_expires_all_the_same() -> None:
    bearer = f"Bearer {token(exp=int(time.time()) + 2)}"
    assert TOKENS.identify(bearer) == TOKENS.identify(bearer)
    time.sleep(2)
    assert "expired" in refused(bearer)


def test_token_is_known_by_all_of_it() -> None:
    known, other = token(), token(sub="ani")
    assert TOKENS.identify(f"Bearer {known}").sub == "budi"
    head, _, signature = known.split(".")
    refused(f"Bearer {head}.{other.split('.')[1]}.{signature}")
    refused(f"Bearer {known[:-4]}AAAA")


@pytest.mark.parametrize("claim", CLAIMS)
def test_missing_claim_is_refused(claim: str) -> None:
    refused(f"Bearer {token(**{claim: None})}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "root"},
        {"sub": ""},
        {"offices": "1471"},
        {"offices": [1471]},
        {"name": 7},
        {"nbf": int(time.time()) + 86400},
    ],
)
def test_wrong_claim_is_refused(wrong: dict[str, object]) -> None:
    refused(f"Bearer {token(**wrong)}")


FORGERIES: list[Callable[[], str]] = [
    lambda: token(OTHER_KEY),
    lambda: unsigned({"alg": "none", "typ": "JWT"}),
    lambda: unsigned({"alg": "EdDSA", "typ": "JWT"}),
    lambda: jwt.encode(claims(), KEY.public_key().public_bytes_raw(), algorithm="HS256"),
    lambda: token()[:-4] + "AAAA",
    lambda: token() + "x",
    lambda: "[" * 3000,
    lambda: base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.AA",
    lambda: "a.b.c",
    lambda: "....",
    lambda: "é",
    lambda: "",
    lambda: f"{token()} {token()}",
]


@pytest.mark.parametrize("forge", FORGERIES)
def test_forged_token_is_refused(forge: Callable[[], str]) -> None:
    refused(f"Bearer {forge()}")


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "Token x"])
def test_other_schemes_are_refused(header: str) -> None:
    refused(header)
