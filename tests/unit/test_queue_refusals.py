"""What a service day refuses: to whom, at which counter, in which state."""

from datetime import date

import pytest

from contracts.errors import Code
from host.caller import Caller
from services.queue import commands
from services.queue.events import (
    Outcome,
    Stop,
)
from services.queue.state import Status
from tests.unit.service_day import (
    ANI,
    BUDI,
    ELSEWHERE,
    KIOSK,
    MONDAY,
    SARI,
    VISITOR,
    Day,
    one_stop,
    refused,
)

BOSS_ELSEWHERE = Caller(role="supervisor", id="dewi", offices=("3171",))
KIOSK_ELSEWHERE = Caller(role="kiosk", id="kiosk-9", offices=("3171",))
STRANGERS = [
    (ELSEWHERE, Code.WRONG_OFFICE),
    (BOSS_ELSEWHERE, Code.WRONG_OFFICE),
    (KIOSK, Code.WRONG_ROLE),
    (VISITOR, Code.WRONG_ROLE),
]


# ways to a state: each brings the first ticket of a day there, Budi's


def waiting(day):
    return day.issue()


def called(day):
    ticket = day.issue()
    day.call()
    return ticket


def called_thrice(day):
    ticket = called(day)
    for _ in range(2):
        day.later(seconds=20).do(commands.Recall, ticket_id=ticket)
    return ticket


def missed(day):
    ticket = called_thrice(day)
    day.do(commands.Miss, ticket_id=ticket)
    return ticket


def started(day):
    ticket = called(day)
    day.start(ticket)
    return ticket


def signed(day):
    ticket = started(day)
    day.sign(ticket)
    return ticket


def unseen(day):
    ticket = started(day)
    day.sign(ticket, identity_checked=False)
    return ticket


def held(day):
    ticket = started(day)
    day.do(commands.Hold, ticket_id=ticket)
    return ticket


def finished(day, outcome=Outcome.SERVED):
    ticket = started(day)
    day.do(commands.Finish, ticket_id=ticket, outcome=outcome)
    return ticket


def referred(day):
    return finished(day, Outcome.REFERRED)


def cancelled(day):
    ticket = day.issue()
    day.do(commands.CancelTicket, ticket_id=ticket)
    return ticket


def expired(day):
    ticket = day.issue()
    day.do(commands.CloseDay, SARI)
    return ticket


def called_to_the_front_office(day):
    ticket = day.issue()
    day.call("FO-1", stop=Stop.FRONT_OFFICE)
    return ticket


def at_the_front_office(day):
    ticket = called_to_the_front_office(day)
    day.do(commands.Register, ticket_id=ticket)
    return ticket


# who


STEPS = {
    "recall": (called, commands.Recall, {}),
    "miss": (called_thrice, commands.Miss, {}),
    "start": (called, commands.Start, {}),
    "identity": (unseen, commands.CheckIdentity, {"identity_type": "sim"}),
    "note": (signed, commands.WriteNote, {"text": "Inflasi"}),
    "refer": (started, commands.Refer, {"target": "library"}),
    "transfer": (started, commands.Transfer, {"to_counter": "K-2"}),
    "hold": (started, commands.Hold, {}),
    "resume": (held, commands.GoOn, {}),
    "finish": (started, commands.Finish, {}),
    "undo": (finished, commands.UndoFinish, {}),
    "register": (called_to_the_front_office, commands.Register, {}),
}


@pytest.mark.parametrize(("caller", "code"), [(ANI, Code.NOT_YOUR_TICKET), *STRANGERS])
@pytest.mark.parametrize("step", STEPS)
def test_only_who_called_goes_on(step, caller, code):
    """Whatever the step; for them, and for their supervisor, it is none too early nor too late."""
    way, kind, words = STEPS[step]
    for owner in (BUDI, SARI):
        day = Day(single_stop=step != "register")
        ticket = way(day)
        day.later(seconds=20)
        before = day.state
        refused(code, day.do, kind, caller, ticket_id=ticket, **words)
        assert day.state == before
        assert day.do(kind, owner, ticket_id=ticket, **words) != []


@pytest.mark.parametrize("caller", [ANI, *(stranger for stranger, _ in STRANGERS)])
def test_only_who_called_signs_for_the_visitor(caller):
    """At the front office and at the desk."""
    codes = {ANI: Code.NOT_YOUR_TICKET, KIOSK: Code.WRONG_STATE, **dict(STRANGERS[:2])}
    for single_stop, way in ((False, at_the_front_office), (True, called), (True, started)):
        day = Day(single_stop=single_stop)
        ticket = way(day)
        refused(codes.get(caller, Code.WRONG_ROLE), day.sign, ticket, caller)
        assert day.sign(ticket) != []


@pytest.mark.parametrize(("caller", "code"), STRANGERS)
def test_strangers_call_nobody_and_bring_nobody_back(caller, code):
    """Any officer of the office does."""
    day = one_stop()
    ticket = missed(day)
    refused(code, day.do, commands.Reinstate, caller, ticket_id=ticket)
    day.do(commands.Reinstate, ANI, ticket_id=ticket)
    refused(code, day.call, "K-2", caller)
    refused(code, day.do, commands.CancelTicket, caller, ticket_id=ticket)
    assert day.call("K-2", ANI) == ticket


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (ELSEWHERE, Code.WRONG_OFFICE),
        (KIOSK_ELSEWHERE, Code.WRONG_OFFICE),
        (VISITOR, Code.WRONG_ROLE),
    ],
)
def test_numbers_come_from_the_offices_own_kiosks_and_officers(caller, code):
    """As does the guest book."""
    day = Day()
    refused(code, day.do, commands.Issue, caller, ticket_id="t1")
    ticket = day.issue()
    refused(code, day.sign, ticket, caller)
    assert day.do(commands.Issue, BUDI, ticket_id="t2") != []


@pytest.mark.parametrize(("caller", "code"), [(BUDI, Code.WRONG_ROLE), *STRANGERS])
def test_only_the_offices_supervisor_moves_the_day(caller, code):
    """Opening, suspending, resuming, closing."""
    day = Day()
    steps = [
        (commands.OpenDay, {}),
        (commands.Suspend, {"reason_code": "power_cut"}),
        (commands.Resume, {}),
        (commands.CloseDay, {}),
    ]
    for kind, words in steps:
        refused(code, day.do, kind, caller, **words)
        assert day.do(kind, SARI, **words) != []


# where


@pytest.mark.parametrize(
    ("counter", "code"),
    [("K-9", Code.NOT_FOUND), ("FO-1", Code.WRONG_COUNTER), ("K-2", Code.COUNTER_BUSY)],
)
def test_held_goes_on_at_a_free_desk_of_the_office_only(counter, code):
    """Not at one that it does not have, at the front office, or where somebody is."""
    day = one_stop()
    ticket = held(day)
    day.issue()
    day.call("K-2", ANI)
    refused(code, day.do, commands.GoOn, ticket_id=ticket, counter=counter)
    day.do(commands.GoOn, ticket_id=ticket, counter="K-1")
    assert day.ticket(ticket).counter == "K-1"


@pytest.mark.parametrize(
    ("counter", "code"),
    [("K-9", Code.NOT_FOUND), ("FO-1", Code.WRONG_COUNTER), ("K-1", Code.WRONG_COUNTER)],
)
def test_transfer_leads_to_another_desk_of_the_office_only(counter, code):
    """Not to one that it does not have, to the front office, or to where they are."""
    day = one_stop()
    ticket = started(day)
    refused(code, day.do, commands.Transfer, ticket_id=ticket, to_counter=counter)
    assert day.ticket(ticket).counter == "K-1"


# in which state


@pytest.mark.parametrize(
    ("way", "status"),
    [
        (called_to_the_front_office, Status.CALLED_FRONT_OFFICE),
        (at_the_front_office, Status.AT_FRONT_OFFICE),
        (called, Status.CALLED_DESK),
        (started, Status.IN_SERVICE),
        (held, Status.IN_SERVICE),
        (finished, Status.AWAITING_FEEDBACK),
        (referred, Status.REFERRED),
        (missed, Status.NO_SHOW),
        (cancelled, Status.CANCELLED),
        (expired, Status.EXPIRED),
    ],
)
def test_kiosk_signs_only_while_they_wait(way, status):
    """Once they stand before an officer, the officer signs with them; afterwards nobody does."""
    day = Day(single_stop="front_office" not in way.__name__)
    ticket = way(day)
    assert day.ticket(ticket).status is status
    refused(Code.WRONG_STATE, day.sign, ticket, KIOSK)
    assert day.ticket(ticket).subject_id is None


@pytest.mark.parametrize("single_stop", [False, True])
def test_kiosk_signs_while_they_wait_at_either_stop(single_stop):
    """And they wait for the desk then."""
    day = Day(single_stop=single_stop)
    ticket = waiting(day)
    day.sign(ticket, KIOSK)
    assert (day.ticket(ticket).status, day.ticket(ticket).subject_id) == (
        Status.WAITING_DESK,
        "s-t1",
    )


@pytest.mark.parametrize("way", [waiting, called_to_the_front_office])
def test_officer_signs_only_with_who_stands_there(way):
    """Registration comes first."""
    day = Day()
    refused(Code.WRONG_STATE, day.sign, way(day))


@pytest.mark.parametrize("way", [finished, missed, cancelled, expired])
def test_officer_signs_for_nobody_who_has_gone(way):
    """It is over."""
    day = one_stop()
    refused(Code.WRONG_STATE, day.sign, way(day))


@pytest.mark.parametrize(
    ("on", "clock", "year", "known"),
    [
        (MONDAY, "09:00", "2026", True),
        (MONDAY, "09:00", "2027", False),
        (date(2027, 1, 1), "00:30", "2027", True),
    ],
)
def test_nobody_is_born_next_year(on, clock, year, known):
    """By the office's own calendar: the first minutes of a year are last year's in UTC."""
    day = one_stop(on=on, clock=clock)
    day.do(commands.OpenDay, SARI)
    ticket = day.issue()
    if known:
        assert day.sign(ticket, birth_year=year) != []
    else:
        refused(Code.VALIDATION_FAILED, day.sign, ticket, birth_year=year)


def test_kiosk_has_seen_no_card():
    """An officer looks at it; at a kiosk it is not checked, and says so."""
    day = Day()
    ticket = day.issue()
    refused(Code.VALIDATION_FAILED, day.sign, ticket, KIOSK, identity_checked=True)
    book = day.sign(ticket, KIOSK)[0]
    assert book.identity_checked is False


def test_held_is_neither_held_again_nor_transferred():
    """It is at no desk."""
    day = one_stop()
    ticket = held(day)
    refused(Code.WRONG_STATE, day.do, commands.Hold, ticket_id=ticket)
    refused(Code.WRONG_STATE, day.do, commands.Transfer, ticket_id=ticket, to_counter="K-2")


def test_only_what_is_held_goes_on():
    """What is at a desk is going on."""
    day = one_stop()
    refused(Code.WRONG_STATE, day.do, commands.GoOn, ticket_id=started(day), counter="K-2")


@pytest.mark.parametrize("step", ["recall", "start", "undo"])
def test_suspension_stops_what_begins_service(step):
    """Who is served is served to the end; nobody is called or begun, nor is a finish undone."""
    way, kind, words = STEPS[step]
    day = one_stop()
    ticket = way(day)
    day.later(seconds=20).do(commands.Suspend, SARI, reason_code="power_cut")
    refused(Code.SERVICE_SUSPENDED, day.do, kind, ticket_id=ticket, **words)
    day.do(commands.Resume, SARI)
    assert day.do(kind, ticket_id=ticket, **words) != []


def test_finish_of_a_closed_day_is_not_undone():
    """Its counts are told."""
    day = one_stop()
    ticket = referred(day)
    day.do(commands.CloseDay, SARI)
    refused(Code.OFFICE_CLOSED, day.do, commands.UndoFinish, SARI, ticket_id=ticket)
