"""A morning at the office of Jayapura, and what the queue service answers about it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from contracts.queue import WaitingReportSchema
from kernel.clock import derive_id
from offices.office import Office, load_offices
from services.notifier.events import NotificationRequested, Params, Template
from services.queue import commands, queries, report
from services.queue.events import Lane, Outcome
from services.queue.state import DayStatus
from services.queue.views import WAITS
from tests.unit.service_day import ANI, BOOK, MONDAY, SARI, Day

JAYAPURA = load_offices(Path(__file__).parents[2] / "deploy/offices")["9471"]
CONTACT = {"name": JAYAPURA.name, "email": "bps9471@bps.go.id"}


def day_of(office: Office = JAYAPURA, desks: int = 3, clock: str = "09:00") -> Day:
    """Return a day there. It has Pekanbaru's id, so that the tests' people may work in it."""
    day = Day()
    counters = {f"K-{n}": "desk" for n in range(1, desks + 1)}
    day.office = replace(office, id="1471", counters=counters)
    return day.at(clock)


def judged(day: Day) -> None:
    """Let the clock tell of whose ten minutes have just ended."""
    day.later(seconds=1)
    for ticket_id, clock in list(day.state.clocks.items()):
        day.do(commands.TellLimit, None, ticket_id=ticket_id, t0=clock.t0)


def late_morning(**changes: Any) -> Day:
    """A001 was served until 09.31; since then nobody begins with A002. P001 is at the second of
    three desks, nobody was at the third."""
    day = day_of(**changes)
    for _ in range(3):
        day.issue()
    urgent = day.later(seconds=5).issue(Lane.PRIORITY, "pregnant")
    assert day.call("K-2", ANI) == urgent
    day.start(urgent, ANI)
    day.at("09:01").served(minutes=30)
    judged(day.at("09:41"))
    return day


def full_day() -> Day:
    """The same day until it closed: A002 was late, A003, who has no e-mail address, was referred,
    A004 never came, A005 left."""
    day = late_morning()
    day.at("09:43").served("K-3")
    referred = day.call()
    assert referred is not None
    day.start(referred)
    words = {**BOOK, "email": None, "no_email_reason": "none"}
    ids = {"visit_id": "v-1", "subject_id": "s-1"}
    day.do(commands.SignGuestBook, ticket_id=referred, words=words, **ids)
    day.later(minutes=4).do(commands.Finish, ticket_id=referred, outcome=Outcome.REFERRED)
    missed, gone = day.issue(), day.issue()
    assert day.call() == missed
    for _ in range(day.office.queue.calls - 1):
        day.later(seconds=20).do(commands.Recall, ticket_id=missed)
    day.do(commands.Miss, ticket_id=missed)
    day.do(commands.CancelTicket, ticket_id=gone)
    day.finish("t4", ANI)
    day.at("15:00").do(commands.CloseDay, SARI)
    assert day.state.status is DayStatus.CLOSED
    return day


def alarm(day: Day) -> dict[str, Any]:
    """Return what is asked for an alarm now."""
    late = queries.late(day.state, day.office, day.now, version=len(day.log))
    return {"contact": CONTACT, "late": late}


def summary(day: Day) -> dict[str, Any]:
    """Return what is asked for a day's summary."""
    words = {"office": JAYAPURA.id, "from_": MONDAY, "to": MONDAY}
    found = report.waiting(JAYAPURA, day.documents(WAITS))
    return {"contact": CONTACT, "report": WaitingReportSchema().dump(words | found)}


def request_of(template: Template, day: Day, sequence: int = 7) -> NotificationRequested:
    """Return the intent of an e-mail to the office."""
    return NotificationRequested(
        notification_id=derive_id("n", template),
        template=template,
        channel="email",
        about=f"{JAYAPURA.id}-{MONDAY}",
        params=Params(happened_at=day.now, service_date=MONDAY, sequence=sequence, address_no=0),
    )
