"""What follows from the facts of a service day: what is told, and which dates are set."""

from datetime import timedelta

from kernel.effects import Publish, Schedule
from services.queue import commands
from services.queue.events import Stop, TicketCalled, TicketRecalled
from services.queue.reactions import react
from tests.unit.service_day import BUDI, Day


def dates(day):
    """Return the dates that are set after a day, as a service that is never late keeps them."""
    found = {}
    for fact in day.facts():
        found |= {e.name: e for e in react(fact) if isinstance(e, Schedule)}
    return found


def test_every_fact_is_told_or_said_why_not():
    """And told under the ticket it is about, so that each ticket's order is kept."""
    day = Day(clock="09:00", single_stop=True)
    ticket = day.issue()
    day.sign(ticket)
    day.served()
    for fact in day.facts():
        (first, *_) = react(fact)
        if isinstance(first, Publish):
            assert first.subject == getattr(fact.event, "ticket_id", "")


def test_day_ends_by_itself_though_nobody_does_anything():
    """Half an hour after closing time, and with the date."""
    day = Day(clock="09:00", single_stop=True)
    day.issue()
    assert dates(day)[commands.CLOSING].at == day.at("16:00").now
    assert dates(day)[commands.MIDNIGHT].at == day.at("23:59:59").now


def test_limit_has_one_date_at_a_time():
    """First of the warning, and when that is told of the end."""
    day = Day(clock="09:00", single_stop=True)
    ticket = day.issue()
    name, began = f"{commands.START_LIMIT}{ticket}", day.now
    first = dates(day)[name]
    assert (first.at, first.data) == (
        began + timedelta(minutes=7),
        {"ticket_id": ticket, "t0": began},
    )
    day.later(minutes=7).do(commands.TellLimit, None, **first.data)
    assert dates(day)[name].at == began + timedelta(minutes=10, milliseconds=1)


def test_only_the_last_call_sets_a_date():
    """A minute after it, for that very call."""
    day = Day(clock="09:00")
    ticket = day.issue()
    day.call("FO-1", BUDI, Stop.FRONT_OFFICE)
    name = f"{commands.MISSED}FO-1"
    for _ in range(2):
        assert name not in dates(day)
        day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
    assert dates(day)[name].at == day.now + timedelta(minutes=1)
    assert dates(day)[name].data == {"ticket_id": ticket, "called_at": day.now}
    calls = [e for _, e in day.log if isinstance(e, TicketCalled | TicketRecalled)]
    assert [c.missed_at is not None for c in calls] == [False, False, True]


def test_command_of_each_date_is_known():
    """Whatever is set comes back as something that can be decided."""
    day = Day(clock="09:00", single_stop=True)
    ticket = day.issue()
    day.call()
    for _ in range(2):
        day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
    set_ = dates(day)
    assert len(set_) == 4
    for name, date in set_.items():
        made = commands.timed(name, date.data, day.now, day.office)
        assert isinstance(made, commands.Timed)
