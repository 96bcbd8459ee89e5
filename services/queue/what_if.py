"""A day as it was, as it would be replayed unchanged, and with other desks or another lane rule.

The replay of the unchanged day shows the model's own error; what is changed is to be held against
it, not against the log.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from host.figures import rank
from kernel.facts import Fact
from offices.office import Office
from offices.service_minutes import ServiceMinutes, Stretch
from services.queue.desk_script import scripts
from services.queue.desk_ways import Happening, Way, desks_used, ways
from services.queue.events import ClosingBegun, Lane, ServiceDayOpened, TicketIssued
from services.queue.evolve import evolve
from services.queue.replay import Replay, with_desks
from services.queue.state import DayStatus, State

Document = dict[str, Any]

FIRST, ARRIVAL = "first", "arrival"
LaneRule = int | str
"""So many priority calls in a row; or `FIRST`, without end; or `ARRIVAL`, both lanes as one."""

WITHOUT_END = 1_000_000


@dataclass(frozen=True)
class Wish:
    """What is to be otherwise; None: as it was."""

    desks: int | None = None
    lane_rule: LaneRule | None = None


def what_if(facts: Sequence[Fact], office: Office, wish: Wish, now: datetime) -> Document:
    """Return the figures of the day: `really`, `replayed` and `what_if`; see `_figures`.

    A day that is not over is replayed up to `now`. Office and calendar are those of today:
    `same_calendar` tells whether they were the same then. Raises `NothingToReplay`.
    """
    facts = list(_in_order(facts))
    state = reduce(evolve, facts, State())
    over = state.status is DayStatus.CLOSED
    happened = [(fact.occurred_at, fact.event) for fact in facts]
    plays = scripts(ways(happened), state.suspensions)
    until = next((at for at, event in happened if isinstance(event, ClosingBegun)), now)

    def replayed(desks: int, rule: LaneRule) -> Document:
        in_a_row = rule if isinstance(rule, int) else WITHOUT_END
        replay = Replay(with_desks(office, desks, in_a_row), plays)
        replay.run(_in_one_lane(facts) if rule == ARRIVAL else facts, None if over else now)
        return _figures(office, replay.state, replay.happened, desks, rule, until)

    desks, rule = desks_used(happened), office.queue.priority_in_a_row
    return {
        "over": over,
        "same_calendar": _calendar(facts) == office.calendar.version,
        "really": _figures(office, state, happened, desks, rule, until),
        "replayed": replayed(desks, rule),
        "what_if": replayed(wish.desks or desks, wish.lane_rule or rule),
    }


def _in_order(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield them with times that do not go back: the clocks of two processes may differ a bit."""
    latest: datetime | None = None
    for fact in facts:
        latest = max(latest or fact.occurred_at, fact.occurred_at)
        yield replace(fact, occurred_at=latest)


def _in_one_lane(facts: Iterable[Fact]) -> Iterator[Fact]:
    for fact in facts:
        one = isinstance(fact.event, TicketIssued)
        yield replace(fact, event=replace(fact.event, lane=Lane.REGULAR)) if one else fact


def _calendar(facts: Iterable[Fact]) -> str | None:
    opened = (f.event for f in facts if isinstance(f.event, ServiceDayOpened))
    return next((event.calendar_version for event in opened), None)


def _figures(
    office: Office,
    state: State,
    happened: Iterable[Happening],
    desks: int,
    rule: LaneRule,
    until: datetime,
) -> Document:
    """Return the figures of a day; waits are None when nobody was served, shares of nothing too.

    `limit_wait`: by the 10-minute rule, in service seconds, as in the waiting report. `row_wait`:
    all seconds from coming to the row of the desks to the beginning. `late`: so many of those who
    were served waited longer than the rule allows. `busy_share`: of the desks' service time up to
    `until`, when somebody had been called to them.
    """
    came = ways(happened).values()
    served = [way for way in came if way.begun_at is not None]
    late = sum(not way.within_limit for way in served)
    return {
        "desks": desks,
        "lane_rule": rule,
        "served": len(served),
        "not_served": len(came) - len(served),
        "limit_wait": _waits(way.waited_s for way in served),
        "row_wait": _waits(
            int((w.begun_at - w.arrived_at).total_seconds()) for w in served if w.begun_at
        ),
        "late": late,
        "late_share": _share(late, len(served)),
        "busy_share": _busy(office, state, came, desks, until),
        "last_end": max((way.finished_at for way in came if way.finished_at), default=None),
    }


def _waits(seconds: Iterable[int]) -> Document | None:
    waits = sorted(seconds)
    if not waits:
        return None
    return {"p50_s": rank(waits, 50), "p90_s": rank(waits, 90), "max_s": waits[-1]}


def _busy(
    office: Office, state: State, came: Iterable[Way], desks: int, until: datetime
) -> float | None:
    if state.service_date is None:
        return None
    never = Stretch(until, max(until, office.calendar.end_of_day(state.service_date)))
    minutes = ServiceMinutes.of(office.calendar, state.service_date, (*state.suspensions, never))
    there = sum((stretch.end - stretch.start for stretch in minutes.stretches), timedelta(0))
    stays = ((stay.start, stay.end) for way in came for stay in way.stays)
    still = ((way.since, until) for way in came if way.since is not None)
    busy = sum((minutes.between(*stay) for stay in (*stays, *still)), timedelta(0))
    return _share(busy, there * desks)


def _share(part: Any, whole: Any) -> float | None:
    return round(part / whole, 4) if whole else None
