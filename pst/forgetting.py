"""Forgetting a person from the terminal: ledger, key, facts, and the messages that failed."""

import json
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from contracts.errors import Unavailable
from contracts.events import EVENTS, TYPE_PREFIX, Envelope
from kernel.consumer import ATTEMPT, ERROR, ROUTING_KEY
from kernel.erasure import forget
from kernel.ledger import Entry, Ledger
from pst.held import searches_of, streams_of
from pst.parked_messages import Parked, parked_messages
from pst.services import SERVICES
from pst.shown import harmless
from pst.system import System
from services.consultation.accounts.queries import PERSON

OURS = {ATTEMPT, ERROR, ROUTING_KEY}
BROKERS = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-", "x-acquired-")
"""The headers that we give a message on its way, and how those of the broker begin."""

PROPERTIES = {"content_type", "content_encoding", "delivery_mode", "headers", "message_id"}
"""What else we say of a message we publish; there may be a `priority` of 0."""


@dataclass(frozen=True)
class Looked:
    """What came of a look at the broker: ids of what was dropped; service → messages unseen."""

    dropped: list[str] = field(default_factory=list)
    unseen: dict[str, int] = field(default_factory=dict)


def offices_of(opened: System, subject_id: str) -> tuple[str, ...]:
    """Return the offices whose facts tell of a person; reads every log."""
    found = [streams_of(opened, name, subject_id) for name in SERVICES]
    return tuple(sorted({office for streams in found for office in streams.values()}))


def holds_of(opened: System, subject_id: str) -> list[str]:
    """Return the legal holds on a person, each as `reference (office)`."""
    commands = opened.commands("consultation", opened.checked_vault())
    known = commands.state(PERSON, subject_id).state
    return sorted(f"{harmless(reference)} ({office})" for office, reference in known.holds)


def forget_everywhere(opened: System, entry: Entry) -> bool:
    """Forget a person in ledger, vault and every log; False when that had been done before.

    Before that what they searched for without a name, if a question of theirs names the search.
    """
    path, vault = opened.settings.erasure_ledger, opened.checked_vault()
    ledger = Ledger(Path(path)) if path else None
    streams = streams_of(opened, "consultation", entry.subject_id)
    for fact in searches_of(opened, entry.subject_id, streams):
        forget(Entry(fact.event.words_of, entry.forgotten_at, ()), ledger, vault, [])
    logs = [opened.commands(name, vault) for name in SERVICES]
    return forget(entry, ledger, vault, logs)


def drop_failed(opened: System, subject_id: str) -> Looked:
    """Drop messages, parked or to be tried again, that name a person and are not as we publish.

    What we publish carries ids, codes, numbers and times only, and may stay; what came from
    elsewhere may say anything. What a service has yet to take in is not looked at, and counted
    only as far as it is not in its hands. Raises `Unavailable` when the broker is away; it says
    what of an erasure remains, as this is the last of it.
    """
    looked = Looked()
    try:
        for name in SERVICES:
            _drop(opened, name, subject_id, looked)
    except Unavailable as error:
        raise Unavailable(
            f"{subject_id} is forgotten, but parked messages that name them may still be there:"
            f" run this again when the broker answers ({error})"
        ) from error
    return looked


def _drop(opened: System, name: str, subject_id: str, looked: Looked) -> None:
    with parked_messages(opened.settings.amqp_url, name) as messages:
        for message in chain(messages.climbing(), messages.all()):
            said = message.body + repr(message.properties).encode()
            if subject_id.encode() in said and not _as_published(message):
                messages.drop(message)
                looked.dropped.append(message.id)
        if (unseen := messages.waiting()) is not None:
            looked.unseen[name] = unseen


def _as_published(message: Parked) -> bool:
    """Tell whether it holds the fields of a published event and not one more, nor a header."""
    said = {name for name, value in vars(message.properties).items() if value}
    if not said <= PROPERTIES:
        return False
    if not all(name in OURS or name.startswith(BROKERS) for name in message.headers):
        return False
    try:
        words = json.loads(message.body)
        service, event, version = words["type"].removeprefix(f"{TYPE_PREFIX}.").split(".")
        shape = EVENTS[service, event, int(version.removeprefix("v"))]()
        return _fits(words, Envelope()) and _fits(words["data"], shape)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError, RecursionError):
        return False


def _fits(words: dict[str, Any], shape: Schema) -> bool:
    return set(words) <= set(shape.fields) and not shape.validate(words)
