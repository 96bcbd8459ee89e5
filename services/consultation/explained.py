"""The limit explained: where every minute went, from the acceptance to the answer.

Each minute is with the user (they were asked something, or it was closed), or on a day off, or
outside the hours of service, or with the office. Whole minutes, so that they add up to what the
clock on the wall says: a moment is the minute it lies in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from kernel.facts import Fact
from offices.calendar import Skipped, WorkingCalendar
from offices.office import Office
from services.consultation import limit
from services.consultation.state import Pause, State, Status, evolve

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayOff:
    """A date that did not count, and so many minutes of it."""

    date: date
    reason: str
    minutes: int


@dataclass(frozen=True, kw_only=True)
class Minutes:
    """Where the minutes went; together they are `total`."""

    total: int
    with_office: int
    with_user: int
    outside_hours: int
    days_off: int


@dataclass(frozen=True, kw_only=True)
class PauseExplained:
    """The limit stood still; `end` is None while it does. `working_days`: by so much it moved."""

    start: datetime
    end: datetime | None
    working_days: int


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The limit of one consultation, up to its answer, or to now."""

    accepted_at: datetime
    until: datetime
    due_at: datetime
    calendar_version: str
    minutes: Minutes
    days_off: tuple[DayOff, ...]
    pauses: tuple[PauseExplained, ...]
    skipped: tuple[Skipped, ...]


def explain(facts: Iterable[Fact], office: Office, now: datetime) -> Explanation | None:
    """Explain the limit by the calendar as it is; None before the request is accepted."""
    state, waits = State(), list[Pause]()
    since: datetime | None = None
    for fact in facts:
        state = evolve(state, fact)
        if since is not None and not _waits(state):
            waits.append(Pause(since, fact.occurred_at))
        since = (since or fact.occurred_at) if _waits(state) else None
    if state.accepted_at is None:
        return None
    until = max(state.answered_at or now, state.accepted_at)
    if since is not None:
        waits.append(Pause(since, until))
    minutes, days_off = _minutes(office.calendar, state.accepted_at, until, waits)
    ends = limit.limit_of(office, state.accepted_at, state.pauses)
    days = office.policy.limit_working_days + ends.paused_working_days
    return Explanation(
        accepted_at=state.accepted_at,
        until=until,
        due_at=ends.due_at,
        calendar_version=ends.calendar_version,
        minutes=minutes,
        days_off=days_off,
        pauses=tuple(_pauses_explained(office.calendar, state, until)),
        skipped=office.calendar.due(state.accepted_at, days).skipped,
    )


def _waits(state: State) -> bool:
    """Tell whether it is the user's turn, or nobody's; a limit that was breached runs on then."""
    asked_or_closed = state.status in (Status.NEEDS_CLARIFICATION, Status.CLOSED)
    return asked_or_closed and state.accepted_at is not None and not state.answered


def _pauses(state: State, until: datetime) -> list[Pause]:
    open_one = [] if state.paused_at is None else [Pause(state.paused_at, until)]
    return [*state.pauses, *open_one]


def _pauses_explained(
    calendar: WorkingCalendar, state: State, until: datetime
) -> Iterator[PauseExplained]:
    for pause in _pauses(state, until):
        days = calendar.working_days_between(pause.start, pause.end)
        end = pause.end if pause in state.pauses else None
        yield PauseExplained(start=pause.start, end=end, working_days=days)


def _minutes(
    calendar: WorkingCalendar, start: datetime, end: datetime, pauses: list[Pause]
) -> tuple[Minutes, tuple[DayOff, ...]]:
    """Sort every minute between two moments; the user's go first, whatever the hour."""
    with_user = with_office = outside = 0
    off: dict[date, DayOff] = {}
    for began, ended, paused in _stretches(_minute(start), _minute(end), pauses):
        if paused:
            with_user += _count(began, ended)
            continue
        for day, since, until in _by_day(calendar, began, ended):
            minutes, reason = _count(since, until), calendar.reason_off(day)
            if reason is not None:
                known = off.get(day, DayOff(day, reason, 0))
                off[day] = DayOff(day, reason, known.minutes + minutes)
                continue
            served = _served(calendar, day, since, until)
            with_office, outside = with_office + served, outside + minutes - served
    sorted_out = Minutes(
        total=_count(_minute(start), _minute(end)),
        with_office=with_office,
        with_user=with_user,
        outside_hours=outside,
        days_off=sum(day.minutes for day in off.values()),
    )
    return sorted_out, tuple(off.values())


def _stretches(
    start: datetime, end: datetime, pauses: list[Pause]
) -> Iterator[tuple[datetime, datetime, bool]]:
    """Yield the time in stretches that are paused or not; clocks that step back lose nothing."""
    at = start
    for pause in pauses:
        since = min(max(_minute(pause.start), at), end)
        until = min(max(_minute(pause.end), since), end)
        yield at, since, False
        yield since, until, True
        at = until
    yield at, end, False


def _by_day(
    calendar: WorkingCalendar, start: datetime, end: datetime
) -> Iterator[tuple[date, datetime, datetime]]:
    """Yield the local dates of a stretch, each with its part."""
    if start >= end:
        return
    day = calendar.local_date(start)
    borders = [start]
    while (next_day := calendar.at(day + ONE_DAY, time.min)) < end:
        borders.append(next_day)
        day += ONE_DAY
    for since, until in pairwise([*borders, end]):
        yield calendar.local_date(since), since, until


def _served(calendar: WorkingCalendar, day: date, since: datetime, until: datetime) -> int:
    spans = calendar.hours.spans(day)
    parts = ((calendar.at(day, s.start), calendar.at(day, s.end)) for s in spans)
    return sum(_count(max(a, since), min(b, until)) for a, b in parts)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _count(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds() // 60))
