"""What is read: a service day's state as resources, always current (docs/adr/0023)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import takewhile
from typing import Any

from contracts import queue as shapes
from contracts.common import schema
from contracts.errors import Code, Rejected
from host import lists
from host.runtime import Runtime
from kernel.clock import pause
from kernel.facts import Fact
from kernel.personal import FORGOTTEN
from kernel.view_reading import Reader
from offices.office import Office
from services.queue import report, views
from services.queue.events import Lane, Stop
from services.queue.evolve import evolve
from services.queue.state import UNDER_WAY, DayStatus, State, Ticket, ahead_of

Document = dict[str, Any]

NO_LIMIT = 0


def ticket(state: State, ticket_id: str) -> Document:
    """Return one ticket; refuse what is none of this day."""
    if ticket_id not in state.tickets:
        raise Rejected(Code.NOT_FOUND, "There is no such ticket.")
    places = _places(state) if state.tickets[ticket_id].is_waiting else {}
    return _dumped(shapes.TicketSchema, _ticket(state, ticket_id, places))


def stood(facts: Iterable[Fact], at: datetime) -> tuple[State, int]:
    """Return a day as it stood at a time, and its version then.

    Order is the log's: the first fact recorded later ends what was known.
    """
    known = list(takewhile(lambda fact: fact.recorded_at <= at, facts))
    return reduce(evolve, known, State()), known[-1].sequence if known else 0


def queue(state: State, office: Office, today: date, version: int) -> Document:
    """Return who waits, in the order of the rows, who is served, and every counter."""
    places = _places(state)
    in_order = sorted(places, key=lambda t: (state.tickets[t].stop, places[t]))
    serving = [t for t, each in state.tickets.items() if each.status in UNDER_WAY]
    words = {
        **_day(state, office, today, version),
        "waiting": [_ticket(state, t, places) for t in in_order],
        "serving": [_ticket(state, t, places) for t in serving],
        "counters": [_counter(state, *each) for each in office.counters.items()],
    }
    return _dumped(shapes.QueueSchema, words)


def day(state: State, office: Office, today: date, version: int) -> Document:
    """Return where the day stands."""
    return _dumped(shapes.DaySchema, _day(state, office, today, version))


def late(state: State, office: Office, now: datetime, version: int) -> Document:
    """Return whose ten minutes are over and run on, and every desk."""
    over = [t for t, c in state.clocks.items() if c.ends_at is not None and c.ends_at < now]
    desks = [counter for counter, stop in office.counters.items() if stop == Stop.DESK]
    words = {
        "at": now,
        "version": version,
        "late": [_late(state, ticket_id) for ticket_id in over],
        "desks": [
            {**_counter(state, desk, Stop.DESK), "used": desk in state.desks} for desk in desks
        ],
        "waiting": {lane: sum(1 for _ in _waiting(state, lane)) for lane in Lane},
        "breached": state.breaches,
    }
    return _dumped(shapes.LateSchema, words)


def board(state: State, office: Office, today: date, version: int, now: datetime) -> Document:
    """Return what hangs on the wall: numbers, counters, and nothing of anybody."""
    words = {
        **_day(state, office, today, version),
        "now_serving": [vars(state.tickets[t]) for t in state.counters.values()],
        "recent_calls": state.recent,
        "waiting": {lane: sum(1 for _ in _waiting(state, lane)) for lane in Lane},
        "updated_at": now,
    }
    return _dumped(shapes.BoardSchema, words)


def waiting_report(kept: Reader, office: Office, first: date, last: date) -> Document:
    """Return how long people waited from one local date to another."""
    found = report.waiting(office, waits(kept, office, first, last))
    words = {"office": office.id, "from_": first, "to": last, **found}
    return _dumped(shapes.WaitingReportSchema, words)


def waits(kept: Reader, office: Office, first: date, last: date) -> Iterator[Document]:
    """Yield what the view of the waits has of the tickets from one local date to another.

    Others have their turn after each date: thousands at once would hold up every call.
    """
    for after in range((last - first).days + 1):
        wanted = {"office": office.id, **_dates(day := first + timedelta(days=after), day)}
        yield from kept.find(wanted, [("office", 1), ("service_date", 1)], NO_LIMIT)
        pause(0)


def visits(
    core: Runtime, office: Office, first: date, last: date, page: tuple[int, str | None]
) -> Document:
    """Return one page of the guest book, newest first, in clear."""
    wanted = {"office": office.id, "signed": {"$ne": None}, **_dates(first, last)}
    found, after = lists.page(core, views.VISITS, wanted, "signed", *page, few=True)
    items = [_visit(core, row) for row in found]
    return _dumped(shapes.VisitListSchema, {"items": items, "next_cursor": after})


def _visit(core: Runtime, row: Document) -> Document:
    words = lists.in_clear(core, row, views.VISITS.personal)
    if words["notes"] == FORGOTTEN:
        words["notes"] = [FORGOTTEN]
    return {**row, **words, "ticket_id": row["_id"], "notes": words["notes"] or []}


def _dates(first: date, last: date) -> Document:
    return {"service_date": {"$gte": first.isoformat(), "$lte": last.isoformat()}}


def _day(state: State, office: Office, today: date, version: int) -> Document:
    return {
        "office": office.id,
        "service_date": state.service_date or today,
        "day_status": _day_status(state),
        "version": version,
    }


def _day_status(state: State) -> str:
    if state.status is DayStatus.NONE:
        return "not_opened"
    if state.closing and state.status is DayStatus.OPEN:
        return "closing"
    return state.status


def _ticket(state: State, ticket_id: str, places: dict[str, int]) -> Document:
    found = state.tickets[ticket_id]
    awaits = found.started_at is None and not found.has_ended
    return {
        **vars(found),
        "ticket_id": ticket_id,
        "office": state.office,
        "service_date": state.service_date,
        "held": found.is_held,
        "ahead": places.get(ticket_id),
        "estimated_wait": found.estimate if awaits else None,
    }


def _places(state: State) -> dict[str, int]:
    """Return how many are ahead of each that waits, at its stop and in its lane."""
    return {ticket_id: place for row in state.rows.values() for place, ticket_id in enumerate(row)}


def _waiting(state: State, lane: Lane) -> Iterator[Ticket]:
    return (t for t in state.tickets.values() if t.is_waiting and t.lane is lane)


def _counter(state: State, counter: str, stop: str) -> Document:
    ticket_id = state.counters.get(counter)
    number = state.tickets[ticket_id].number if ticket_id else None
    return {"counter": counter, "stop": stop, "ticket_id": ticket_id, "number": number}


def _late(state: State, ticket_id: str) -> Document:
    ahead = ahead_of(state, ticket_id)
    before = state.tickets[ahead.ticket_id].number if ahead else None
    return {**vars(state.tickets[ticket_id]), "t0": state.clocks[ticket_id].t0, "ahead": before}


def _dumped(kind: Any, words: Document) -> Document:
    dumped: Document = schema(kind).dump(words)
    return dumped


def concerning(subject_id: str, facts: Sequence[Fact]) -> list[Fact]:
    """Return what a day's facts say of a person: all about the tickets with which they came."""
    theirs = {
        f.event.ticket_id for f in facts if getattr(f.event, "subject_id", None) == subject_id
    }
    return [f for f in facts if getattr(f.event, "ticket_id", None) in theirs]
