"""A fact: one event together with what the log knows of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.codec import EventTypes, Sealer
from kernel.commit import Draft


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What reactions and views are given."""

    event: Any
    event_id: str
    name: str
    occurred_at: datetime
    stream: str
    sequence: int  # version in its stream
    position: int  # of its commit in the log
    recorded_at: datetime
    office: str
    actor_kind: str
    actor_id: str
    correlation_id: str
    causation_id: str


def facts_of(commit: Draft, types: EventTypes, sealer: Sealer | None = None) -> Iterator[Fact]:
    """Yield a commit's events as facts; in clear only with a sealer.

    Those of a draft stand at position 0, as nobody knows yet where it will come to lie.
    """
    for offset, stored in enumerate(commit.events):
        yield Fact(
            event=types.decode(stored, sealer),
            event_id=stored["event_id"],
            name=stored["type"],
            occurred_at=stored["occurred_at"],
            stream=commit.stream,
            sequence=commit.version + offset,
            position=getattr(commit, "position", 0),
            recorded_at=commit.recorded_at,
            office=commit.office,
            actor_kind=commit.actor["kind"],
            actor_id=commit.actor["id"],
            correlation_id=commit.correlation_id,
            causation_id=commit.causation_id,
        )
