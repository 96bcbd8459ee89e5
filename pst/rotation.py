"""A new master key takes over: every key is wrapped anew, beside running services.

1. all processes know both keys (PST_MASTER_KEY, PST_MASTER_KEY_BEFORE); the old one wraps
2. `rotate`: the canary names the next key, which from then on wraps new keys; those there
   are wrapped anew; last the canary itself. Broken off, it is started again.
3. all processes know the new key alone. One that had been overlooked and knew the old key alone
   has wrapped new keys with it meanwhile: `wrapped_by` tells, and `rotate` once more mends it
4. nobody needs the old key any more, except for backups taken before
"""

from collections.abc import Callable
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection

from kernel import canary
from kernel.database import Document
from kernel.master_keys import MasterKeys

BATCH = 500


def rotate(keys: Collection[Document], masters: MasterKeys, done: Callable[[int], None]) -> int:
    """Wrap every key with the newest master key; return how many were not yet.

    `done(n)` is told how many so far. A person forgotten meanwhile stays forgotten.
    """
    now = keys.find_one({"_id": canary.ID, "master": {"$ne": masters.newest}})
    if now:
        keys.update_one(_as_read(now), {"$set": {"next": masters.newest}})
    count = 0
    while left := _sweep(keys, masters, count, done):
        count += left
    if now:
        new = masters.wrap(canary.NAME, masters.unwrap(canary.NAME, now)[0], masters.newest)
        keys.update_one(_as_read(now), {"$set": new, "$unset": {"next": ""}})
    return count + _sweep(keys, masters, count, done)  # of who had looked at the canary just before


def wrapped_by(keys: Collection[Document]) -> dict[str | None, int]:
    """Return how many keys each master key wraps, the canary among them; reads them all.

    None stands for those of the first releases, which do not say.
    """
    wrapped = {"$match": {"wrapped": {"$exists": True}}}
    groups = keys.aggregate([wrapped, {"$group": {"_id": "$master", "count": {"$sum": 1}}}])
    return {group["_id"]: group["count"] for group in groups}


def _sweep(
    keys: Collection[Document], masters: MasterKeys, so_far: int, done: Callable[[int], None]
) -> int:
    """Go once through the keys that another master key wraps; return how many it was."""
    others = {
        "_id": {"$ne": canary.ID},
        "wrapped": {"$exists": True},
        "master": {"$ne": masters.newest},
    }
    count, batch = 0, list[UpdateOne]()
    for stored in keys.find(others, batch_size=BATCH):
        key, _ = masters.unwrap(stored["_id"], stored)
        new = masters.wrap(stored["_id"], key, masters.newest)
        batch.append(UpdateOne(_as_read(stored), {"$set": new}))
        if len(batch) == BATCH:
            count += keys.bulk_write(batch, ordered=False).modified_count
            batch.clear()
            done(so_far + count)
    if batch:
        count += keys.bulk_write(batch, ordered=False).modified_count
    return count


def _as_read(stored: Document) -> dict[str, Any]:
    return {"_id": stored["_id"], "wrapped": stored["wrapped"]}
