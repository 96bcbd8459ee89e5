"""The canary: a key among the keys by which a process knows that its master key fits.

It lies in the collection of the keys, so that who loses them loses it too.
"""

from collections.abc import Callable
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from kernel.clock import random_bytes
from kernel.database import Document
from kernel.master_keys import MasterKeys
from kernel.sealing import VaultError

ID: Any = 0  # no person's: theirs are texts
NAME = "canary"
RESTORING = "restoring"
"""In its place while a restore loads: what lies beside it is half a system."""


def check(
    keys: Collection[Document],
    masters: MasterKeys,
    has_commits: Callable[[], bool],
    *,
    first: bool = True,
) -> None:
    """Raise `VaultError` if the master key does not fit, or the keys of a log are missing.

    Whoever may be the `first` in a system without keys decides on its master key.
    """
    canary = keys.find_one({"_id": ID}) or _made(keys, masters, has_commits, first)
    if canary is not None:
        examine(canary, masters)


def examine(canary: Document, masters: MasterKeys) -> None:
    """Raise `VaultError` if the master keys known here do not open this canary."""
    if RESTORING in canary:
        raise VaultError("a restore is under way, or broke off: finish it with `pst restore`")
    if masters.know(canary["master"], str(canary.get("next", canary["master"]))):
        masters.unwrap(NAME, canary)
    elif "next" in canary:
        raise VaultError(
            "PST_MASTER_KEY is being changed: set PST_MASTER_KEY to the new key and"
            " PST_MASTER_KEY_BEFORE to the old one, and finish with `pst vault rotate`"
        )
    else:
        raise VaultError("PST_MASTER_KEY is not the key this database was written with")


def in_force(keys: Collection[Document], masters: MasterKeys) -> str:
    """Return which master key wraps new keys: of two, the canary says when the new one does.

    Raises `VaultError` when it is one that this process does not know, or a restore is under
    way: what it wrapped, nobody could open.
    """
    canary = keys.find_one({"_id": ID})
    if canary is None:
        return masters.newest
    examine(canary, masters)
    return str(canary.get("next", canary["master"]))


def _made(
    keys: Collection[Document], masters: MasterKeys, has_commits: Callable[[], bool], first: bool
) -> Document | None:
    """Make it in a new system, or in one from before there were canaries."""
    known = keys.find_one({"wrapped": {"$exists": True}})
    if known is None and has_commits():
        raise VaultError(
            "the vault is missing: there are commits, but not one key; restore it from a backup"
            " (`pst restore`)"
        )
    if known is None and not first:
        return None  # nothing to try the master key with, and nothing to read
    master = masters.newest if known is None else masters.unwrap(known["_id"], known)[1]
    canary = {"_id": ID, **masters.wrap(NAME, random_bytes(32), master)}
    try:
        keys.insert_one(canary)
    except DuplicateKeyError:  # another process made it first: that one counts
        return keys.find_one({"_id": ID}) or canary
    return canary
