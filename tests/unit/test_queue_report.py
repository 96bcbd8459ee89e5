"""The waiting report of a day that was played by hand."""

import pytest

from pst.report import _table
from services.queue import commands, report
from services.queue.events import Lane, Outcome
from services.queue.views import WAITS
from tests.unit.service_day import ANI, KIOSK, Day, estimate, one_stop


def morning():
    """Three are served, one in eleven minutes; one is overtaken, one goes home."""
    day = one_stop(clock="09:00")
    first, second, gone = (day.later(seconds=1).issue() for _ in range(3))
    urgent = day.later(seconds=1).issue(Lane.PRIORITY, "pregnant")
    assert day.served() == urgent
    day.do(commands.CancelTicket, ticket_id=gone)
    day.at("09:11").later(seconds=1)
    assert day.served("K-2", ANI) == first
    day.at("10:00")
    assert day.served() == second
    return day


def test_report_counts_waits_and_overtakes():
    """By hand: 0 s, 660 s, and the rest from the finish of the one ahead."""
    day = morning()
    found = report.waiting(day.office, day.documents(WAITS))
    ends = {"finished": 3, "cancelled": 1, "referred": 0, "no_show": 0, "expired": 0}
    assert found["tickets"] == {"issued": 4, **ends}
    waited = 60 * 60 - 16 * 60 - 1  # from 9:16:01, when the one ahead was finished
    assert found["wait"] == {"p50_s": 660, "p90_s": waited, "max_s": waited}
    assert (found["started"], found["within_limit"], found["share_within_limit"]) == (3, 1, 0.3333)
    assert found["overtakes"] == [{"reason": "pregnant", "calls": 1, "overtaken": 3}]
    assert [(h["hour"], h["started"]) for h in found["by_hour"]] == [(9, 2), (10, 1)]
    assert [(c["counter"], c["started"]) for c in found["by_counter"]] == [("K-1", 2), ("K-2", 1)]


def test_report_counts_the_first_beginning_of_who_was_sent_on():
    """At the desk where they were first served; the promise was about that."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.later(minutes=3).call()
    day.start(ticket)
    day.later(minutes=2).do(commands.Transfer, ticket_id=ticket, to_counter="K-2")
    day.later(minutes=20).call("K-2", ANI)
    day.start(ticket, ANI)
    assert day.later(minutes=4).finish(ticket, ANI).duration_s == 6 * 60
    found = report.waiting(day.office, day.documents(WAITS))
    assert (found["started"], found["wait"]["max_s"]) == (1, 180)
    assert [c["counter"] for c in found["by_counter"]] == ["K-1"]
    assert (day.ticket(ticket).waited_s, day.ticket(ticket).within_limit) == (180, True)


def test_report_tells_whose_ten_minutes_ran_out_though_never_served():
    """Who gives up waiting is in no wait; the breach is."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    clock = day.state.clocks[ticket]
    day.later(minutes=10, seconds=1).do(commands.TellLimit, None, ticket_id=ticket, t0=clock.t0)
    day.do(commands.CancelTicket, ticket_id=ticket)
    found = report.waiting(day.office, day.documents(WAITS))
    assert (found["started"], found["breached"], found["tickets"]["cancelled"]) == (0, 1, 1)


def test_report_says_how_often_the_estimate_was_kept():
    """Two were told nine minutes at most; one waited ten."""
    told = estimate(Lane.REGULAR, "09:00", p90_s=540)
    day = one_stop(clock="08:59", estimates=(told,))
    day.issue()
    day.at("09:00").issue()
    day.issue()
    day.at("09:05").served(minutes=1)
    assert (day.served(minutes=4), day.served()) == ("t2", "t3")
    found = report.waiting(day.office, day.documents(WAITS))
    assert found["estimates"] == {"told": 2, "kept": 1, "share_kept": 0.5}


def test_days_without_anybody_say_so():
    """Null, not zero."""
    day = Day()
    found = report.waiting(day.office, day.documents(WAITS))
    assert found["estimates"] == {"told": 0, "kept": 0, "share_kept": None}
    assert (found["days"], found["wait"], found["share_within_limit"]) == (0, None, None)
    assert found["by_hour"] == found["by_counter"] == found["overtakes"] == []


def test_table_names_the_limit_of_the_office():
    """Twelve minutes are not ten."""
    day = morning()
    found = report.waiting(day.office, day.documents(WAITS))
    found |= {"office": "1471", "from": "2026-11-23", "to": "2026-11-23"}
    table = "\n".join(_table(found, 12))
    assert "WITHIN 12 MIN" in table
    assert "the 12 minutes ran out: 0 tickets" in table


def test_finish_undone_is_no_end():
    """Until it is finished again, as something else."""
    day = one_stop()
    day.issue()
    ticket = day.served()
    day.do(commands.UndoFinish, ticket_id=ticket)
    (kept,) = day.documents(WAITS)
    assert kept["ended"] is None
    assert sum(report.waiting(day.office, [kept])["tickets"].values()) == 1  # issued
    day.do(commands.Finish, ticket_id=ticket, outcome=Outcome.REFERRED)
    found = report.waiting(day.office, day.documents(WAITS))["tickets"]
    assert (found["referred"], found["finished"]) == (1, 0)


@pytest.mark.parametrize(("seconds", "kept"), [(540, 1), (541, 0)])
def test_estimate_is_kept_to_the_second(seconds, kept):
    """Nine of ten wait at most so long: also exactly so long."""
    day = Day(
        single_stop=True, clock="09:00", estimates=(estimate(Lane.REGULAR, "09:00", p90_s=540),)
    )
    day.issue()
    day.later(seconds=seconds).served()
    found = report.waiting(day.office, day.documents(WAITS))["estimates"]
    assert (found["told"], found["kept"]) == (1, kept)


def test_who_is_served_at_a_single_stop_without_the_guest_book_is_counted():
    """Of three one has signed; who was not served need not."""
    day = one_stop(clock="09:00")
    signs, _, gone = day.issue(), day.issue(), day.issue()
    day.sign(signs, KIOSK, identity_checked=False)
    day.served()
    day.served()
    day.do(commands.CancelTicket, ticket_id=gone)
    assert report.waiting(day.office, day.documents(WAITS))["without_guest_book"] == 1
