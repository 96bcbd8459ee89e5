"""How long a wait will be: what this office's own log says of a lane and an hour.

It is looked up once, when a day opens, and told with each number of the day: what was told lies in
the log, so that it can be held against what came (`report.py`).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from host.figures import rank
from offices.office import Office
from services.queue.events import Estimate, HourEstimate, Lane

DAYS = 28
"""So many dates are looked back on: the office as it has been of late."""

ENOUGH = 20
"""Of fewer waits nothing is said: the longest of a handful is no nine of ten."""

HOUR = timedelta(hours=1)


def hourly(
    office: Office, today: date, waits: Iterable[dict[str, Any]]
) -> tuple[HourEstimate, ...]:
    """Return the estimates of a date from the waits before it, as the view keeps them.

    Local hours are those in which the number was taken; a wait lasts from there to the beginning
    at the desk, whatever lies between: a break, a suspension, the front office.
    """
    seconds: dict[tuple[str, int], list[int]] = defaultdict(list)
    for wait in waits:
        if wait["started_at"] is not None:
            hour = office.calendar.local(wait["issued_at"]).hour
            seconds[wait["lane"], hour].append(waited_s(wait))
    found = sorted((*key, sorted(each)) for key, each in seconds.items() if len(each) >= ENOUGH)
    return tuple(_hour(office, today, *each) for each in found)


def of(known: Iterable[HourEstimate], lane: Lane, at: datetime) -> Estimate | None:
    """Return what is to be told with a number taken now; None when too little is known."""
    fitting = (e.estimate for e in known if e.lane is lane and e.begins <= at < e.ends)
    return next(fitting, None)


def waited_s(wait: dict[str, Any]) -> int:
    """Return the seconds from the number to the beginning; none if a clock stepped back."""
    return max(0, int((wait["started_at"] - wait["issued_at"]).total_seconds()))


def _hour(office: Office, today: date, lane: str, hour: int, ordered: list[int]) -> HourEstimate:
    begins = office.calendar.at(today, time(hour))
    estimate = Estimate(p50_s=rank(ordered, 50), p90_s=rank(ordered, 90))
    return HourEstimate(lane=Lane(lane), begins=begins, ends=begins + HOUR, estimate=estimate)
