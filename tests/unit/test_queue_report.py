"""The waiting report of a day that was played by hand."""

import json
from unittest.mock import create_autospec

from contracts.queue import WaitingReportSchema
from kernel.vault import Vault
from services.queue import commands, report
from services.queue.events import Lane
from services.queue.evolve import applied
from services.queue.schemas import TYPES
from services.queue.state import State
from tests.unit.service_day import ANI, MONDAY, Day


def morning():
    """Three are served, one in eleven minutes; one is overtaken, one goes home."""
    day = Day(single_stop=True, clock="09:00")
    first, second, gone = (day.later(seconds=1).issue() for _ in range(3))
    urgent = day.later(seconds=1).issue(Lane.PRIORITY, "pregnant")
    assert day.served() == urgent
    day.do(commands.CancelTicket, ticket_id=gone)
    day.at("09:11").later(seconds=1)
    assert day.served("K-2", ANI) == first
    day.at("10:00")
    assert day.served() == second
    return day


def test_report_counts_waits_and_overtakes():
    """By hand: 0 s, 660 s, and the rest from the finish of the one ahead."""
    day = morning()
    found = report.waiting(day.office, [day.state])
    assert found["tickets"] == {"issued": 4, "finished": 3, "cancelled": 1}
    waited = 60 * 60 - 16 * 60 - 1  # from 9:16:01, when the one ahead was finished
    assert found["wait"] == {"p50_s": 660, "p90_s": waited, "max_s": waited}
    assert (found["started"], found["within_limit"], found["share_within_limit"]) == (3, 1, 0.3333)
    assert found["overtakes"] == [{"reason": "pregnant", "calls": 1, "overtaken": 3}]
    assert [(h["hour"], h["started"]) for h in found["by_hour"]] == [(9, 2), (10, 1)]
    assert [(c["counter"], c["started"]) for c in found["by_counter"]] == [("K-1", 2), ("K-2", 1)]


def test_same_log_gives_the_same_report_to_the_byte():
    """Folded again from the facts as they are stored, and not as they were decided."""
    day, again = morning(), State()
    for at, event in day.log:
        stored = TYPES.encode(event, "e-1", at, create_autospec(Vault))
        again = applied(again, TYPES.decode(json.loads(json.dumps(stored, default=str))), at)
    words = {"office": "1471", "from_": MONDAY, "to": MONDAY}
    live, rebuilt = (
        WaitingReportSchema().dumps(words | report.waiting(day.office, [state]))
        for state in (day.state, again)
    )
    assert live == rebuilt


def test_days_without_anybody_say_so():
    """Null, not zero."""
    day = Day()
    found = report.waiting(day.office, [day.state])
    assert (found["days"], found["wait"], found["share_within_limit"]) == (0, None, None)
    assert found["by_hour"] == found["by_counter"] == found["overtakes"] == []


def test_percentiles_are_of_the_nearest_rank():
    """The ninth of ten, the only one of one."""
    assert (report.rank(list(range(1, 11)), 90), report.rank([7], 50)) == (9, 7)
