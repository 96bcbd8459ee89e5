"""Decrees: declared, replaced, revoked; an office's own word over that for all."""

from datetime import date, timedelta

import pytest

from contracts.errors import Code, Unavailable
from kernel.aggregate import Outcome
from kernel.effects import Publish, Schedule
from offices import calendars, decrees
from offices.calendars import Calendars, decreed
from offices.decrees import (
    ALL,
    DECREES,
    CalendarDayDeclared,
    CalendarDayRevoked,
    DeclareDay,
    RevokeDay,
    State,
)
from offices.public_holidays import DayKind
from tests.support import NOON, fact, given
from tests.unit.consultation import OFFICE

DAY = date(2026, 12, 28)
DECLARED = CalendarDayDeclared(
    date=DAY, kind=DayKind.JOINT_LEAVE, name="Cuti", decree_no="SKB-1", for_all=False
)
COMMON = CalendarDayDeclared(
    date=DAY, kind=DayKind.HOLIDAY, name="Libur", decree_no="SKB-0", for_all=True
)
GONE = CalendarDayRevoked(date=DAY, kind=DayKind.HOLIDAY, decree_no="SKB-2", for_all=True)


def declare(event=DECLARED):
    return DeclareDay(now=NOON, **vars(event))


def revoke(for_all=False):
    return RevokeDay(now=NOON, date=DAY, decree_no="SKB-2", for_all=for_all)


def test_declared_once():
    """The same decree told again decides nothing, another replaces it."""
    given(DECREES).when(declare()).then(DECLARED)
    given(DECREES, fact(DECLARED)).when(declare()).then()
    other = CalendarDayDeclared(**{**vars(DECLARED), "kind": DayKind.WORKING})
    given(DECREES, fact(DECLARED)).when(declare(other)).then(other)


def test_revoked_is_as_before():
    """It says what kind of day is revoked, and by which decree."""
    case = given(DECREES, fact(DECLARED)).when(revoke())
    gone = CalendarDayRevoked(date=DAY, kind=DayKind.JOINT_LEAVE, decree_no="SKB-2", for_all=False)
    case.then(gone)
    given(DECREES, fact(DECLARED), fact(gone)).when(revoke()).then_refused(Code.NOT_FOUND)


def test_revoking_the_decree_for_all_leaves_the_office_its_own():
    """And the other way round."""
    story = (fact(COMMON), fact(DECLARED))
    given(DECREES, fact(DECLARED)).when(revoke(for_all=True)).then_refused(Code.NOT_FOUND)
    (gone,) = given(DECREES, *story).when(revoke(for_all=True)).result
    state = State()
    for known in (*story, fact(gone)):
        state = DECREES.evolve(state, known)
    assert (list(state.common), list(state.own)) == ([], [DAY])


def folded(*events):
    state = State()
    for event in events:
        state = DECREES.evolve(state, fact(event))
    return state


@pytest.mark.parametrize(
    ("common", "own", "works"),
    [
        (folded(), folded(), True),
        (folded(COMMON), folded(), False),
        (folded(), folded(DECLARED), False),
        (
            folded(COMMON),
            folded(CalendarDayDeclared(**{**vars(DECLARED), "kind": DayKind.WORKING})),
            True,
        ),
    ],
    ids=["none", "for all", "the office's", "the office works all the same"],
)
def test_office_has_the_last_word(common, own, works):
    """28 December 2026 is a Monday."""
    office = decreed(OFFICE, State(common.common, own.own))
    assert office.calendar.is_working_day(DAY) is works
    assert (office.calendar.version == OFFICE.calendar.version) == (common == own == State())


def test_every_decree_reckons_limits_anew_and_once_more():
    """Told in the office at once; again a minute later, for who did not know of it yet."""
    told, now, again = decrees.react(fact(DECLARED, name="calendar_day_declared"))
    assert isinstance(told, Publish)
    assert isinstance(now, Schedule)
    assert (now.at, again.at) == (NOON, NOON + timedelta(minutes=1))


def test_decree_for_all_is_first_told_to_every_office():
    """Nothing is published in the name of all."""
    (spread,) = decrees.react(fact(COMMON, office=ALL, sequence=4))
    assert spread.data == {"sequence": 4}
    assert decrees.spread(COMMON, folded(COMMON), NOON) == declare(COMMON)
    assert decrees.spread(GONE, State(), NOON) == revoke(for_all=True)


def test_decree_told_late_says_what_holds_now():
    """The first one waited for the database while the next was told already."""
    assert decrees.spread(COMMON, State(), NOON) is None
    again = CalendarDayDeclared(**{**vars(COMMON), "kind": DayKind.WORKING})
    for late in (COMMON, GONE):
        assert decrees.spread(late, folded(again), NOON) == declare(again)


def test_what_is_heard_is_taken_over():
    """By a service that keeps a calendar of its own."""
    told = {name: value for name, value in vars(COMMON).items() if name != "now"}
    data = {**told, "kind": "holiday", "office": "1471"}
    envelope = {"event": "calendar_day_declared", "data": data}
    assert decrees.heard(envelope, NOON) == declare(COMMON)
    gone = {**envelope, "event": "calendar_day_revoked"}
    expected = RevokeDay(now=NOON, date=DAY, decree_no="SKB-0", for_all=True)
    assert decrees.heard(gone, NOON) == expected


class Log:
    """What a calendar asks; it can be away."""

    def __init__(self):
        self.common, self.own, self.asked, self.away = None, State(), 0, False

    def state(self, _aggregate, key):
        self.asked += 1
        if self.away:
            raise Unavailable("database")
        state = self.common if key == ALL else self.own
        version = 0 if state is None else 1 + len(state.own)
        return Outcome(state or State(), version, (), False)


def test_calendar_is_asked_for_now_and_then(monkeypatch):
    """And what was known holds while the log is away."""
    now = [0.0]
    monkeypatch.setattr(calendars, "monotonic", lambda: now[0])
    log = Log()
    offices = Calendars(log, {"1471": OFFICE})
    assert offices["1471"].calendar.is_working_day(DAY)
    log.own = folded(DECLARED)
    assert offices["1471"].calendar.is_working_day(DAY)
    assert log.asked == 2
    now[0] += 2
    assert not offices["1471"].calendar.is_working_day(DAY)
    log.own, log.away = State(), True
    offices.forget()
    assert not offices["1471"].calendar.is_working_day(DAY)
    log.away = False
    now[0] += 2
    assert offices["1471"].calendar.is_working_day(DAY)
    with pytest.raises(KeyError):
        offices["9999"]


def test_word_for_all_counts_where_it_is_kept():
    """An office that was told late keeps an old one; another service knows it by that alone."""
    log = Log()
    log.own = folded(COMMON)
    assert not Calendars(log, {"1471": OFFICE})["1471"].calendar.is_working_day(DAY)
    log.common = folded(COMMON, GONE)
    assert Calendars(log, {"1471": OFFICE})["1471"].calendar.is_working_day(DAY)


def test_calendar_that_was_never_known_is_away():
    """Nobody reckons by a calendar that may be wrong."""
    log = Log()
    log.away = True
    with pytest.raises(Unavailable):
        Calendars(log, {"1471": OFFICE})["1471"]
