"""What decisions need to know of a notification, folded from its facts; no personal data."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from kernel.facts import Fact
from services.notifier.events import (
    ContactPointBounced,
    DeliveryDeferred,
    Event,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    NotificationSuppressed,
)


@dataclass(frozen=True, kw_only=True)
class Owed:
    """A notification that has neither been delivered nor given up."""

    request: NotificationRequested
    since: datetime
    attempts: int = 0  # tried so far


@dataclass(frozen=True, kw_only=True)
class State:
    """What decisions need: whether it was ever asked for, and what is still owed of it."""

    requested: bool = False
    owed: Owed | None = None

    def owed_at(self, attempt: int) -> Owed | None:
        """Return what the n-th try would deliver; None when it is not the n-th one's turn."""
        if self.owed is None or attempt != self.owed.attempts + 1:
            return None
        return self.owed


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact."""
    event: Event = fact.event
    match event:
        case NotificationRequested():
            return State(requested=True, owed=Owed(request=event, since=fact.occurred_at))
        case DeliveryDeferred():
            tried = replace(state.owed, attempts=event.attempt) if state.owed else None
            return replace(state, owed=tried)
        case NotificationSent() | NotificationFailed() | NotificationSuppressed():
            return replace(state, owed=None)
        case ContactPointBounced():
            return state
    assert_never(event)
