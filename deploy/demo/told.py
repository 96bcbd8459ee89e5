"""A morning as it is told: by the events that were heard, and by the board on the wall."""

from typing import Any

from deploy.demo.listener import Event
from deploy.demo.tour import Tour
from deploy.demo.visitors import Part

FOLLOWED = (Part.FIRST, Part.PRIORITY, Part.NO_SHOW, Part.MISTAKE, Part.TRANSFERRED)
"""Whose way is told from call to call; of the others only what is out of the ordinary."""

WARNING, BROKEN, QUIET = "yellow", "red", None

MOST = 10
"""So many who wait are drawn one by one."""

Line = tuple[str, str | None]
"""What is said, and in which colour."""


class Told:
    """Tells the events of one morning as they are heard. `parts`: what befalls whom."""

    def __init__(self, tour: Tour, parts: dict[str, Part]) -> None:
        self._tour = tour
        self._parts = parts
        self._heard = tour.listener.count()
        self._warned: set[str] = set()
        self.events: list[Event] = []
        self.numbers: dict[str, str] = {}

    def catch_up(self) -> None:
        """Tell what has been heard meanwhile."""
        news = self._tour.listener.since(self._heard)
        self._heard += len(news)
        for event in (each for each in news if each.service == "queue"):
            self.events.append(event)
            if event.name == "ticket_issued":
                self.numbers[event.about] = event.data["number"]
            if (line := self._line(event)) is not None:
                number = self.numbers.get(event.about, "")
                self._tour.screen.happened(self._tour.time.clock(event.at), number, *line)

    def board(self, board: dict[str, Any], counters: tuple[str, ...]) -> None:
        """Tell what hangs on the wall, in one line."""
        self.catch_up()
        at = {call["counter"]: call["number"] for call in board["now_serving"]}
        called = "   ".join(f"{counter} {at.get(counter, '–'):<4}" for counter in counters)
        when = self._tour.time.clock(self._tour.moment(board["updated_at"]))
        self._tour.screen.aside(when, "board", f"{called}   waiting {_row(**board['waiting'])}")

    def _line(self, event: Event) -> Line | None:
        part = self._parts.get(event.about, Part.ORDINARY)
        data = event.data
        match event.name:
            case "service_suspended":
                return "power cut: service is suspended, and no ten minutes run", WARNING
            case "service_resumed":
                return "the light is back: service goes on, and so do the minutes", WARNING
            case "ticket_issued" if part is Part.FIRST:
                return "takes the first number, which opens the day", QUIET
            case "ticket_issued" if data["priority_reason"]:
                return f"takes a priority number: {data['priority_reason']}", QUIET
            case "guest_book_signed" if part is Part.NO_EMAIL:
                return "has no e-mail: served all the same, the reason is noted", QUIET
            case "ticket_called" if data["overtook"]:
                return _overtakes(data), QUIET
            case "ticket_called" if part in FOLLOWED and data["stop"] == "desk":
                return f"is called to {data['counter']}", QUIET
            case "ticket_recalled":
                return f"is called again, call {data['attempt']} of 3", QUIET
            case "ticket_missed":
                return "nobody has come: missed; it is the clock that says so", WARNING
            case "ticket_reinstated":
                return "is here after all, and waits behind the one who is next", QUIET
            case "service_started":
                return self._begins(event, part)
            case "start_limit_approaching":
                self._warned.add(event.about)
                desk = "a desk is free" if data["counter_open"] else "no desk is free"
                return f"7 of the 10 minutes are over: a warning; {desk}", WARNING
            case "start_limit_breached":
                ahead = self.numbers.get(data["ahead"], "")
                since = f" since {ahead} left" if ahead else ""
                return f"10 minutes{since}, nobody begins: a broken promise", BROKEN
            case "ticket_transferred":
                return f"moves from {data['counter']} to {data['to_counter']}, first there", QUIET
            case "service_finished" if part in (Part.FIRST, Part.MISTAKE):
                return f"is finished after {minutes(data['duration_s'])} at the desk", QUIET
            case "service_finish_undone":
                return f"was finished by mistake: undone, still at {data['counter']}", WARNING
            case "ticket_cancelled":
                return "gives up, by phone, with the token that came with the number", QUIET
        return None

    def _begins(self, event: Event, part: Part) -> Line | None:
        data = event.data
        begins = f"begins at {data['counter']}"
        after = f"{begins} after {minutes(data['waited_s'])}" if data["waited_s"] else begins
        if not data["within_limit"]:
            return f"{after}: too late", BROKEN
        if event.about in self._warned:
            return f"{after}: just in time", WARNING
        return (after, QUIET) if part in FOLLOWED else None


def minutes(seconds: int) -> str:
    """Write seconds as people say them: `26 s`, `10 min 30 s`."""
    full, rest = divmod(seconds, 60)
    return f"{full} min {rest:02} s" if full else f"{rest} s"


def _row(regular: int, priority: int) -> str:
    """Draw who waits, those of the priority lane first."""
    more = max(0, regular + priority - MOST)
    drawn = ("◆" * priority + "●" * regular)[:MOST]
    return f"{drawn} and {more} more" if more else drawn or "nobody"


def _overtakes(data: dict[str, Any]) -> str:
    reason = {"recall": "called back", "other": "transferred"}.get(
        data["overtake_reason"], data["overtake_reason"]
    )
    return f"is called to {data['counter']} before {data['overtook']} who came earlier: {reason}"
