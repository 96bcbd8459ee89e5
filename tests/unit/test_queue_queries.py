"""What is read of the queue: from a day's state, and from its views in turns with others."""

from datetime import timedelta
from typing import Any
from unittest.mock import create_autospec

import eventlet
import pytest

from kernel.view_reading import Reader
from services.queue import commands, queries
from services.queue.events import Lane, Stop
from tests.unit.service_day import FRIDAY, MONDAY, OFFICE, Day, estimate, one_stop


def told(day: Day, ticket_id: str) -> Any:
    return queries.ticket(day.state, ticket_id)["estimated_wait"]


@pytest.mark.parametrize("how", ["cancelled", "missed", "expired", "begun"])
def test_estimate_is_shown_for_as_long_as_somebody_waits_for_it(how: str) -> None:
    """In the row and when called; not to who has begun or gone."""
    known = estimate(Lane.REGULAR, "09:00", p90_s=540)
    day = one_stop(clock="09:00", estimates=(known,), calls=1)
    ticket = day.issue()
    shown = {"p50_s": 60, "p90_s": 540}
    assert told(day, ticket) == shown
    if how != "expired":
        day.call()
        assert told(day, ticket) == shown
    match how:
        case "cancelled":
            day.do(commands.CancelTicket, ticket_id=ticket)
        case "missed":
            day.do(commands.Miss, ticket_id=ticket)
        case "expired":
            day.at("16:00").do(commands.CloseByTime, None)
        case "begun":
            day.start(ticket)
    assert told(day, ticket) is None


def test_estimate_is_shown_at_the_front_office_too() -> None:
    """The desk is still to come."""
    day = Day(clock="09:00", estimates=(estimate(Lane.REGULAR, "09:00", p90_s=540),))
    ticket = day.issue()
    day.call("FO-1", stop=Stop.FRONT_OFFICE)
    day.do(commands.Register, ticket_id=ticket)
    assert told(day, ticket) == {"p50_s": 60, "p90_s": 540}


def test_others_have_their_turn_between_two_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of waits at once would hold up every call of the process."""
    monkeypatch.setattr(queries, "pause", eventlet.sleep)  # which it is in a service
    kept = create_autospec(Reader, instance=True)
    kept.find.side_effect = lambda wanted, *_: [wanted["service_date"]["$gte"]]
    turns: list[int] = []

    def other() -> None:
        while True:
            turns.append(kept.find.call_count)
            eventlet.sleep(0)

    meanwhile = eventlet.spawn(other)
    try:
        found = [str(each) for each in queries.waits(kept, OFFICE, MONDAY, FRIDAY)]
    finally:
        meanwhile.kill()
    assert found == [str(MONDAY + timedelta(days=after)) for after in range(5)]
    assert set(turns) >= {1, 2, 3, 4}
