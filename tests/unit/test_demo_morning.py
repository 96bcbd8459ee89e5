"""The morning of the tour: drawn from a seed, played in order, shown as a chart."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any

import pytest

from deploy.demo import chart, waiting
from deploy.demo.agenda import Agenda
from deploy.demo.listener import Event
from deploy.demo.visitors import LAST_ARRIVAL, PARTS, SEED, Chance, Part, drawn
from deploy.problem import Problem
from services.queue.events import (
    ServiceFinished,
    ServiceFinishUndone,
    ServiceResumed,
    ServiceStarted,
    ServiceSuspended,
    StartLimitApproaching,
    StartLimitBreached,
    TicketCalled,
    TicketCancelled,
    TicketMissed,
    TicketRecalled,
    TicketReinstated,
    TicketTransferred,
)
from services.queue.reactions import A_MOMENT
from services.queue.state import Status
from tests.unit.morning_in_memory import played
from tests.unit.service_day import Day

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
EIGHT = datetime(2026, 11, 24, 1, tzinfo=UTC)


def test_the_same_seed_draws_the_same_morning() -> None:
    """And another seed another."""
    assert drawn(SEED) == drawn(SEED)
    assert [v.arrives for v in drawn(SEED)] != [v.arrives for v in drawn("1")]


def test_the_morning_is_the_same_on_every_machine() -> None:
    """The first visitor as they were drawn once."""
    first = drawn("1471")[0]
    lengths = (first.arrives, first.walks, first.registers, first.served, first.written_up)
    assert [length // SECOND for length in lengths] == FIRST_OF_1471


FIRST_OF_1471 = [103, 19, 86, 419, 176]


def test_visitors_come_in_order_and_in_time() -> None:
    """Some thirty to forty of them, each part played once."""
    visitors = drawn(SEED)
    arrivals = [visitor.arrives for visitor in visitors]
    assert 30 <= len(visitors) <= 40
    assert arrivals == sorted(arrivals)
    assert timedelta() < arrivals[0] <= arrivals[-1] <= LAST_ARRIVAL
    parts = Counter(v.part for v in visitors if v.part is not Part.ORDINARY)
    assert parts == dict.fromkeys(PARTS.values(), 1)
    (without,) = (v for v in visitors if "email" not in v.book)
    assert (without.part, without.book["no_email_reason"]) == (Part.NO_EMAIL, "has_none")


def test_chance_is_spread_as_it_says() -> None:
    """Gaps by their mean, lengths by their median."""
    chance = Chance("any")
    gaps = [chance.gap_s(300) for _ in range(4000)]
    assert fmean(gaps) == pytest.approx(300, rel=0.1)
    assert median(gaps) == pytest.approx(300 * 0.693, rel=0.1)  # ln 2: they know nothing of it
    lengths = [chance.length_s(400, 0.6) for _ in range(4000)]
    assert median(lengths) == pytest.approx(400, rel=0.1)
    assert fmean(lengths) == pytest.approx(400 * 1.197, rel=0.1)  # exp(0.6² / 2): a long tail


@pytest.fixture(scope="module")
def morning() -> Day:
    return played(SEED)


def all_of(day: Day, kind: type[Any]) -> list[tuple[datetime, Any]]:
    """Return what there was of one kind, and when."""
    return [(at, event) for at, event in day.log if isinstance(event, kind)]


def test_everybody_is_served_or_gives_up(morning: Day) -> None:
    """Nobody is left when it ends, before noon."""
    statuses = Counter(ticket.status for ticket in morning.state.tickets.values())
    (gave_up,) = all_of(morning, TicketCancelled)
    assert morning.ticket(gave_up[1].ticket_id).status is Status.CANCELLED
    assert statuses == {
        Status.AWAITING_FEEDBACK: len(drawn(SEED)) - 1,
        Status.CANCELLED: 1,
    }
    assert morning.log[-1][0] < morning.office.calendar.at(morning.date, NOON)


NOON = datetime(2026, 1, 1, 12).time()


def test_one_ticket_waits_too_long_and_it_is_told(morning: Day) -> None:
    """Warned of at seven minutes, broken at ten, begun after that."""
    (warned,), (broken,) = (
        all_of(morning, StartLimitApproaching),
        all_of(morning, StartLimitBreached),
    )
    assert warned[1].ticket_id == broken[1].ticket_id
    t0 = broken[1].t0
    assert (warned[0] - t0, broken[0] - t0) == (7 * MINUTE, 10 * MINUTE + A_MOMENT)
    late = [e for _, e in all_of(morning, ServiceStarted) if not e.within_limit]
    assert [each.ticket_id for each in late] == [broken[1].ticket_id]


def test_who_does_not_come_is_called_thrice_missed_and_comes_back(morning: Day) -> None:
    """Behind the one who is next."""
    (missed,) = all_of(morning, TicketMissed)
    ticket_id = missed[1].ticket_id
    again = [e.attempt for _, e in all_of(morning, TicketRecalled) if e.ticket_id == ticket_id]
    (back,) = all_of(morning, TicketReinstated)
    (begun,) = [at for at, e in all_of(morning, ServiceStarted) if e.ticket_id == ticket_id]
    assert again == [2, 3]
    assert back[1].ticket_id == ticket_id
    assert back[1].after is not None
    assert missed[0] < back[0] < begun


def test_a_mistake_is_undone(morning: Day) -> None:
    """Finished twice, once in earnest."""
    (undone,) = all_of(morning, ServiceFinishUndone)
    ticket_id = undone[1].ticket_id
    ends = [at for at, e in all_of(morning, ServiceFinished) if e.ticket_id == ticket_id]
    assert ends[0] < undone[0] < ends[1]


def test_a_transfer_and_a_priority_overtake_with_their_reasons(morning: Day) -> None:
    """Each once at a desk."""
    called = [e for _, e in all_of(morning, TicketCalled) if e.overtook and e.stop == "desk"]
    ((_, moved),) = all_of(morning, TicketTransferred)
    reasons = {e.overtake_reason for e in called}
    assert "elderly" in reasons
    starts = [e for _, e in all_of(morning, ServiceStarted) if e.ticket_id == moved.ticket_id]
    assert [e.counter for e in starts] == [moved.counter, moved.to_counter]


def test_nobody_begins_in_the_power_cut(morning: Day) -> None:
    """A quarter of an hour."""
    ((dark, _),), ((light, _),) = (
        all_of(morning, ServiceSuspended),
        all_of(morning, ServiceResumed),
    )
    assert light - dark == 15 * MINUTE
    assert not [at for at, _ in all_of(morning, ServiceStarted) if dark <= at < light]


def test_the_agenda_goes_by_time_then_by_who_said_it_first() -> None:
    """The clock is there before the act, and what an act adds has its place too."""
    clock: list[datetime] = []
    said: list[tuple[str, datetime]] = []
    agenda = Agenda(EIGHT, clock.append)

    def say(word: str) -> None:
        said.append((word, clock[-1]))

    def first() -> None:
        say("first")
        agenda.after(MINUTE, lambda: say("third"))

    agenda.at(EIGHT + 2 * MINUTE, lambda: say("fourth"))
    agenda.at(EIGHT, first)
    agenda.at(EIGHT, lambda: say("second"))
    agenda.play()
    assert [word for word, _ in said] == ["first", "second", "third", "fourth"]
    assert [(at - EIGHT) / MINUTE for _, at in said] == [0, 0, 1, 2]


CHART = """\
min    A002
 12 ┤  ▄
    ┤  █
 10 ┼╌╌█╌╌╌╌
    ┤  █
    ┤  █
  8 ┤  █
    ┤  █
  6 ┤  █
    ┤  █
  4 ┤  █
    ┤  █ █
  2 ┤  █ █
    ┤▄ █ █ ▁
    └───────
     08  09
"""


def test_chart_shows_each_wait_and_the_limit() -> None:
    """To an eighth of a minute; only what is over the limit has its number and crosses the line."""
    bars = [
        chart.Bar("08", 30, "A001"),
        chart.Bar("08", 690, "A002"),
        chart.Bar("09", 180, "A003"),
        chart.Bar("09", 1, "A004"),
    ]
    assert "\n".join(chart.waits(bars, 10, 76)) + "\n" == CHART


def test_chart_of_a_wait_at_the_limit_does_not_cross_it() -> None:
    """Ten minutes are kept by ten minutes."""
    lines = list(chart.waits([chart.Bar("08", 600, "A001")], 10, 76))
    assert lines[0] == "min"
    assert " 10 ┼╌" in lines


def test_chart_of_many_is_no_wider_than_it_may() -> None:
    """Then without a space between two."""
    bars = [chart.Bar(f"{8 + n // 20:02}", 60 * n, f"A{n:03}") for n in range(60)]
    assert max(map(len, chart.waits(bars, 10, 76))) <= 76


def started(ticket_id: str, waited_s: int, after: timedelta = MINUTE) -> Event:
    """Return an event as it is heard."""
    data = {"waited_s": waited_s, "within_limit": waited_s <= 600}
    at = (EIGHT + after).isoformat()
    return Event("1471.queue.service_started", {"subject": ticket_id, "time": at, "data": data}, 0)


def test_of_a_transferred_visitor_the_first_beginning_counts() -> None:
    """As in the report."""
    events = [started("t1", 60), started("t2", 30), started("t1", 90, 2 * MINUTE)]
    begun = waiting.first_starts(events)
    assert [(e.about, e.data["waited_s"]) for e in begun] == [("t1", 60), ("t2", 30)]


WAIT = {"p50_s": 60, "p90_s": 700, "max_s": 700}


@pytest.mark.parametrize(
    "change",
    [{"started": 3}, {"within_limit": 2}, {"breached": 0}, {"wait": {**WAIT, "p50_s": 61}}],
)
def test_a_report_that_says_other_than_the_events_is_not_shown(change: dict[str, Any]) -> None:
    """The tour stops and names both."""
    begun, breached = [started("t1", 60), started("t2", 700)], [started("t2", 0)]
    report = {"started": 2, "within_limit": 1, "breached": 1, "wait": WAIT}
    waiting.compare(report, begun, breached)
    with pytest.raises(Problem, match="The report says"):
        waiting.compare(report | change, begun, breached)
