"""The lane rule, read from what has happened alone."""

from collections.abc import Iterable
from typing import Any

from services.queue.events import (
    Lane,
    TicketCalled,
    TicketCancelled,
    TicketExpired,
    TicketIssued,
    TicketReinstated,
    TicketTransferred,
)

LANES = {"A": Lane.REGULAR, "P": Lane.PRIORITY}


def check_lane_rule(events: Iterable[Any], priority_in_a_row: int) -> int:
    """Fail if a lane was called while the other one's turn was; count the calls.

    Priority may be called so often in a row while a regular ticket waits, and goes first until
    then. Of an office with one stop; who was transferred is called out of turn.
    """
    waiting: dict[Lane, set[str]] = {lane: set() for lane in Lane}
    sent_on, run, calls = set(), 0, 0
    for event in events:
        match event:
            case TicketTransferred():
                sent_on.add(event.ticket_id)
            case TicketIssued() | TicketReinstated() if event.ticket_id not in sent_on:
                waiting[LANES[event.number[0]]].add(event.ticket_id)
            case TicketCancelled() | TicketExpired():
                waiting[LANES[event.number[0]]].discard(event.ticket_id)
            case TicketCalled() if event.ticket_id not in sent_on:
                calls += 1
                waiting[event.lane].discard(event.ticket_id)
                if event.lane is Lane.PRIORITY:
                    run = run + 1 if waiting[Lane.REGULAR] else 0
                    assert run <= priority_in_a_row or not waiting[Lane.REGULAR]
                else:
                    assert run >= priority_in_a_row or not waiting[Lane.PRIORITY]
                    run = 0
            case _:
                pass
    return calls
