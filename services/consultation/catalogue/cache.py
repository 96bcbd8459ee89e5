"""What the Web API has answered, for some hours; derived: it may be dropped at any time.

Kept under a mark of the question that only this deployment's vault can make: what people looked
for does not lie here, and cannot be guessed from it. What is listed is public.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING

from kernel.database import Db
from kernel.vault import Vault

KEYHOLDER = "catalogue-cache"
"""Who the key of the marks belongs to, in the vault: nobody, so nobody's key."""

STALE = timedelta(days=7)
"""So long after it has run out an answer is kept, for when the Web API is away."""

MOST = 20_000
SLICE = 200


@dataclass(frozen=True)
class Kept:
    """An answer as it was kept."""

    items: list[dict[str, Any]]
    cached_at: datetime
    fresh: bool


class Cache:
    """The answers of all processes. Raises what the database raises."""

    def __init__(self, db: Db, vault: Vault, keep: timedelta) -> None:
        self._kept = db["catalogue_cache"]
        self._vault = vault
        self._keep = keep

    def prepare(self) -> None:
        """Make the index; harmless when it exists."""
        self._kept.create_index([("expires_at", ASCENDING)])

    def get(self, question: Sequence[str], now: datetime) -> Kept | None:
        """Return what was answered to a question, fresh or stale."""
        found = self._kept.find_one({"_id": self._mark(question)})
        if found is None or found["cached_at"] > now:  # a clock was set back
            return None
        return Kept(found["items"], found["cached_at"], now < found["expires_at"])

    def put(self, question: Sequence[str], items: list[dict[str, Any]], now: datetime) -> None:
        """Keep an answer."""
        mark = self._mark(question)
        kept = {"items": items, "cached_at": now, "expires_at": now + self._keep}
        self._kept.replace_one({"_id": mark}, {"_id": mark, **kept}, upsert=True)

    def sweep(self, now: datetime) -> int:
        """Drop what is too old, and the oldest of too many; return how many.

        In slices: the embedded server does nothing else while it deletes.
        """
        dropped = self._drop({"expires_at": {"$lt": now - STALE}}, limit=0)
        if (surplus := self._kept.estimated_document_count() - MOST) > 0:
            dropped += self._drop({"expires_at": {"$exists": True}}, limit=surplus)
        return dropped

    def _drop(self, wanted: dict[str, Any], limit: int) -> int:
        found = self._kept.find(wanted, {"_id": 1}).sort("expires_at", ASCENDING).limit(limit)
        ids = [document["_id"] for document in found]
        for begin in range(0, len(ids), SLICE):
            self._kept.delete_many({"_id": {"$in": ids[begin : begin + SLICE]}})
        return len(ids)

    def _mark(self, question: Sequence[str]) -> str:
        digest = hashlib.sha256("\x1f".join(question).encode()).hexdigest()
        mark = self._vault.fingerprint(KEYHOLDER, digest)
        if mark is None:
            self._vault.seal(KEYHOLDER, b"")  # makes the key
            mark = self._vault.fingerprint(KEYHOLDER, digest)
        return mark or ""
