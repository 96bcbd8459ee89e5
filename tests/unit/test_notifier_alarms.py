"""How closely alarms follow each other: none hides another, none is told twice, none is lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from kernel.aggregate import Aggregate
from kernel.facts import Fact
from services.notifier import alarms
from services.notifier.alarms import QUIET, AlarmRaised, RaiseAlarm, held_back
from services.notifier.commands import Postponed, Withheld
from services.notifier.events import WithheldBecause
from tests.support import NOON, fact, given

ALARMS = Aggregate("alarms", alarms.decide, alarms.evolve, alarms.State)
TOLD = Withheld(WithheldBecause.TOLD_WITH_ANOTHER)
SECOND = timedelta(seconds=1)


def raised(notification_id: str, seen: int, at: datetime = NOON) -> Fact:
    """An alarm left."""
    return fact(AlarmRaised(notification_id=notification_id, seen=seen), at)


def wish(notification_id: str, breach: int, seen: int, at: datetime = NOON) -> RaiseAlarm:
    """May this one leave?"""
    return RaiseAlarm(now=at, notification_id=notification_id, breach=breach, seen=seen)


def answer(command: RaiseAlarm, *facts: Fact) -> Any:
    """Return why it is held back."""
    state = alarms.State()
    for known in facts:
        state = alarms.evolve(state, known)
    return held_back(command, state)


def test_first_alarm_leaves():
    """At once."""
    given(ALARMS).when(wish("n1", 5, seen=6)).then(AlarmRaised(notification_id="n1", seen=6))
    assert answer(wish("n1", 5, 6)) is None


@pytest.mark.parametrize("late", [timedelta(), QUIET, timedelta(hours=2)])
def test_who_was_late_already_when_the_last_one_left_is_not_told_of_again(late):
    """It told of them; however long ago, as they were told of in the queue's own order."""
    command = wish("n2", breach=6, seen=9, at=NOON + late)
    given(ALARMS, raised("n1", seen=6)).when(command).then()
    assert answer(command, raised("n1", seen=6)) == TOLD


def test_next_alarm_waits_a_quarter_of_an_hour():
    """To the second; nothing is lost by it."""
    command = wish("n2", breach=7, seen=7, at=NOON + SECOND)
    given(ALARMS, raised("n1", seen=6)).when(command).then()
    assert answer(command, raised("n1", seen=6)) == Postponed(NOON + QUIET)
    assert answer(wish("n2", 7, 9, NOON + QUIET - SECOND), raised("n1", 6)) == Postponed(
        NOON + QUIET
    )
    late = wish("n2", breach=7, seen=9, at=NOON + QUIET)
    given(ALARMS, raised("n1", 6)).when(late).then(AlarmRaised(notification_id="n2", seen=9))


def test_same_alarm_tried_again_leaves_and_tells_what_is_so_then():
    """The mail server was away; what came meanwhile is told with it."""
    again = wish("n1", breach=5, seen=9, at=NOON + SECOND)
    given(ALARMS, raised("n1", 6)).when(again).then(AlarmRaised(notification_id="n1", seen=9))
    history = raised("n1", 6), raised("n1", 9, NOON + SECOND)
    assert answer(wish("n2", breach=8, seen=10, at=NOON + 2 * SECOND), *history) == TOLD
    assert answer(again, *history) is None  # and once it has left, nothing holds that try back


def test_forty_breaches_are_an_alarm_every_quarter_of_an_hour():
    """One a minute, all morning; each is told of, by one alarm or another that left after it."""
    state, waiting, left = alarms.State(), {}, []
    told = set()
    for minute in range(41 + 15):
        now = NOON + timedelta(minutes=minute)
        if minute < 40:
            waiting[f"n{minute}"] = minute + 1
        for notification_id, breach in list(waiting.items()):
            command = wish(notification_id, breach, seen=min(minute, 39) + 1, at=now)
            for event in alarms.decide(command, state):
                state = alarms.evolve(state, fact(event, now))
                left.append(now)
            verdict = held_back(command, state)
            if not isinstance(verdict, Postponed):
                told.add(waiting.pop(notification_id))
    assert left == [NOON + n * QUIET for n in range(4)]
    assert told == set(range(1, 41))
    assert not waiting
