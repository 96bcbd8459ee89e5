"""A log that came from a backup: up to where its events are known to the world already."""

from kernel.database import Db
from kernel.effects import Effect, Publish
from kernel.facts import Fact
from kernel.relay import React

ID = "published"


class Restored:
    """The mark that a restore leaves beside the log; none in any other system."""

    def __init__(self, db: Db) -> None:
        self._marks = db["restored"]
        self._published: int | None = None

    def mark(self, position: int) -> None:
        """Have nothing published of the commits up to `position`; their dates are made anew."""
        self._marks.replace_one({"_id": ID}, {"position": position}, upsert=True)

    def quiet(self, react: React) -> React:
        """Return reactions that publish only what came after the mark."""

        def unheard(fact: Fact) -> list[Effect]:
            effects = react(fact)
            if fact.position > self._mark():
                return effects
            return [effect for effect in effects if not isinstance(effect, Publish)]

        return unheard

    def _mark(self) -> int:
        if self._published is None:  # a restore leaves it before any service starts
            found = self._marks.find_one({"_id": ID})
            self._published = int(found["position"]) if found else 0
        return self._published
