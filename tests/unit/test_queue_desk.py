"""The rules at the front office and at the desk, one claim a test."""

from functools import partial

import pytest

from contracts.errors import Code
from services.queue import commands
from services.queue.events import (
    GuestBookSigned,
    IdentityChecked,
    Outcome,
    StartLimitSet,
    Stop,
    TicketQueuedForDesk,
)
from services.queue.state import Status
from tests.unit.service_day import ANI, BUDI, KIOSK, SARI, Day, one_stop, refused


def test_two_stops_lead_over_the_guest_book():
    """Front office, guest book, row of the desk, desk."""
    day = Day()
    ticket = day.issue()
    assert day.call() is None
    assert day.call("FO-1", stop=Stop.FRONT_OFFICE) == ticket
    assert day.ticket(ticket).status is Status.CALLED_FRONT_OFFICE
    day.do(commands.Register, ticket_id=ticket)
    assert [type(e) for e in day.sign(ticket)] == [
        GuestBookSigned,
        TicketQueuedForDesk,
        StartLimitSet,
    ]
    assert day.call("FO-1", stop=Stop.FRONT_OFFICE) is None
    assert day.served() == ticket
    assert day.ticket(ticket).status is Status.AWAITING_FEEDBACK


def test_guest_book_is_signed_once():
    """Also where the desk is the only stop."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    assert [type(e) for e in day.sign(ticket)] == [GuestBookSigned]
    refused(Code.WRONG_STATE, day.sign, ticket)


def test_visitor_signs_at_the_kiosk():
    """Before the front office has called, and is in the row of the desk then."""
    day = Day()
    ticket = day.issue()
    day.sign(ticket, KIOSK)
    assert day.ticket(ticket).status is Status.WAITING_DESK
    assert day.call("FO-1", stop=Stop.FRONT_OFFICE) is None
    assert day.call() == ticket


def test_officer_checks_the_identity_of_who_signed_at_the_kiosk():
    """Any, while they wait for the desk; once, and only of who has signed."""
    day = Day()
    ticket = day.issue()
    seen = partial(day.do, commands.CheckIdentity, ANI, ticket_id=ticket, identity_type="sim")
    refused(Code.WRONG_STATE, seen)
    day.sign(ticket, KIOSK)
    assert day.ticket(ticket).identity_checked is False
    assert seen() == [IdentityChecked(ticket_id=ticket, identity_type="sim")]
    assert day.ticket(ticket).identity_checked is True
    refused(Code.WRONG_STATE, seen)


def test_identity_is_checked_at_the_desk_by_whose_visitor_it_is():
    """An officer who wrote the guest book for them said so then."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    seen = partial(day.do, commands.CheckIdentity, ticket_id=ticket, identity_type="ktp")
    refused(Code.GUEST_BOOK_MISSING, seen)
    day.sign(ticket, identity_checked=False)
    day.start(ticket)
    day.finish(ticket)
    refused(Code.NOT_YOUR_TICKET, seen, ANI)
    assert seen() != []
    other = day.issue()
    day.call()
    day.sign(other)
    refused(Code.WRONG_STATE, day.do, commands.CheckIdentity, ticket_id=other, identity_type="sim")


def test_only_the_owner_or_a_supervisor_goes_on():
    """Another officer is told whose it is."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    refused(Code.NOT_YOUR_TICKET, day.start, ticket, ANI)
    day.start(ticket, SARI)
    day.finish(ticket, BUDI)


def test_held_time_is_no_service():
    """The desk is free meanwhile, and they come back to a free one."""
    day = one_stop()
    ticket, other = day.issue(), day.issue()
    day.call()
    day.start(ticket)
    day.later(minutes=3).do(commands.Hold, ticket_id=ticket)
    assert day.call() == other
    refused(Code.COUNTER_BUSY, day.do, commands.GoOn, ticket_id=ticket)
    day.later(minutes=4).do(commands.GoOn, ticket_id=ticket, counter="K-2")
    assert day.later(minutes=2).finish(ticket).duration_s == 5 * 60


def test_transferred_goes_first_at_the_other_desk_only():
    """K-1 does not get them back, K-2 takes nobody before them."""
    day = one_stop()
    ticket, other = day.issue(), day.issue()
    day.call()
    day.start(ticket)
    day.do(commands.Transfer, ticket_id=ticket, to_counter="K-2")
    assert day.call("K-1") == other
    assert day.call("K-2", ANI) == ticket


@pytest.mark.parametrize("who", [BUDI, SARI], ids=["who sent them", "the supervisor"])
def test_transferred_where_nobody_comes_is_sent_on(who):
    """Or back; another officer has no say, and nowhere is not a place to send them to."""
    day = one_stop()
    ticket, other = day.issue(), day.issue()
    day.call()
    day.start(ticket)
    moved = {"ticket_id": ticket, "to_counter": "K-2"}
    day.later(minutes=2).do(commands.Transfer, **moved)
    refused(Code.NOT_YOUR_TICKET, day.do, commands.Transfer, ANI, **{**moved, "to_counter": "K-1"})
    refused(Code.WRONG_COUNTER, day.do, commands.Transfer, who, **moved)
    back = day.later(minutes=3).do(commands.Transfer, who, **{**moved, "to_counter": "K-1"})[0]
    assert (back.counter, back.to_counter) == ("K-1", "K-1")
    assert day.call("K-2", ANI) == other
    assert day.call("K-1") == ticket
    day.start(ticket)
    assert day.later(minutes=4).finish(ticket).duration_s == 6 * 60


def test_who_waits_in_turn_is_transferred_by_nobody():
    """They are at no desk yet."""
    day = one_stop()
    ticket = day.issue()
    for who in (BUDI, SARI):
        refused(
            Code.WRONG_STATE, day.do, commands.Transfer, who, ticket_id=ticket, to_counter="K-2"
        )


def test_where_they_were_referred_to_can_be_written_down_afterwards():
    """The service ended with it."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    day.start(ticket)
    day.sign(ticket)
    day.do(commands.Finish, ticket_id=ticket, outcome=Outcome.REFERRED)
    day.do(commands.Refer, ticket_id=ticket, target="library")
    day.do(commands.WriteNote, ticket_id=ticket, text="Publikasi lama")
    assert day.ticket(ticket).referrals == ("library",)


def test_note_needs_a_signed_guest_book():
    """It is sealed with the visitor's key."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    day.start(ticket)
    note = {"ticket_id": ticket, "text": "Inflasi"}
    refused(Code.GUEST_BOOK_MISSING, day.do, commands.WriteNote, **note)
    day.sign(ticket)
    day.do(commands.WriteNote, **note)


def test_finish_is_undone_soon_by_the_officer_and_later_by_the_supervisor():
    """And durations are counted on."""
    day = one_stop()
    ticket = day.issue()
    day.call()
    day.start(ticket)
    day.later(minutes=4).finish(ticket)
    refused(Code.TOO_LATE, day.later(minutes=3).do, commands.UndoFinish, ticket_id=ticket)
    day.do(commands.UndoFinish, SARI, ticket_id=ticket)
    assert day.later(minutes=1).finish(ticket).duration_s == 8 * 60


def test_finish_is_not_undone_at_a_desk_that_is_taken():
    """Two visitors would be at one counter."""
    day = one_stop()
    ticket = day.issue()
    day.issue()
    day.served()
    day.call()
    refused(Code.COUNTER_BUSY, day.do, commands.UndoFinish, ticket_id=ticket)


def test_service_finished_while_held_goes_on_held():
    """And the time between is no service."""
    day = one_stop(clock="09:00")
    ticket = day.issue()
    day.call()
    day.start(ticket)
    day.later(minutes=10).do(commands.Hold, ticket_id=ticket)
    assert day.later(minutes=30).finish(ticket).duration_s == 600
    day.later(minutes=1).do(commands.UndoFinish, ticket_id=ticket)
    assert day.ticket(ticket).is_held
    day.later(minutes=1).do(commands.GoOn, ticket_id=ticket)
    assert day.later(minutes=4).finish(ticket).duration_s == 14 * 60


def test_supervisor_undoes_though_the_desk_is_taken():
    """It goes on held; the officer is told who is there."""
    day = one_stop(clock="09:00")
    first, second = day.issue(), day.issue()
    day.call()
    day.start(first)
    day.later(minutes=5).finish(first)
    assert day.call() == second
    refused(Code.COUNTER_BUSY, day.later(minutes=1).do, commands.UndoFinish, ticket_id=first)
    day.later(minutes=20).do(commands.UndoFinish, SARI, ticket_id=first)
    assert day.ticket(first).is_held
    assert day.state.counters["K-1"] == second
    day.do(commands.GoOn, SARI, ticket_id=first, counter="K-2")
    assert day.later(minutes=3).do(commands.Finish, SARI, ticket_id=first)[0].duration_s == 8 * 60
