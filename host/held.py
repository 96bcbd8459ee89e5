"""What a service holds about a person: found by a view, told as plain JSON."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import structlog

from contracts.common import plain, rfc3339
from host import lists
from host.person_streams import HELD
from host.runtime import Runtime
from kernel import erasure
from kernel.codec import EventTypes
from kernel.facts import Fact
from kernel.ledger import Entry
from kernel.vault import Vault

log = structlog.get_logger()

Document = dict[str, Any]

SEALED = "[sealed]"
"""Stands where another person's words are."""

NO_LIMIT = 0

Concerning = Callable[[str, list[Fact]], list[Fact]]
"""(subject id, facts of a stream that tells of them) → those that concern this person."""


def places(core: Runtime, subject_id: str) -> list[Document]:
    """Return `{stream, office}` of all that tells of a person by now.

    Raises `Unavailable` when the view does not catch up with the log within moments.
    """
    kept = core.view(HELD)
    lists.caught_up(core, kept)
    return kept.find({"subject_id": subject_id}, [("subject_id", 1)], NO_LIMIT)


def offices(core: Runtime, subject_id: str) -> tuple[str, ...]:
    """Return the offices whose facts tell of a person."""
    return tuple(sorted({place["office"] for place in places(core, subject_id)}))


def export(core: Runtime, subject_id: str, concerning: Concerning) -> Document:
    """Return the facts that concern a person, by stream, in clear; nothing of anybody else."""
    streams = sorted(place["stream"] for place in places(core, subject_id))
    found = {stream: concerning(subject_id, core.stored_facts(stream)) for stream in streams}
    return in_clear(core, subject_id, found)


def in_clear(core: Runtime, subject_id: str, found: dict[str, list[Fact]]) -> Document:
    """Return the facts of some streams as plain JSON, those without any left out."""
    types, vault = core.wiring.types, core.vault
    return {
        stream: [told(fact, types, vault, subject_id) for fact in facts]
        for stream, facts in found.items()
        if facts
    }


def tell_erased(core: Runtime, envelope: Document, offices: Iterable[str] = ()) -> None:
    """Have it in this service's log, too, that a person was forgotten, in each of their offices.

    The vault is believed, not the message: who is not forgotten there stays.
    """
    subject_id = envelope["data"]["subject_id"]
    core.vault.drop(subject_id)
    if not core.vault.forgotten([subject_id]):
        log.warning("told_of_an_erasure_that_was_not", event_id=envelope["id"])
        return
    known = tuple(sorted({envelope["data"]["office"], *offices}))
    entry = Entry(subject_id=subject_id, forgotten_at=envelope["time"], offices=known)
    erasure.forget(entry, None, core.vault, [core.commands])


def told(fact: Fact, types: EventTypes, vault: Vault, subject_id: str) -> Document:
    """Return a fact whose personal fields are sealed; only this person's are opened."""
    event = fact.event
    if getattr(event, "subject_id", None) == subject_id:
        event = types.reveal(event, vault)
    else:
        others = [n for n in types.personal(event) if getattr(event, n) is not None]
        event = replace(event, **dict.fromkeys(others, SEALED))
    return {
        "position": fact.position,
        "version": fact.sequence,
        "type": fact.name,
        "occurred_at": rfc3339(fact.occurred_at),
        "actor": {"kind": fact.actor_kind, "id": fact.actor_id},
        "data": plain(event),
    }
