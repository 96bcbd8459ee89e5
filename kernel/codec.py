"""Stored events ↔ frozen dataclasses: by a name we chose and a version, never a module path."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import msgspec

from kernel.personal import FORGOTTEN, personal_fields

StoredEvent = dict[str, Any]
"""{event_id, type, schema_version, occurred_at, data}; data is plain JSON, personal text sealed."""


class UnknownEvent(Exception):
    """A stored event that this process cannot read: newer than it, or not of this service.

    Nothing is skipped in silence: the fold of the stream stops here.
    """


class Sealer(Protocol):
    """What the codec needs of the vault."""

    def seal(self, subject_id: str, plain: bytes) -> str: ...
    def open(self, subject_id: str, sealed: str) -> bytes | None: ...


@dataclass(frozen=True)
class EventType:
    """One stored form: its chosen name, its version, the class it is read into."""

    name: str
    version: int
    event_class: type[Any]


class EventTypes:
    """The stored forms of one service."""

    def __init__(self, types: Iterable[EventType]) -> None:
        types = tuple(types)
        self._by_name = {(t.name, t.version): t for t in types}
        self._by_class = {t.event_class: t for t in types}
        if len(self._by_name) != len(types):
            raise ValueError("two event types share a name and a version")
        # a class whose personal fields nobody's key could seal fails here, at start
        self._personal = {t.event_class: personal_fields(t.event_class) for t in types}

    def all(self) -> tuple[EventType, ...]:
        """Return every stored form."""
        return tuple(self._by_name.values())

    def personal(self, event: object) -> tuple[str, ...]:
        """Return the names of an event's personal fields."""
        return self._personal[type(event)]

    def encode(
        self, event: object, event_id: str, occurred_at: datetime, sealer: Sealer
    ) -> StoredEvent:
        """Return the stored form, personal fields sealed with their subject's key."""
        kind = self._by_class[type(event)]
        data = msgspec.to_builtins(event)
        for name in self._personal[kind.event_class]:
            if data[name] is not None:
                data[name] = sealer.seal(data["subject_id"], msgspec.json.encode(data[name]))
        return {
            "event_id": event_id,
            "type": kind.name,
            "schema_version": kind.version,
            "occurred_at": occurred_at,
            "data": data,
        }

    def decode(self, stored: StoredEvent, sealer: Sealer | None = None) -> Any:
        """Return the event; without a sealer its personal fields stay sealed text."""
        kind = self._by_name.get((stored["type"], stored["schema_version"]))
        if kind is None:
            raise UnknownEvent(
                f"{stored['type']} v{stored['schema_version']} (event {stored['event_id']})"
            )
        event = msgspec.convert(stored["data"], kind.event_class)
        return self.reveal(event, sealer) if sealer else event

    def reveal(self, event: Any, sealer: Sealer) -> Any:
        """Return the event in clear; a forgotten person's texts read "[dihapus]"."""
        names = self._personal[type(event)]
        sealed = {n: getattr(event, n) for n in names if getattr(event, n) is not None}
        return replace(event, **{n: clear(v, event.subject_id, sealer) for n, v in sealed.items()})


def clear(sealed: str, subject_id: str, sealer: Sealer) -> Any:
    """Return one sealed value in clear, "[dihapus]" when its person has been forgotten."""
    plain = sealer.open(subject_id, sealed)
    return FORGOTTEN if plain is None else msgspec.json.decode(plain)
