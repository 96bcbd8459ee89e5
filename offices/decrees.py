"""Decrees: dates that an office, or all of them, count otherwise than the tables and files say.

They come mid-year and may be revoked: joint decrees of the ministers, an office's own closures.
Each is a fact of the office's own stream, or of the one for all, in the log of the consultation
service; a service that hears of it keeps it in its own.

Refusals: `not_found` (nothing was declared for the date that is to be revoked).
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, assert_never

from contracts.errors import Code, Rejected
from kernel.aggregate import Aggregate
from kernel.codec import EventType
from kernel.effects import Effect, Publish, Schedule
from kernel.facts import Fact
from offices.calendar import Override
from offices.public_holidays import DayKind

ALL = "all"
"""Stands for every office: the key of their common stream."""

AGAIN = timedelta(minutes=1)


SPREAD = "spread_"
RECALCULATE = "recalculate_"
RECALCULATE_AGAIN = "recalculate_again_"
"""Dates that a decree sets: to be told in every office (with the `sequence` of the one for all);
every limit to be reckoned anew (with its `date`), and again, as some may have been reckoned
meanwhile by a process that did not know of it yet."""


@dataclass(frozen=True, kw_only=True)
class CalendarDayDeclared:
    """A date counts otherwise from now on; one declared before for the same date is replaced.

    `for_all`: by a decree for every office, which one of the office's own overrules.
    """

    date: date
    kind: DayKind
    name: str
    decree_no: str
    for_all: bool


@dataclass(frozen=True, kw_only=True)
class CalendarDayRevoked:
    """A date counts again as it would have without that; `decree_no` is the revoking one."""

    date: date
    kind: DayKind
    decree_no: str
    for_all: bool


@dataclass(frozen=True, kw_only=True)
class DeclareDay:
    """Have a date count otherwise."""

    now: datetime
    date: date
    kind: DayKind
    name: str
    decree_no: str
    for_all: bool


@dataclass(frozen=True, kw_only=True)
class RevokeDay:
    """Have it count as before."""

    now: datetime
    date: date
    decree_no: str
    for_all: bool


Event = CalendarDayDeclared | CalendarDayRevoked
Command = DeclareDay | RevokeDay
Days = dict[date, CalendarDayDeclared]


@dataclass(frozen=True)
class State:
    """What is declared, by date: for all offices, and the office's own word."""

    common: Days = field(default_factory=dict)
    own: Days = field(default_factory=dict)

    def days(self, for_all: bool) -> Days:
        """Return those for all, or the office's own."""
        return self.common if for_all else self.own

    def overrides(self) -> tuple[Override, ...]:
        """Return what is declared as a calendar takes it: the office's own word last."""
        declared = (*self.common.values(), *self.own.values())
        return tuple(Override(d.date, d.kind, d.name, d.decree_no) for d in declared)


def decide(command: Command, state: State) -> list[Event]:
    """Return what follows; the same once more decides nothing."""
    known = state.days(command.for_all).get(command.date)
    match command:
        case DeclareDay():
            declared = CalendarDayDeclared(
                date=command.date,
                kind=command.kind,
                name=command.name,
                decree_no=command.decree_no,
                for_all=command.for_all,
            )
            return [] if known == declared else [declared]
        case RevokeDay():
            if known is None:
                raise Rejected(Code.NOT_FOUND, f"Nothing is declared for {command.date}.")
            revoked = CalendarDayRevoked(
                date=command.date,
                kind=known.kind,
                decree_no=command.decree_no,
                for_all=command.for_all,
            )
            return [revoked]
    assert_never(command)


def evolve(state: State, fact: Fact) -> State:
    """Return what is declared after a fact."""
    event: Event = fact.event
    days = {day: known for day, known in state.days(event.for_all).items() if day != event.date}
    if isinstance(event, CalendarDayDeclared):
        days[event.date] = event
    return State(days, state.own) if event.for_all else State(state.common, days)


def spread(event: Event, known: State, now: datetime) -> Command | None:
    """Return the command that has one office take over what is decided for all, `known` now.

    None where a later decree, which is told itself, has revoked it: told late, it must not last.
    """
    declared = known.common.get(event.date)
    if declared is not None:
        return DeclareDay(now=now, **vars(declared))
    if isinstance(event, CalendarDayRevoked):
        return RevokeDay(now=now, date=event.date, decree_no=event.decree_no, for_all=True)
    return None


def heard(envelope: dict[str, Any], now: datetime) -> Command:
    """Return the command that has another service take over what it hears of."""
    data = envelope["data"]
    words = {"now": now, **{n: data[n] for n in ("date", "decree_no", "for_all")}}
    if envelope["event"] == "calendar_day_revoked":
        return RevokeDay(**words)
    return DeclareDay(**words, kind=DayKind(data["kind"]), name=data["name"])


def react(fact: Fact) -> list[Effect]:
    """Return the effects of a decree: for all, it is told in every office first."""
    event: Event = fact.event
    at, words = fact.occurred_at, {"date": event.date.isoformat()}
    if fact.office == ALL:
        return [Schedule(f"{SPREAD}{fact.sequence}", at, {"sequence": fact.sequence})]
    return [
        Publish(fact.name, vars(event)),
        Schedule(f"{RECALCULATE}{event.date}", at, words),
        Schedule(f"{RECALCULATE_AGAIN}{event.date}", at + AGAIN, words),
    ]


DECREES = Aggregate("calendar", decide, evolve, State)

TYPES = (
    EventType("calendar_day_declared", 1, CalendarDayDeclared),
    EventType("calendar_day_revoked", 1, CalendarDayRevoked),
)
