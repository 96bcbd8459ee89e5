"""Stored events ↔ frozen dataclasses: by a name we chose and a version, never a module path.

A stored form is never edited. When an event changes, its class becomes the form of a new
version, and the earlier form stays as an `Earlier`, which says how its data becomes that of
the next version; what was stored is read through all steps up to the present.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import msgspec

from kernel.personal import FORGOTTEN, personal_fields

StoredEvent = dict[str, Any]
"""{event_id, type, schema_version, occurred_at, data}; data is plain JSON, personal text sealed."""


class UnknownEvent(Exception):
    """A stored event that this process cannot read: newer than it, or not of this service.

    Nothing is skipped in silence: the fold of the stream stops here. During a rolling
    deployment that is nothing out of order; a process of the new release can go on.
    """


class Sealer(Protocol):
    """What the codec needs of the vault."""

    def seal(self, subject_id: str, plain: bytes) -> str: ...
    def open(self, subject_id: str, sealed: str) -> bytes | None: ...


@dataclass(frozen=True)
class EventType:
    """The present form of an event: its chosen name, its version, the class it is read into."""

    name: str
    version: int
    event_class: type[Any]


Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Data as one version stored it → data of the next version. Pure; personal fields are sealed."""


@dataclass(frozen=True)
class Earlier:
    """A form in which an event was stored before, and the step to the next version."""

    name: str
    version: int
    upcast: Upcaster


class EventTypes:
    """The stored forms of one service."""

    def __init__(self, types: Iterable[EventType], earlier: Iterable[Earlier] = ()) -> None:
        types, earlier = tuple(types), tuple(earlier)
        self._by_name = {t.name: t for t in types}
        self._by_class = {t.event_class: t for t in types}
        self._steps = {(e.name, e.version): e.upcast for e in earlier}
        if len(self._by_name) != len(types):
            raise ValueError("two event types share a name")
        if sorted(self._steps) != sorted((t.name, v) for t in types for v in range(1, t.version)):
            raise ValueError("each earlier version of an event needs one step to the next")
        # a class whose personal fields nobody's key could seal fails here, at start
        self._personal = {t.event_class: personal_fields(t.event_class) for t in types}

    def all(self) -> tuple[EventType, ...]:
        """Return the present forms."""
        return tuple(self._by_name.values())

    def stored(self) -> tuple[tuple[str, int], ...]:
        """Return name and version of every form that may lie in the log."""
        return (*self._steps, *((t.name, t.version) for t in self.all()))

    def upcasters(self) -> tuple[Upcaster, ...]:
        """Return the steps from earlier forms: a change in one changes what is folded."""
        return tuple(self._steps.values())

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
        name, version, data = stored["type"], stored["schema_version"], stored["data"]
        kind = self._by_name.get(name)
        if kind is None or not 1 <= version <= kind.version:
            raise UnknownEvent(f"{name} v{version} (event {stored['event_id']})")
        while version < kind.version:
            data, version = self._steps[name, version](data), version + 1
        event = msgspec.convert(data, kind.event_class)
        if sealer:
            for name, value in self._in_clear(event, sealer):
                object.__setattr__(event, name, value)  # nobody has seen this one yet
        return event

    def reveal(self, event: Any, sealer: Sealer) -> Any:
        """Return the event in clear; a forgotten person's texts read "[dihapus]"."""
        return replace(event, **dict(self._in_clear(event, sealer)))

    def _in_clear(self, event: Any, sealer: Sealer) -> Iterator[tuple[str, Any]]:
        for name in self._personal[type(event)]:
            if (sealed := getattr(event, name)) is not None:
                yield name, clear(sealed, event.subject_id, sealer)


def clear(sealed: str, subject_id: str, sealer: Sealer) -> Any:
    """Return one sealed value in clear, "[dihapus]" when its person has been forgotten."""
    plain = sealer.open(subject_id, sealed)
    return FORGOTTEN if plain is None else msgspec.json.decode(plain)
