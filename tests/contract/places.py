"""An aggregate for tests: so many places, and a process that hands them out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.errors import Code, Rejected
from kernel.aggregate import Aggregate, Meta, Outcome
from kernel.clock import new_id
from kernel.codec import EventType, EventTypes
from kernel.database import Db
from kernel.event_log import EventLog
from kernel.handling import CommandHandler
from kernel.personal import Personal
from kernel.vault import Vault
from tests.support import NOON


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Somebody took a place."""

    subject_id: str
    note: Personal[str]


@dataclass(frozen=True)
class Take:
    """Take one of so many places."""

    note: str = "rahasia"
    places: int = 3
    now: datetime = NOON


def decide(command: Take, taken: int) -> list[Taken]:
    """Until all are taken."""
    if taken >= command.places:
        raise Rejected(Code.WRONG_STATE)
    return [Taken(subject_id="siti", note=command.note)]


PLACES: Aggregate[int] = Aggregate("places", decide, lambda taken, _fact: taken + 1, lambda: 0)
TYPES = EventTypes([EventType("taken", 1, Taken)])


def meta(**words: Any) -> Meta:
    """Say who asks."""
    known = {
        "actor_kind": "officer",
        "actor_id": "budi",
        "office": "1471",
        "command_id": new_id(),
        "correlation_id": "c",
        "causation_id": "c",
    }
    return Meta(**{**known, **words})


class Process:
    """What one process has: caches of its own over the same database."""

    def __init__(self, db: Db, master_key: bytes, types: EventTypes = TYPES) -> None:
        self.db, self.master_key = db, master_key
        self.log: EventLog = EventLog(db)
        self.vault = Vault(db, master_key)
        self.commands = CommandHandler(self.log, types, self.vault)

    def take(
        self, key: str = "1", note: str = "rahasia", places: int = 3, **words: Any
    ) -> Outcome[int]:
        """Handle one command."""
        return self.commands.handle(PLACES, key, Take(note, places), meta(**words))
