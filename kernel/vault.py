"""The vault: one key a person, so that forgetting somebody is giving up one key.

Keys lie in a database of their own, wrapped by the master key of the deployment. What is
sealed with a person's key (events, views, parked messages, backups) becomes unreadable
everywhere at once when the key goes. A tombstone takes its place: nobody gets a second key.
"""

import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo.errors import DuplicateKeyError

from contracts.errors import Code, Rejected
from kernel import canary
from kernel.clock import monotonic
from kernel.database import Db, Document
from kernel.master_keys import MasterKeys
from kernel.sealing import VaultError, decrypt, encrypt

CACHE_S = 60.0
CACHE_SIZE = 10_000

OWN = "deployment:"
"""How the names of keys begin that are no person's; wrapped and rotated like theirs."""


class Vault:
    """Seals and opens texts, each bound to the person it belongs to.

    A key that was given up elsewhere may still be known here for `CACHE_S`.
    """

    def __init__(self, db: Db, master_key: bytes, master_key_before: bytes = b"") -> None:
        self.keys = db["keys"]
        self.masters = MasterKeys(master_key, master_key_before)
        self._cache: OrderedDict[str, tuple[float, bytes | None]] = OrderedDict()

    def check(self, has_commits: Callable[[], bool], *, first: bool = True) -> None:
        """Raise `VaultError` if the master key does not fit, or the keys of a log are missing.

        Whoever may be the `first` in a system without keys decides on its master key.
        """
        canary.check(self.keys, self.masters, has_commits, first=first)

    def seal(self, subject_id: str, plain: bytes) -> str:
        """Return `plain` sealed with the person's key, which is made at first use.

        Raises `Rejected(SUBJECT_ERASED)` for who has been forgotten.
        """
        key = self._key(subject_id, make=True)
        if key is None:
            raise Rejected(Code.SUBJECT_ERASED, "Nothing more can be kept about this person.")
        return encrypt(AESGCM(key), plain, subject_id)

    def open(self, subject_id: str, sealed: str) -> bytes | None:
        """Return what was sealed, None when the person has been forgotten."""
        key = self._key(subject_id)
        return decrypt(AESGCM(key), sealed, subject_id) if key else None

    def fingerprint(self, subject_id: str, digest: str) -> str | None:
        """Return a mark by which an equal `digest` is known again, gone with the person's key."""
        key = self._key(subject_id)
        return hmac.digest(_for_marks(key), digest.encode(), "sha256").hex() if key else None

    def file_key(self, subject_id: str, file_id: str) -> bytes | None:
        """Return the key of one file of a person (32 bytes), gone with the person's own.

        Made of it whenever it is needed and kept nowhere: None for who has been forgotten.
        """
        key = self._key(subject_id)
        return hmac.digest(key, b"pst file " + file_id.encode(), "sha256") if key else None

    def forgotten(self, subject_ids: Iterable[str]) -> set[str]:
        """Return who of these has been forgotten, as the database has it now."""
        gone = {"_id": {"$in": sorted(subject_ids)}, "forgotten_at": {"$exists": True}}
        return {found["_id"] for found in self.keys.find(gone, {"_id": 1})}

    def mark(self, name: str, text: str) -> bytes:
        """Return a keyed digest of `text`; nobody without the vault can make or undo it.

        `name` is one of the deployment's own keys, made at first use and nobody's to give up.
        """
        key = self._key(f"{OWN}{name}", make=True)
        if key is None:
            raise VaultError(f"the deployment's key {name!r} was given up")
        return hmac.digest(_for_marks(key), text.encode(), "sha256")

    def knows(self, subject_id: str) -> bool:
        """Tell whether the person has, or had, a key."""
        return self.keys.find_one({"_id": subject_id}, {"_id": 1}) is not None

    def forget(self, subject_id: str, at: datetime) -> bool:
        """Give up the person's key for good; False when that had been done before."""
        if subject_id.startswith(OWN):
            raise VaultError(f"{subject_id} is no person: without that key accounts are lost")
        alive = {"_id": subject_id, "forgotten_at": {"$exists": False}}
        try:
            self.keys.replace_one(alive, tombstone(subject_id, at), upsert=True)
        except DuplicateKeyError:
            return False
        finally:
            self.drop(subject_id)
        return True

    def drop(self, subject_id: str) -> None:
        """Have the person's key looked up anew."""
        self._cache.pop(subject_id, None)

    def _key(self, subject_id: str, *, make: bool = False) -> bytes | None:
        known = self._cache.get(subject_id)
        if known and known[0] > monotonic():
            self._cache.move_to_end(subject_id)
            return known[1]
        stored = self.keys.find_one({"_id": subject_id})
        if stored is None:  # not remembered: another process may make the key now
            return self._make(subject_id) if make else None
        return self._remember(subject_id, stored)

    def _make(self, subject_id: str) -> bytes | None:
        key = AESGCM.generate_key(256)
        master = canary.in_force(self.keys, self.masters)
        mine = {"_id": subject_id, **self.masters.wrap(subject_id, key, master)}
        try:
            self.keys.insert_one(mine)
        except DuplicateKeyError:  # another process was first, with a key or a tombstone
            return self._key(subject_id)
        return self._remember(subject_id, mine)

    def _remember(self, subject_id: str, stored: Document) -> bytes | None:
        gone = "forgotten_at" in stored
        key = None if gone else self.masters.unwrap(subject_id, stored)[0]
        self._cache[subject_id] = (monotonic() + CACHE_S, key)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return key


def _for_marks(key: bytes) -> bytes:
    """Return the key of a person's fingerprints: theirs itself seals, and does nothing else."""
    return hmac.digest(key, b"pst fingerprint", "sha256")


def tombstone(subject_id: str, at: datetime) -> Document:
    """Return what takes the place of the key of who has been forgotten."""
    return {"_id": subject_id, "forgotten_at": at}
