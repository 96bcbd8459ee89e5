"""The waiting report: what the log says of how long people waited, from the states of the days."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from offices.office import Office
from services.queue import day
from services.queue.state import State, Ticket

Document = dict[str, Any]


def waiting(office: Office, states: Iterable[State]) -> Document:
    """Return counts, waits in service seconds, the share within the limit, and every overtaking.

    Only who was served has waited to an end; percentiles are of the nearest rank.
    """
    days = [state for state in states if state.tickets]
    tickets = [ticket for state in days for ticket in state.tickets.values()]
    begun = [ticket for ticket in tickets if ticket.waited_s is not None]
    return {
        "days": len(days),
        "tickets": dict(sum((Counter(day.counts(state)) for state in days), Counter())),
        **_waits(begun),
        "overtakes": _overtakes(tickets),
        "by_hour": _grouped(begun, "hour", lambda t: _hour(office, t)),
        "by_counter": _grouped(begun, "counter", lambda t: t.served_at),
    }


def _waits(begun: list[Ticket]) -> Document:
    waits = sorted(ticket.waited_s or 0 for ticket in begun)
    within = sum(ticket.within_limit is True for ticket in begun)
    return {
        "started": len(begun),
        "within_limit": within,
        "share_within_limit": round(within / len(begun), 4) if begun else None,
        "wait": {"p50_s": rank(waits, 50), "p90_s": rank(waits, 90), "max_s": waits[-1]}
        if waits
        else None,
    }


def rank(ordered: list[int], percent: int) -> int:
    """Return the smallest value that so many percent do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _overtakes(tickets: list[Ticket]) -> list[Document]:
    calls, overtaken = Counter[str](), Counter[str]()
    for ticket in tickets:
        if ticket.overtake_reason is not None:
            calls[ticket.overtake_reason] += 1
            overtaken[ticket.overtake_reason] += ticket.overtook
    return [{"reason": r, "calls": calls[r], "overtaken": overtaken[r]} for r in sorted(calls)]


def _grouped(
    begun: list[Ticket], name: str, key: Callable[[Ticket], int | str | None]
) -> list[Document]:
    groups: dict[Any, list[Ticket]] = defaultdict(list)
    for ticket in begun:
        groups[key(ticket)].append(ticket)
    return [{name: value, **_waits(groups[value])} for value in sorted(groups)]


def _hour(office: Office, ticket: Ticket) -> int | None:
    return None if ticket.started_at is None else office.calendar.local(ticket.started_at).hour
