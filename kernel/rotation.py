"""A new master key takes over: every key is wrapped anew, beside running services.

1. all processes know both keys (PST_MASTER_KEY, PST_MASTER_KEY_BEFORE); the old one wraps
2. `rotate`: the canary names the next key, which from then on wraps new keys; those there
   are wrapped anew; last the canary itself. Broken off, it is started again.
3. nobody needs the old key any more, except for backups taken before
"""

from collections.abc import Callable, Iterator
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection

from kernel import canary
from kernel.database import Document
from kernel.master_keys import MasterKeys

BATCH = 500


def rotate(keys: Collection[Document], masters: MasterKeys, done: Callable[[int], None]) -> int:
    """Wrap every key with the newest master key; return how many were not yet.

    `done(n)` is called for each n more. A person forgotten meanwhile stays forgotten.
    """
    old = keys.find_one({"_id": canary.ID}, {"master": 1})
    if old and old["master"] != masters.newest:
        keys.update_one({"_id": canary.ID}, {"$set": {"next": masters.newest}})
    count = 0
    while batch := sum(_sweep(keys, masters, done)):
        count += batch
    known = keys.find_one({"_id": canary.ID, "master": {"$ne": masters.newest}})
    if known:
        new = masters.wrap(canary.NAME, masters.unwrap(canary.NAME, known)[0], masters.newest)
        keys.update_one(_as_read(known), {"$set": new, "$unset": {"next": ""}})
    return count + sum(_sweep(keys, masters, done))  # who looked at the canary just before


def _sweep(
    keys: Collection[Document], masters: MasterKeys, done: Callable[[int], None]
) -> Iterator[int]:
    others = {
        "_id": {"$ne": canary.ID},
        "wrapped": {"$exists": True},
        "master": {"$ne": masters.newest},
    }
    batch: list[UpdateOne] = []
    for stored in keys.find(others, batch_size=BATCH):
        key, _ = masters.unwrap(stored["_id"], stored)
        new = masters.wrap(stored["_id"], key, masters.newest)
        batch.append(UpdateOne(_as_read(stored), {"$set": new}))
        if len(batch) == BATCH:
            yield _written(keys, batch, done)
            batch = []
    if batch:
        yield _written(keys, batch, done)


def _as_read(stored: Document) -> dict[str, Any]:
    return {"_id": stored["_id"], "wrapped": stored["wrapped"]}


def _written(
    keys: Collection[Document], batch: list[UpdateOne], done: Callable[[int], None]
) -> int:
    moved = keys.bulk_write(batch, ordered=False).modified_count
    done(moved)
    return moved
