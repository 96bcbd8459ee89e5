"""Alarms of one office, day and recipient: how closely they follow each other (docs/adr/0025).

An alarm tells of everybody who waits too long when it leaves, so whoever was late by then need not
be told of again; and the next one leaves no sooner than `QUIET` after it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kernel.facts import Fact
from services.notifier.commands import Postponed, Withheld
from services.notifier.events import WithheldBecause

QUIET = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class AlarmRaised:
    """An alarm is about to leave. `seen`: up to which version of the day it tells all."""

    notification_id: str
    seen: int


@dataclass(frozen=True, kw_only=True)
class RaiseAlarm:
    """May it leave? `breach`: the version of the day at which what it is about happened."""

    now: datetime
    notification_id: str
    breach: int
    seen: int


@dataclass(frozen=True, kw_only=True)
class State:
    """The last alarm."""

    notification_id: str | None = None
    seen: int = 0
    at: datetime | None = None


def decide(command: RaiseAlarm, state: State) -> list[AlarmRaised]:
    """Return that it leaves, nothing if it is held back; a further try of the last one leaves."""
    if held_back(command, state) is not None:
        return []
    return [AlarmRaised(notification_id=command.notification_id, seen=command.seen)]


def held_back(command: RaiseAlarm, state: State) -> Withheld | Postponed | None:
    """Return why it does not leave now; None when it does.

    What came before which is said by versions of the day, so that no clocks are compared.
    """
    if state.at is None or state.notification_id == command.notification_id:
        return None
    if command.breach <= state.seen:
        return Withheld(WithheldBecause.TOLD_WITH_ANOTHER)
    quiet_until = state.at + QUIET
    return Postponed(quiet_until) if command.now < quiet_until else None


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact."""
    event: AlarmRaised = fact.event
    return replace(
        state, notification_id=event.notification_id, seen=event.seen, at=fact.occurred_at
    )
