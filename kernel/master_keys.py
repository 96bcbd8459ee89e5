"""The master key that wraps each person's key; two are known while one takes over (rotation)."""

import hashlib
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.sealing import VaultError, decrypt, encrypt

Wrapped = dict[str, str]
"""{wrapped, master}: a sealed key, and which master key opens it."""


def id_of(key: bytes) -> str:
    """Return by what a master key is known; tells nothing of the key."""
    return hashlib.sha256(b"pst master key" + key).hexdigest()[:16]


class MasterKeys:
    """`PST_MASTER_KEY` and, while rotating, `PST_MASTER_KEY_BEFORE`."""

    def __init__(self, key: bytes, before: bytes = b"") -> None:
        self._ciphers = {id_of(k): AESGCM(k) for k in (key, before) if k}
        self.newest = id_of(key)

    def know(self, *ids: str) -> bool:
        """Tell whether all of these are known."""
        return set(ids) <= set(self._ciphers)

    @property
    def ids(self) -> list[str]:
        """By what they are known, the newest first."""
        return list(self._ciphers)

    def wrap(self, name: str, key: bytes, master: str) -> Wrapped:
        """Return a key sealed by the named master key."""
        return {"wrapped": encrypt(self._ciphers[master], key, name), "master": master}

    def unwrap(self, name: str, stored: dict[str, Any]) -> tuple[bytes, str]:
        """Return a key and the master key that opened it; raise `VaultError` if none does."""
        said = stored.get("master")  # keys of the first releases do not say
        for master, cipher in self._ciphers.items():
            if said in (None, master):
                with suppress(VaultError):
                    return decrypt(cipher, stored["wrapped"], name), master
        raise VaultError(
            f"the key of {name} does not open with PST_MASTER_KEY: another master key wrapped"
            " it, or it was altered"
        )
