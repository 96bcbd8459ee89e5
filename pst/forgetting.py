"""Forgetting a person from the terminal: ledger, key, facts, and the messages that were parked."""

import json
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from contracts.errors import Unavailable
from contracts.events import EVENTS, TYPE_PREFIX, Envelope
from kernel.erasure import forget
from kernel.ledger import Entry, Ledger
from pst.held import streams_of
from pst.parked_messages import parked_messages
from pst.services import SERVICES
from pst.system import System


def offices_of(opened: System, subject_id: str) -> tuple[str, ...]:
    """Return the offices whose facts tell of a person; reads every log."""
    found = [streams_of(opened, name, subject_id) for name in SERVICES]
    return tuple(sorted({office for streams in found for office in streams.values()}))


def forget_everywhere(opened: System, entry: Entry) -> bool:
    """Forget a person in ledger, vault and every log; False when that had been done before."""
    path, vault = opened.settings.erasure_ledger, opened.checked_vault()
    logs = [opened.commands(name, vault) for name in SERVICES]
    return forget(entry, Ledger(Path(path)) if path else None, vault, logs)


def drop_parked(opened: System, subject_id: str) -> list[str]:
    """Drop the parked messages that name a person and are not as we publish; return their ids.

    What we publish carries ids, codes, numbers and times only, and may stay; what came from
    elsewhere may say anything. Raises `Unavailable` when the broker is away; it says what of
    an erasure remains, as this is the last of it.
    """
    try:
        return [message_id for name in SERVICES for message_id in _drop(opened, name, subject_id)]
    except Unavailable as error:
        raise Unavailable(
            f"{subject_id} is forgotten, but parked messages that name them may still be there:"
            f" run this again when the broker answers ({error})"
        ) from error


def _drop(opened: System, name: str, subject_id: str) -> list[str]:
    dropped = []
    with parked_messages(opened.settings.amqp_url, name) as messages:
        for message in messages.all():
            said = message.body + repr(message.properties).encode()
            if subject_id.encode() in said and not _as_published(message.body):
                messages.drop(message)
                dropped.append(message.id)
    return dropped


def _as_published(body: bytes) -> bool:
    """Tell whether a body holds the fields of a published event and not one more."""
    try:
        words = json.loads(body)
        service, event, version = words["type"].removeprefix(f"{TYPE_PREFIX}.").split(".")
        shape = EVENTS[service, event, int(version.removeprefix("v"))]()
        return _fits(words, Envelope()) and _fits(words["data"], shape)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError, RecursionError):
        return False


def _fits(words: dict[str, Any], shape: Schema) -> bool:
    return set(words) <= set(shape.fields) and not shape.validate(words)
