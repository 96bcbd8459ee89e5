"""What follows from a fact: when to try, and what is published. No I/O, only data."""

from typing import assert_never

from kernel.effects import Cancel, Effect, Ignore, Publish, Schedule
from kernel.facts import Fact
from services.notifier.alarms import AlarmRaised
from services.notifier.commands import DELIVER
from services.notifier.events import (
    ContactPointBounced,
    DeliveryDeferred,
    Event,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    NotificationSuppressed,
)


def react(fact: Fact) -> list[Effect]:
    """Return the effects of one fact."""
    event: Event | AlarmRaised = fact.event
    match event:
        case NotificationRequested():
            return [Schedule(DELIVER, fact.occurred_at, {"attempt": 1})]
        case DeliveryDeferred():
            return [Schedule(DELIVER, event.retry_at, {"attempt": event.attempt + 1})]
        case NotificationSent() | NotificationFailed() | NotificationSuppressed():
            return [Publish(fact.name, vars(event)), Cancel(DELIVER)]
        case ContactPointBounced():
            return [Publish(fact.name, vars(event))]
        case AlarmRaised():
            return [Ignore("the notification itself says what became of it")]
    assert_never(event)
