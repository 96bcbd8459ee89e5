"""Forgetting a person: their key is given up, and every log says that it was.

In this order, each step harmless when repeated, so that after a crash the same call again
completes it: a line in the ledger, the tombstone in the vault, a fact in every log. Who calls
`forget` has made sure that nothing holds the person's data back (a legal hold).

Every service stores and publishes the fact: its `TYPES` include ours, and its reactions are
wrapped by `telling`. The fact names an office, as every fact does; a person known to two
offices is told of in both, in a stream of each, so that whoever listens to one office hears it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kernel.aggregate import Aggregate, Meta
from kernel.clock import derive_id
from kernel.codec import EventType
from kernel.effects import Effect, Publish
from kernel.facts import Fact
from kernel.handling import CommandHandler
from kernel.ledger import Entry, Ledger
from kernel.relay import React
from kernel.vault import Vault


@dataclass(frozen=True, kw_only=True)
class SubjectErased:
    """A person has been forgotten; their texts read "[dihapus]"."""

    subject_id: str


@dataclass(frozen=True, kw_only=True)
class TellErased:
    """Have it in the log that a person has been forgotten."""

    now: datetime
    subject_id: str


def decide(command: TellErased, told: bool) -> list[SubjectErased]:
    """Once."""
    return [] if told else [SubjectErased(subject_id=command.subject_id)]


def evolve(_told: bool, _fact: Fact) -> bool:
    """Told."""
    return True


def initial() -> bool:
    """Not told yet."""
    return False


SUBJECT = Aggregate("subject", decide, evolve, initial)
TYPES = (EventType("subject_erased", 1, SubjectErased),)


def forget(
    entry: Entry, ledger: Ledger | None, vault: Vault, logs: Iterable[CommandHandler]
) -> bool:
    """Forget a person for good; False when that had been done before (and is complete now).

    Processes that know the key still open with it for up to 60 s (`kernel.vault.CACHE_S`).
    """
    if ledger is not None and not ledger.names(entry.subject_id):
        ledger.append(entry)
    news = vault.forget(entry.subject_id, entry.forgotten_at)
    for commands in logs:
        for office in entry.offices:
            _tell(commands, office, entry)
    return news


def telling(react: React, vault: Vault) -> React:
    """Return reactions that also publish the fact, and have this process drop the key at once."""

    def told(fact: Fact) -> list[Effect]:
        if not isinstance(fact.event, SubjectErased):
            return react(fact)
        vault.drop(fact.event.subject_id)
        return [Publish(fact.name, vars(fact.event))]

    return told


def _tell(commands: CommandHandler, office: str, entry: Entry) -> None:
    command_id = derive_id("subject_erased", office, entry.subject_id)
    meta = Meta(
        actor_kind="system",
        actor_id="pst",
        office=office,
        command_id=command_id,
        correlation_id=command_id,
        causation_id=command_id,
    )
    command = TellErased(now=entry.forgotten_at, subject_id=entry.subject_id)
    commands.handle(SUBJECT, f"{office}-{entry.subject_id}", command, meta)
