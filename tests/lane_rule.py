"""The lane rule, read from what has happened alone."""

from collections.abc import Iterable
from typing import Any

from services.queue.events import (
    Lane,
    TicketCalled,
    TicketCancelled,
    TicketIssued,
    TicketReinstated,
    TicketTransferred,
)


def check_lane_rule(events: Iterable[Any], priority_in_a_row: int) -> int:
    """Fail if priority was called too often in a row while a regular ticket waited; count calls.

    Of an office with one stop; who was transferred is called out of turn.
    """
    regular, run, sent_on, calls = set(), 0, set(), 0
    for event in events:
        match event:
            case TicketIssued(lane=Lane.REGULAR):
                regular.add(event.ticket_id)
            case TicketReinstated() if event.number.startswith("A"):
                regular.add(event.ticket_id)
            case TicketTransferred():
                sent_on.add(event.ticket_id)
            case TicketCancelled():
                regular.discard(event.ticket_id)
            case TicketCalled() if event.ticket_id not in sent_on:
                calls += 1
                regular.discard(event.ticket_id)
                run = run + 1 if event.lane is Lane.PRIORITY else 0
                assert run <= priority_in_a_row or not regular
            case _:
                pass
    return calls
