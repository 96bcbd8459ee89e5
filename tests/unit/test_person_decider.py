"""What stands against forgetting a person, and the way there."""

from dataclasses import replace

import pytest

from contracts.errors import Code
from kernel.effects import Cancel, Ignore, Publish, Schedule
from services.consultation.accounts import person
from services.consultation.accounts.person import (
    TELL_WITHIN,
    AskErasure,
    DecideErasure,
    ErasureBegun,
    ErasureDecided,
    ErasureHeld,
    LegalHoldLifted,
    LegalHoldPlaced,
    LiftHold,
    PersonErased,
    PlaceHold,
    ReportErased,
)
from services.consultation.accounts.queries import PERSON
from services.consultation.accounts.reactions import react
from tests.support import NOON, fact, given

OF = {"now": NOON, "subject_id": "s1"}
MATTER = {**OF, "office": "1471", "reference": "PD-1"}
BEGUN = ErasureBegun(subject_id="s1", due_at=NOON + TELL_WITHIN)
HELD = ErasureHeld(subject_id="s1")
DECIDED = ErasureDecided(subject_id="s1")
ERASED = PersonErased(subject_id="s1")


def placed(reference="PD-1"):
    return LegalHoldPlaced(subject_id="s1", reference=reference, reason=None)


def lifted(reference="PD-1"):
    return LegalHoldLifted(subject_id="s1", reference=reference)


def known(*events):
    return [fact(event, stream="person-s1") for event in events]


def test_without_a_hold_it_begins():
    """Once, however often it is asked for."""
    given(PERSON).when(AskErasure(**OF)).then(BEGUN)
    for so_far in ([BEGUN], [BEGUN, DECIDED], [BEGUN, DECIDED, ERASED]):
        given(PERSON, *known(*so_far)).when(AskErasure(**OF)).then()


def test_a_hold_keeps_it_waiting():
    """It is remembered once, and begins when the last of the holds is lifted."""
    given(PERSON, *known(placed())).when(AskErasure(**OF)).then(HELD)
    given(PERSON, *known(placed(), HELD)).when(AskErasure(**OF)).then()
    two = known(placed(), placed("PD-2"), HELD)
    given(PERSON, *two).when(LiftHold(**MATTER)).then(lifted())
    given(PERSON, *two, *known(lifted("PD-2"))).when(LiftHold(**MATTER)).then(lifted(), BEGUN)


def test_a_lifted_hold_that_nobody_waited_for_begins_nothing():
    """Only who asked is forgotten."""
    given(PERSON, *known(placed())).when(LiftHold(**MATTER)).then(lifted())


def test_a_hold_is_placed_once_and_lifted_by_its_reference():
    """A matter that holds nothing cannot be over."""
    wish = PlaceHold(**MATTER)
    given(PERSON).when(wish).then(placed())
    given(PERSON, *known(placed())).when(wish).then()
    given(PERSON).when(LiftHold(**MATTER)).then_refused(Code.NOT_FOUND)


def test_two_offices_may_count_their_matters_alike():
    """Each lifts its own; erasure waits for both."""
    elsewhere = fact(placed(), stream="person-s1", office="9471")
    lift = LiftHold(**MATTER)
    given(PERSON, elsewhere).when(lift).then_refused(Code.WRONG_OFFICE)
    given(PERSON, elsewhere).when(PlaceHold(**MATTER)).then(placed())
    both = (elsewhere, *known(placed(), HELD))
    given(PERSON, *both).when(lift).then(lifted())
    given(PERSON, *both, *known(lifted())).when(lift).then_refused(Code.WRONG_OFFICE)
    given(PERSON, *both, *known(lifted())).when(replace(lift, office="9471")).then(lifted(), BEGUN)


def test_what_a_hold_put_off_is_looked_at_when_it_is_lifted():
    """The week of who never verified their address may be over by then."""
    date = Schedule(person.FORGET_IF_UNVERIFIED, NOON, {"subject_id": "s1"})
    assert react(fact(lifted(), stream="person-s1")) == [date]


def test_a_hold_placed_before_it_is_decided_still_counts():
    """After that it comes too late, and is told so."""
    given(PERSON, *known(BEGUN, placed())).when(DecideErasure(**OF)).then(HELD)
    given(PERSON, *known(BEGUN)).when(DecideErasure(**OF)).then(DECIDED)
    for so_far in ([BEGUN, DECIDED], [BEGUN, DECIDED, ERASED]):
        wish = PlaceHold(**MATTER)
        given(PERSON, *known(*so_far)).when(wish).then_refused(Code.SUBJECT_ERASED)


def test_what_was_not_asked_for_is_never_decided():
    """A late date, or an e-mail of the same kind, erases nobody."""
    for so_far in ([], [placed()], [placed(), HELD], [BEGUN, DECIDED]):
        given(PERSON, *known(*so_far)).when(DecideErasure(**OF)).then()
    given(PERSON, *known(BEGUN)).when(ReportErased(**OF)).then()
    given(PERSON, *known(BEGUN, DECIDED)).when(ReportErased(**OF)).then(ERASED)


@pytest.mark.parametrize("event", [BEGUN, HELD])
def test_the_notifier_hears_what_the_person_is_to_be_told(event):
    """Under the person's id."""
    told = [e for e in react(fact(event, name="x", stream="person-s1")) if isinstance(e, Publish)]
    assert [e.subject for e in told] == ["s1"]


def test_the_date_by_which_it_is_done_is_set_and_kept_until_it_is():
    """A crash after the decision finds it there."""
    (_, date) = react(fact(BEGUN, stream="person-s1"))
    assert date == Schedule(person.ERASE, BEGUN.due_at, {"subject_id": "s1"})
    assert all(isinstance(e, Ignore) for e in react(fact(DECIDED, stream="person-s1")))
    assert react(fact(ERASED, stream="person-s1")) == [Cancel(person.ERASE)]
