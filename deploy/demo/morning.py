"""The last story: a whole morning at the counters, in about a minute."""

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from contracts.common import rfc3339
from deploy.demo import visitors, waiting
from deploy.demo.agenda import Agenda
from deploy.demo.counters import PATH, Counters
from deploy.demo.office import Office
from deploy.demo.system import HOW_TO_TRAVEL, OFFICE
from deploy.demo.timekeeper import Timekeeper
from deploy.demo.told import Told
from deploy.demo.tour import Tour
from deploy.problem import Problem
from kernel.clock import pause
from offices.calendar import WorkingCalendar
from offices.office import load_offices

QUARTER = timedelta(minutes=15)
HOURS = timedelta(hours=4)
"""What a day must have before its first break."""

LOOKED_AT = timedelta(hours=2)
"""So long after the doors opened the board is kept, to be compared with the log later."""

TRIES, LOOK_S = 100, 0.1

AGAIN = "`make demo STORY=morning` plays it anew, on the next working day"


def leave_out(tour: Tour) -> None:
    """Say what there would have been to see, and how to see it."""
    tour.screen.part("A morning at the counters: left out")
    tour.screen.gap()
    tour.screen.say(
        "Some thirty visitors would come, be called, wait and be served, and the clock would tell"
        " each broken promise. To see it, end the system, start it with"
        f" {HOW_TO_TRAVEL} and type `make demo STORY=morning`."
    )


def play(tour: Tour) -> None:
    """Play it; raise `Problem`, saying when and how to go on, if it cannot be played to the end."""
    if tour.travelled is None:
        leave_out(tour)
        return
    tour.screen.part("A morning at the counters")
    opens = next_opening(tour)
    try:
        _play(tour, Timekeeper(tour, tour.travelled), opens)
    except Problem as problem:
        at = tour.time.exact(tour.now())
        raise Problem(f"The morning stops on {at}: {problem} {AGAIN}.") from problem


def next_opening(tour: Tour) -> datetime:
    """Return when the office opens next for a whole morning."""
    calendar = load_offices(tour.system.settings.offices)[OFFICE].calendar
    day = calendar.local_date(tour.now())
    while (opens := _opening(calendar, day)) is None or opens <= tour.now():
        day += timedelta(days=1)
    return opens


def _opening(calendar: WorkingCalendar, day: Any) -> datetime | None:
    spans = calendar.hours.spans(day) if calendar.is_working_day(day) else ()
    if not spans or _since_midnight(spans[0].end) - _since_midnight(spans[0].start) < HOURS:
        return None
    return calendar.at(day, spans[0].start)


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)


def _play(tour: Tour, keeper: Timekeeper, opens: datetime) -> None:
    people = visitors.drawn(visitors.SEED)
    told, counters = opened(tour, people, opens)
    boards = played(tour, Agenda(opens, keeper.until, told.catch_up), people, told, counters)
    stood(tour, boards[LOOKED_AT])
    reported(tour, opens, told)


def opened(
    tour: Tour, people: tuple[visitors.Visitor, ...], opens: datetime
) -> tuple[Told, Counters]:
    """Go to the opening of the office."""
    counters = Counters(tour)
    tour.step(f"Chance draws {len(people)} visitors for the next morning.")
    tour.screen.say(
        "When each comes and how long they take follows from the seed"
        f" {visitors.SEED}: the same morning each time. Who is next, and who has waited too long,"
        " is the system's to say. The standard promises a desk at most ten minutes after the"
        f" visitor before was finished. {counters.front} is the front office, where Ani sits;"
        f" {counters.desks[0]} and {counters.desks[1]} are the desks of Budi and Citra; Sari"
        " supervises."
    )
    tour.screen.gap()
    tour.screen.say(
        "You see the first visitor's calls, then what is out of the ordinary, told by the events"
        " as they are heard, and every quarter of an hour the board on the wall: who is where, and"
        " ● for each who waits."
    )
    tour.screen.gap()
    tour.travel(opens)
    return Told(tour, counters.parts), counters


def played(
    tour: Tour,
    agenda: Agenda,
    people: tuple[visitors.Visitor, ...],
    told: Told,
    counters: Counters,
) -> dict[timedelta, dict[str, Any]]:
    """Let the morning pass; return the boards of each quarter of an hour."""
    tour.step("The doors open.")
    opens = agenda.now
    Office(counters, agenda, counters.front, counters.desks).expect(people)
    boards: dict[timedelta, dict[str, Any]] = {}
    names = (counters.front, *counters.desks)

    def look(after: timedelta) -> None:
        boards[after] = counters.board()
        told.board(boards[after], names)

    for n in range(1, HOURS // QUARTER):
        agenda.at(opens + n * QUARTER, partial(look, n * QUARTER))
    agenda.play()
    tour.event("service_finished", counters.last)
    told.catch_up()
    return boards


def stood(tour: Tour, board: dict[str, Any]) -> None:
    """Ask how things stood, and compare with what hung on the wall then."""
    at = tour.moment(board["updated_at"])
    tour.step(f"Afterwards somebody asks: who was where at {tour.time.clock(at)}?")
    queue = tour.call(tour.budi, "GET", f"{PATH}/queue?at={rfc3339(at)}").body
    served = {c["counter"]: c["number"] for c in queue["counters"] if c["number"]}
    places = (f"{c['counter']}: {c['number'] or 'nobody'}" for c in queue["counters"])
    tour.screen.result(", ".join(places))
    for stop, of in (("front_office", "the front office"), ("desk", "a desk")):
        numbers = [t["number"] for t in queue["waiting"] if t["stop"] == stop]
        tour.screen.result(f"waiting for {of}: {', '.join(numbers) or 'nobody'}")
    if served != {call["counter"]: call["number"] for call in board["now_serving"]}:
        raise Problem(f"The log says {served}, the board said {board['now_serving']}.")
    tour.screen.result("made from the log now, and the same as on the board then")


def reported(tour: Tour, opens: datetime, told: Told) -> None:
    """End with the waiting report."""
    tour.step("The waiting report: was the promise of ten minutes kept?")
    day = tour.time.date(opens)
    path = f"{PATH}/reports/waiting?from={day}&to={day}"
    _settled(tour, path)
    report = tour.call(tour.budi, "GET", path).body
    waiting.show(tour, report, told.events, told.numbers)


def _settled(tour: Tour, path: str) -> None:
    """Wait until the report knows how it ended for everybody: it follows the log at a distance."""
    for _ in range(TRIES):
        tickets = tour.call(tour.budi, "GET", path, show=False).body["tickets"]
        if tickets["issued"] == sum(n for end, n in tickets.items() if end != "issued"):
            return
        pause(LOOK_S)
    raise Problem("The waiting report does not come up to the log.")
