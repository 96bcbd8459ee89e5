"""The relay: reads the log in order and carries out what each fact leads to.

At least once, in order: the checkpoint moves after the broker has confirmed. One leader a
log; a late one that wakes up may publish a few events again, but cannot move the checkpoint.
A batch travels together (docs/adr/0014-relay-in-batches.md).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from contracts.common import rfc3339, schema
from contracts.events import CONTENT_TYPE, EVENTS, TYPE_PREFIX
from contracts.topology import EVENTS_EXCHANGE
from kernel.broker import Outgoing, Publisher
from kernel.clock import monotonic
from kernel.codec import EventTypes
from kernel.commit import Commit
from kernel.deadlines import Cancelled, Change, Deadline, Deadlines
from kernel.effects import Cancel, Effect, Ignore, Publish, Schedule
from kernel.event_log import EventLog
from kernel.facts import Fact, facts_of
from kernel.metrics import PUBLISHED

React = Callable[[Fact], list[Effect]]

Work = Outgoing | Change
"""What an effect comes to: a message to publish, or a date to set, move or drop."""

BATCH = 200
LOOK_S = 1.0

SAVE_S = 0.1
"""So long, under load, the checkpoint may lag behind what the broker has confirmed, and dates
that lost their point may stay: whoever leads next publishes so much again."""


@dataclass(frozen=True)
class Standing:
    """How far a leader has come: `reached` is carried out, `saved` is the checkpoint."""

    reached: int
    saved: int
    fence: int


class Relay:
    """Carries out the effects of one service's facts."""

    def __init__(
        self,
        service: str,
        log: EventLog,
        types: EventTypes,
        react: React,
        publisher: Publisher,
        deadlines: Deadlines,
    ) -> None:
        self._service = service
        self._log = log
        self._types = types
        self._react = react
        self._publisher = publisher
        self._deadlines = deadlines
        self._checkpoint = deadlines.checkpoint()
        self._stands: Standing | None = None
        self._look_at = self._save_at = 0.0
        self._dropped: list[Cancelled] = []

    def step(self, fence: int) -> int:
        """Handle the next commits; return how many. Raises `Unavailable` to be tried again.

        0 also when the checkpoint was not ours to move: the next step looks where it stands.
        """
        stands = self._stand(fence)
        self._stands = None  # until all below is done
        if stands.reached == 0:  # new, or dropped with the dates and to be gone through again
            self._deadlines.prepare()
        reached = stands.reached
        work: list[Work] = []
        try:
            for commit in self._log.read_on(reached, BATCH):
                work.extend(self._work(commit))
                reached = commit.position
        finally:  # what comes before a commit that cannot be read is done
            self._publish([each for each in work if isinstance(each, Outgoing)])
            changes = [each for each in work if not isinstance(each, Outgoing)]
            if reached > stands.reached and monotonic() < self._save_at:
                self._stands = self._put_off(replace(stands, reached=reached), changes)
            else:
                self._stands = self._save(replace(stands, reached=reached), changes)
        return reached - stands.reached if self._stands else 0

    def settle(self) -> None:
        """Save what has been put off, before another leads."""
        if self._stands:
            self._stands = self._save(self._stands, [])

    def waits(self) -> bool:
        """Tell whether this process knows of commits that are still to be handled."""
        return self._stands is None or self._log.known_beyond(self._stands.reached)

    def _stand(self, fence: int) -> Standing:
        """Return how far we are; only a leader moves that, so as we left it.

        Looked up now and then all the same, should somebody drop the dates.
        """
        stands = self._stands
        if stands and stands.fence == fence and not self._to_be_looked_up(stands):
            return stands
        self._look_at = monotonic() + LOOK_S
        saved = self._checkpoint.read()
        return Standing(saved, saved, fence)

    def _to_be_looked_up(self, stands: Standing) -> bool:
        return stands.reached == stands.saved and monotonic() >= self._look_at  # to save also looks

    def _put_off(self, stands: Standing, changes: list[Change]) -> Standing:
        """Set new dates now; that others lost their point, and how far we are, can wait."""
        self._deadlines.apply(each for each in changes if isinstance(each, Deadline))
        self._dropped += [each for each in changes if isinstance(each, Cancelled)]
        return stands

    def _save(self, stands: Standing, changes: list[Change]) -> Standing | None:
        """Move the checkpoint to what is done; None when it is not ours to move."""
        self._deadlines.apply([*self._dropped, *changes])
        self._dropped = []
        if stands.reached == stands.saved:
            return stands
        self._save_at = monotonic() + SAVE_S
        if self._checkpoint.advance(stands.saved, stands.reached, stands.fence):
            return replace(stands, saved=stands.reached)
        return None

    def position(self) -> int:
        """Return up to which commit all is done and saved."""
        return self._checkpoint.read()

    def _work(self, commit: Commit) -> list[Work]:
        """Return what a commit leads to: all of it, or nothing if one of its facts fails."""
        return [
            work
            for fact in facts_of(commit, self._types)
            for effect in self._react(fact)
            if (work := self._prepared(effect, fact))
        ]

    def _prepared(self, effect: Effect, fact: Fact) -> Work | None:
        match effect:
            case Publish():
                return self._message(effect, fact)
            case Schedule():
                return Deadline(
                    stream=fact.stream,
                    sequence=fact.sequence,
                    name=effect.name,
                    due_at=effect.at,
                    data=effect.data,
                    office=fact.office,
                    correlation_id=fact.correlation_id,
                    causation_id=fact.event_id,
                )
            case Cancel():
                return Cancelled(stream=fact.stream, sequence=fact.sequence, name=effect.name)
            case Ignore():
                return None

    def _publish(self, messages: list[Outgoing]) -> None:
        if messages:
            self._publisher.publish_all(messages)
            PUBLISHED.labels(self._service).inc(len(messages))

    def _message(self, effect: Publish, fact: Fact) -> Outgoing:
        return Outgoing(
            body=msgspec.json.encode(envelope(self._service, effect, fact)),
            subject=effect.subject or fact.stream,
            exchange=EVENTS_EXCHANGE,
            routing_key=f"{fact.office}.{self._service}.{effect.event}",
            content_type=CONTENT_TYPE,
            message_id=fact.event_id,
        )


def envelope(service: str, effect: Publish, fact: Fact) -> dict[str, Any]:
    """Return the CloudEvent of a fact; its data is dumped by its published shape alone."""
    name = f"{service}.{effect.event}.v{effect.version}"
    shape = schema(EVENTS[service, effect.event, effect.version])
    data = shape.dump({"office": fact.office, **effect.data})
    return {
        "specversion": "1.0",
        "id": fact.event_id,
        "type": f"{TYPE_PREFIX}.{name}",
        "source": f"/pst/{fact.office}/{service}",
        "subject": effect.subject or fact.stream.split("-", 1)[1],
        "time": rfc3339(fact.occurred_at),
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{name}.json",
        "sequence": fact.sequence,
        "position": fact.position,
        "recordedtime": rfc3339(fact.recorded_at),
        "correlationid": fact.correlation_id,
        "causationid": fact.causation_id,
        "actorkind": fact.actor_kind,
        "data": data,
    }
