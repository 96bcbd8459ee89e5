"""What another system has seen of a consultation."""

import json
import re
from collections.abc import Iterator
from datetime import datetime

from deploy.demo.listener import Event
from deploy.demo.screen import ID, shortened
from deploy.demo.tour import Tour

HEADS = ("time", "step", "  ms", "event", "data")
THE_CLOCK = ("clock", "")

LEFT_OUT = ("office", "about")
"""The same in all of them."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def show(tour: Tour, about: str) -> None:
    """Show the events of one consultation, in the order in which they came."""
    tour.screen.rows(HEADS, _rows(tour, tour.listener.about(about)))


def show_one(tour: Tour, about: str, name: str) -> None:
    """Show one of them whole."""
    event = next(e for e in tour.listener.about(about) if e.name == name)
    tour.screen.gap()
    tour.screen.say(f"One of them on the wire, under {event.routing_key}:")
    tour.screen.gap()
    tour.screen.dump(json.dumps(event.envelope, ensure_ascii=False))


def _rows(tour: Tour, events: list[Event]) -> Iterator[tuple[str, ...]]:
    day = None
    for n, event in enumerate(events):
        if tour.time.date(event.at) != day:
            day = tour.time.date(event.at)
            yield (tour.time.day(event.at),)
        cause = THE_CLOCK if _clock_did_it(event, events[:n]) else _call(tour, event)
        yield tour.time.clock(event.at), *cause, event.name, _data(tour, event)


def _clock_did_it(event: Event, earlier: list[Event]) -> bool:
    """Tell whether nobody asked; an e-mail has the cause of the event that it tells of."""
    if event.service != "notifier":
        return bool(event.envelope["actorkind"] == "system")
    told = [e for e in earlier if e.correlation_id == event.correlation_id]
    return bool(told) and _clock_did_it(told[-1], told[:-1])


def _call(tour: Tour, event: Event) -> tuple[str, str]:
    call = tour.calls.get(event.correlation_id)
    if call is None:
        return "", ""
    return str(call.step), f"{(event.received - call.began) * 1000:4.0f}"


def _data(tour: Tour, event: Event) -> str:
    """Write what an event says, ids and moments for people."""
    said = [(k, v) for k, v in event.data.items() if k not in LEFT_OUT and v is not None]
    said.sort(key=lambda word: ID.search(str(word[1])) is not None)  # ids last
    words = (f"{name} {value}" for name, value in said)
    return shortened(MOMENT.sub(lambda m: _moment(tour, m[0]), ", ".join(words)))


def _moment(tour: Tour, text: str) -> str:
    return tour.time.short(datetime.fromisoformat(text))
