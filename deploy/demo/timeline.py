"""What another system has seen of a consultation."""

import json
import re
from collections.abc import Iterator
from datetime import datetime

from deploy.demo.listener import Event
from deploy.demo.screen import shortened
from deploy.demo.system import OFFICE
from deploy.demo.tour import Tour

HEADS = ("time", "step", "  ms", "event", "data")
THE_CLOCK = ("clock", "")

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def show(tour: Tour, about: str, whose: str) -> None:
    """Show the events of one consultation, in the order in which they came."""
    tour.step(f"What another system has seen of {whose}'s consultation.")
    tour.screen.say(
        f"A queue bound to `{OFFICE}.#` on the exchange `pst.events` got these: codes and numbers,"
        " never a name or a text. `ms` is from the beginning of the call that caused an event"
        " until the event was in the subscriber's hands."
    )
    tour.screen.gap()
    tour.screen.rows(HEADS, _rows(tour, tour.listener.about(about)))


def show_one(tour: Tour, about: str, name: str) -> None:
    """Show one of them whole."""
    event = next(e for e in tour.listener.about(about) if e.name == name)
    tour.screen.gap()
    tour.screen.say(f"One of them as it travels, a CloudEvent under {event.routing_key}:")
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
    words = (f"{k} {v}" for k, v in event.data.items() if k != "office" and v is not None)
    return shortened(MOMENT.sub(lambda m: _moment(tour, m[0]), ", ".join(words)))


def _moment(tour: Tour, text: str) -> str:
    return tour.time.short(datetime.fromisoformat(text))
