"""The vault: one key a person, so that forgetting somebody is deleting one key.

Keys lie in a database of their own, wrapped by the master key of the deployment. What is
sealed with a person's key (events, views, parked messages, backups) becomes unreadable
everywhere at once when the key goes.
"""

import base64
import hmac
from collections import OrderedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo.errors import DuplicateKeyError

from kernel.clock import monotonic, random_bytes
from kernel.database import Db

NONCE = 12
CACHE_S = 60.0
CACHE_SIZE = 10_000


class VaultError(Exception):
    """A stored key does not open with this deployment's master key, or a text was altered."""


class Vault:
    """Seals and opens texts with AES-256-GCM, each bound to the person it belongs to."""

    def __init__(self, db: Db, master_key: bytes) -> None:
        self._keys = db["keys"]
        self._master = AESGCM(master_key)
        self._cache: OrderedDict[str, tuple[float, bytes | None]] = OrderedDict()

    def seal(self, subject_id: str, plain: bytes) -> str:
        """Return `plain` sealed with the person's key, which is made at first use."""
        key = self._key(subject_id) or self._make(subject_id)
        return _encrypt(AESGCM(key), plain, subject_id)

    def open(self, subject_id: str, sealed: str) -> bytes | None:
        """Return what was sealed, None when the person has been forgotten."""
        key = self._key(subject_id)
        return _decrypt(AESGCM(key), sealed, subject_id) if key else None

    def fingerprint(self, subject_id: str, digest: str) -> str | None:
        """Return a mark by which an equal `digest` is known again, gone with the person's key."""
        key = self._key(subject_id)
        return hmac.digest(key, digest.encode(), "sha256").hex() if key else None

    def _key(self, subject_id: str) -> bytes | None:
        known = self._cache.get(subject_id)
        if known and known[0] > monotonic():
            self._cache.move_to_end(subject_id)
            return known[1]
        stored = self._keys.find_one({"_id": subject_id})
        key = self._unwrap(subject_id, stored["wrapped"]) if stored else None
        if key:  # absence is not remembered: another process may make the key now
            self._remember(subject_id, key)
        return key

    def _make(self, subject_id: str) -> bytes:
        key = AESGCM.generate_key(256)
        try:
            self._keys.insert_one(
                {"_id": subject_id, "wrapped": _encrypt(self._master, key, subject_id)}
            )
        except DuplicateKeyError:  # another process made it first
            stored = self._keys.find_one({"_id": subject_id})
            if stored is None:
                raise VaultError(f"the key of {subject_id} vanished while it was made") from None
            key = self._unwrap(subject_id, stored["wrapped"])
        self._remember(subject_id, key)
        return key

    def _unwrap(self, subject_id: str, wrapped: str) -> bytes:
        return _decrypt(self._master, wrapped, subject_id)

    def _remember(self, subject_id: str, key: bytes) -> None:
        self._cache[subject_id] = (monotonic() + CACHE_S, key)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)


def _encrypt(cipher: AESGCM, plain: bytes, subject_id: str) -> str:
    nonce = random_bytes(NONCE)
    sealed = nonce + cipher.encrypt(nonce, plain, subject_id.encode())
    return base64.b64encode(sealed).decode()


def _decrypt(cipher: AESGCM, sealed: str, subject_id: str) -> bytes:
    raw = base64.b64decode(sealed)
    try:
        return cipher.decrypt(raw[:NONCE], raw[NONCE:], subject_id.encode())
    except InvalidTag as error:
        raise VaultError(
            f"cannot open what belongs to {subject_id}: altered, or PST_MASTER_KEY is not"
            " the key this database was written with"
        ) from error
