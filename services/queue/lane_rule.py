"""Who is next at a counter, and whom that overtakes.

First who was transferred to this very counter; then priority before regular, but at most so many
priority calls in a row while a regular ticket waits.
"""

from dataclasses import dataclass

from services.queue.events import Lane, Stop
from services.queue.state import State, Ticket, row_name

RECALL, OTHER = "recall", "other"


@dataclass(frozen=True)
class Next:
    """Who is next. `overtook`: so many at this stop came before and wait on; `reason`: why."""

    ticket_id: str
    overtook: int
    reason: str | None


def next_at(state: State, stop: Stop, counter: str, priority_in_a_row: int) -> Next | None:
    """Return who is to be called to a counter; None when nobody waits for it."""
    waiting = {lane: state.rows.get(row_name(stop, lane), ()) for lane in Lane}
    transferred = state.rows.get(row_name(stop, counter), ())
    lane = _lane(waiting, state.priority_in_a_row.get(stop, 0) < priority_in_a_row)
    found = transferred or waiting[lane]
    if not found:
        return None
    ticket = state.tickets[found[0]]
    everybody = (state.tickets[t] for lane in Lane for t in waiting[lane])
    overtook = sum(other.arrival < ticket.arrival for other in everybody)
    return Next(found[0], overtook, _reason(ticket) if overtook else None)


def _lane(waiting: dict[Lane, tuple[str, ...]], priority_may: bool) -> Lane:
    if waiting[Lane.PRIORITY] and (priority_may or not waiting[Lane.REGULAR]):
        return Lane.PRIORITY
    return Lane.REGULAR


def _reason(ticket: Ticket) -> str:
    if ticket.reinstated:
        return RECALL
    return ticket.priority_reason or OTHER
