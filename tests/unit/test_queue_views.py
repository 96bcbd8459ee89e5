"""The guest book as it is read."""

from services.queue import commands
from services.queue.events import Outcome
from services.queue.views import VISITS
from tests.unit.service_day import BUDI, Day


def served():
    """One visitor is noted and referred at the desk, finished by mistake and again."""
    day = Day(clock="09:00", single_stop=True)
    ticket = day.issue()
    day.sign(ticket)
    day.call()
    day.later(minutes=1).start(ticket)
    for text in ("Inflasi", "PDRB"):
        day.do(commands.WriteNote, ticket_id=ticket, text=text)
    day.do(commands.Refer, ticket_id=ticket, target="library")
    day.later(minutes=5).finish(ticket)
    return day, ticket


def test_visit_holds_the_book_and_what_came_of_it():
    """Who, what for, at which desk, how it ended; personal fields sealed as they were stored."""
    day, _ = served()
    (found,) = day.documents(VISITS)
    assert (found["number"], found["counter"], found["officer_id"]) == ("A001", "K-1", "budi")
    assert (found["outcome"], found["referrals"]) == ("served", ["library"])
    assert found["started_at"] < found["finished_at"] == day.now
    assert (found["subject_id"], found["use"], len(found["notes"])) == (
        "s-t1",
        "school_assignment",
        2,
    )
    assert "Siti" not in str(found)


def test_visit_finished_by_mistake_goes_on():
    """Until it is finished again."""
    day, ticket = served()
    day.do(commands.UndoFinish, ticket_id=ticket)
    (found,) = day.documents(VISITS)
    assert (found["outcome"], found["finished_at"]) == (None, None)
    day.do(commands.Finish, BUDI, ticket_id=ticket, outcome=Outcome.REFERRED)
    (found,) = day.documents(VISITS)
    assert found["outcome"] == "referred"


def test_who_has_not_signed_is_in_no_guest_book():
    """They have a ticket, and no place in the list."""
    day = Day(clock="09:00")
    day.issue()
    (found,) = day.documents(VISITS)
    assert found["signed"] is None
