"""The relay: reads the log in order and carries out what each fact leads to.

At least once, in order: the checkpoint moves after the broker has confirmed. One leader a
log; a late one that wakes up may publish a few events again, but cannot move the checkpoint.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from contracts.common import rfc3339
from contracts.events import CONTENT_TYPE, EVENTS, TYPE_PREFIX
from contracts.topology import EVENTS_EXCHANGE
from kernel.broker import Publisher
from kernel.codec import EventTypes
from kernel.commit import Commit
from kernel.deadlines import Deadline, Deadlines
from kernel.effects import Cancel, Effect, Ignore, Publish, Schedule
from kernel.event_log import EventLog
from kernel.facts import Fact, facts_of
from kernel.observability import PUBLISHED

React = Callable[[Fact], list[Effect]]

BATCH = 50


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

    def step(self, fence: int) -> int:
        """Handle the next commits; return how many. Raises `Unavailable` to be tried again."""
        done = self._checkpoint.read()
        if done == 0:  # new, or dropped with the dates and to be gone through again
            self._deadlines.prepare()
        commits = self._log.read_on(done, BATCH)
        reached = done
        try:
            for commit in commits:
                self._relay(commit)
                reached = commit.position
        finally:  # of a batch that broke off, what was done is not done again
            moved = reached == done or self._checkpoint.advance(done, reached, fence)
        return reached - done if moved else 0

    def _relay(self, commit: Commit) -> None:
        for fact in facts_of(commit, self._types):
            for effect in self._react(fact):
                self._carry_out(effect, fact)

    def lag(self) -> int:
        """Return how many commits wait."""
        return self._log.head().position - self._checkpoint.read()

    def _carry_out(self, effect: Effect, fact: Fact) -> None:
        match effect:
            case Publish():
                self._publish(effect, fact)
            case Schedule():
                self._deadlines.schedule(
                    Deadline(
                        stream=fact.stream,
                        sequence=fact.sequence,
                        name=effect.name,
                        due_at=effect.at,
                        data=effect.data,
                        office=fact.office,
                        correlation_id=fact.correlation_id,
                        causation_id=fact.event_id,
                    )
                )
            case Cancel():
                self._deadlines.cancel(fact.stream, effect.name, fact.sequence)
            case Ignore():
                pass

    def _publish(self, effect: Publish, fact: Fact) -> None:
        self._publisher.publish(
            msgspec.json.encode(envelope(self._service, effect, fact)),
            exchange=EVENTS_EXCHANGE,
            routing_key=f"{fact.office}.{self._service}.{effect.event}",
            content_type=CONTENT_TYPE,
            message_id=fact.event_id,
        )
        PUBLISHED.labels(self._service).inc()


def envelope(service: str, effect: Publish, fact: Fact) -> dict[str, Any]:
    """Return the CloudEvent of a fact; its data is dumped by its published shape alone."""
    name = f"{service}.{effect.event}.v{effect.version}"
    shape = EVENTS[service, effect.event, effect.version]()
    data = shape.dump({"office": fact.office, **effect.data})
    return {
        "specversion": "1.0",
        "id": fact.event_id,
        "type": f"{TYPE_PREFIX}.{name}",
        "source": f"/pst/{fact.office}/{service}",
        "subject": fact.stream.split("-", 1)[1],
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
