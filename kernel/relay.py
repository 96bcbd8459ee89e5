"""The relay: reads the log in order and carries out what each fact leads to.

At least once, in order: the checkpoint moves after the broker has confirmed. One leader a
log; a late one that wakes up may publish a few events again, but cannot move the checkpoint.
A batch travels together (docs/adr/0014-relay-in-batches.md).
"""

from collections.abc import Callable
from typing import Any

import msgspec

from contracts.common import rfc3339
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
        self._stands: tuple[int, int] | None = None
        self._look_at = 0.0

    def step(self, fence: int) -> int:
        """Handle the next commits; return how many. Raises `Unavailable` to be tried again."""
        done = self._stand(fence)
        self._stands = None
        if done == 0:  # new, or dropped with the dates and to be gone through again
            self._deadlines.prepare()
        reached = done
        work: list[Work] = []
        try:
            for commit in self._log.read_on(done, BATCH):
                work.extend(self._work(commit))
                reached = commit.position
        finally:  # what comes before a commit that cannot be read is done
            self._carry_out(work)
            moved = reached == done or self._checkpoint.advance(done, reached, fence)
            self._stands = (reached, fence) if moved else None
        return reached - done if moved else 0

    def _stand(self, fence: int) -> int:
        """Return how far we are; only a leader moves that, so as we left it.

        Looked up now and then all the same, should somebody drop the dates.
        """
        if self._stands is None or self._stands[1] != fence or monotonic() >= self._look_at:
            self._look_at = monotonic() + LOOK_S
            return self._checkpoint.read()
        return self._stands[0]

    def position(self) -> int:
        """Return up to which commit all is done."""
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

    def _carry_out(self, work: list[Work]) -> None:
        messages = [each for each in work if isinstance(each, Outgoing)]
        if messages:
            self._publisher.publish_all(messages)
            PUBLISHED.labels(self._service).inc(len(messages))
        self._deadlines.apply(each for each in work if not isinstance(each, Outgoing))

    def _message(self, effect: Publish, fact: Fact) -> Outgoing:
        return Outgoing(
            body=msgspec.json.encode(envelope(self._service, effect, fact)),
            subject=fact.stream,
            exchange=EVENTS_EXCHANGE,
            routing_key=f"{fact.office}.{self._service}.{effect.event}",
            content_type=CONTENT_TYPE,
            message_id=fact.event_id,
        )


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
