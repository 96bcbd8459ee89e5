"""What comes of it in the end: stories of days, with the dates that their own facts set."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from offices.calendar import Override
from offices.public_holidays import DayKind
from services.consultation import commands, resource
from services.consultation.events import CloseReason, MeetingHeld, SilenceStarted, SlaRejudged
from services.consultation.explained import explain
from services.consultation.state import Sla, Status
from services.consultation.views import LIST
from tests.unit.consultation import BUDI, DAY, DUE, HOUR, OFFICE, SITI
from tests.unit.consultation_world import World

CONFIRMING = replace(OFFICE, policy=replace(OFFICE.policy, silence_close="officer_confirms"))


def accepted(office=OFFICE):
    """A request is clear."""
    world = World()
    world.office = office
    world.ask(commands.Accept, BUDI)
    return world


def answered(office=OFFICE):
    """An officer has answered it."""
    world = accepted(office)
    world.ask(commands.PostMessage, BUDI, message_id="m-1", text="…")
    return world


def clarifying(office=OFFICE):
    """An officer has asked what is meant, before or after accepting it."""
    world = accepted(office)
    world.ask(commands.AskClarification, BUDI, message_id="m-1", text="?", missing=("topic",))
    return world


def meet(world):
    """Make an appointment for the day after tomorrow."""
    start = world.now + 2 * DAY
    words = {"kind": "zoom", "join_url": "https://zoom.us/j/1"}
    world.ask(
        commands.ScheduleMeeting, BUDI, meeting_id="meet-1", start=start, end=start + HOUR, **words
    )


def hold(world, summary=None):
    """Say that it took place."""
    return world.ask(
        commands.HoldMeeting, BUDI, meeting_id="meet-1", message_id="m-9", summary=summary
    )


def silence_of(world):
    """Return the silence as readers see it."""
    return resource.of(world.facts)["silence"]


def test_meeting_recorded_after_its_end_ends_the_silence():
    """Its end let the silence count anew; now it is the office that owes a word."""
    world = answered()
    meet(world)
    world.wait(world.now + 2 * DAY + HOUR + timedelta(minutes=5))
    assert isinstance(world.facts[-1].event, SilenceStarted)
    assert hold(world)
    assert (world.state.silence, silence_of(world)["running"]) == (None, False)
    assert not world.dates
    world.wait(world.now + 30 * DAY)
    assert isinstance(world.facts[-1].event, MeetingHeld)
    assert world.state.status is Status.IN_PROGRESS


def test_meeting_that_was_held_ends_what_had_lapsed():
    """Nobody is closed as silent who came."""
    world = answered(CONFIRMING)
    meet(world)
    world.wait(world.now + 2 * DAY + HOUR)
    world.wait(world.now + 9 * DAY)
    assert silence_of(world)["lapsed_at"] is not None
    assert hold(world)
    assert (world.state.lapsed, silence_of(world)["lapsed_at"]) == (None, None)
    assert not world.ask(commands.Close, BUDI, reason=CloseReason.USER_SILENT)


def test_clarification_that_an_officer_ends_ends_what_had_lapsed():
    """They know enough: the user is not waited for any more."""
    world = clarifying(CONFIRMING)
    world.wait(world.now + 9 * DAY)
    assert world.state.lapsed is not None
    assert world.ask(commands.Accept, BUDI)
    assert (world.state.lapsed, silence_of(world)["lapsed_at"]) == (None, None)
    assert not world.ask(commands.Close, BUDI, reason=CloseReason.USER_SILENT)


# A second verdict.

FRIDAY_CLOSE = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
"""Where the limit of Monday ends if one day between is none."""

WEDNESDAY = date(2026, 11, 25)


def breached():
    """Nobody has answered by Thursday's closing time; it is an hour later."""
    world = accepted()
    world.wait(DUE + HOUR)
    assert world.state.sla is Sla.BREACHED
    return world


def decree(world, kind=DayKind.HOLIDAY):
    """Have Wednesday count otherwise."""
    world.decree(Override(WEDNESDAY, kind, "Libur", "SKB"))


def second_verdict(world):
    """Return it as readers see it."""
    return resource.of(world.facts)["sla"]["rejudged"]


def test_limit_that_is_moved_back_has_no_second_verdict():
    """The decree is revoked: it is as it was. An answer tells it, for who only hears."""
    world = breached()
    decree(world)
    assert second_verdict(world)["due_at"] == FRIDAY_CLOSE
    decree(world, DayKind.WORKING)
    assert second_verdict(world) is None
    world.ask(commands.PostMessage, BUDI, message_id="m-1", text="…")
    (told,) = (f.event for f in world.facts if isinstance(f.event, SlaRejudged))
    assert (told.met, told.due_at) == (False, DUE)


def test_end_to_which_a_limit_was_moved_passes_too():
    """Then it is breached by either calendar, at once and not only when somebody answers."""
    world = breached()
    decree(world)
    world.wait(FRIDAY_CLOSE + HOUR)
    seen = second_verdict(world)
    assert (seen["state"], seen["due_at"], seen["late_by_working_days"]) == (
        "breached",
        FRIDAY_CLOSE,
        0,
    )
    world.wait(FRIDAY_CLOSE + 3 * DAY)
    assert len([f for f in world.facts if isinstance(f.event, SlaRejudged)]) == 1
    world.ask(commands.PostMessage, BUDI, message_id="m-1", text="…")
    assert second_verdict(world)["late_by_working_days"] == 1


def test_moved_end_is_watched_while_the_user_is_asked():
    """A limit that was breached does not stand still."""
    world = breached()
    decree(world)
    world.ask(commands.AskClarification, BUDI, message_id="m-1", text="?", missing=("topic",))
    world.ask(commands.PostMessage, SITI, message_id="m-2", text="…")
    world.wait(FRIDAY_CLOSE)
    assert second_verdict(world)["state"] == "breached"


def test_breached_limit_is_reckoned_when_it_is_reopened():
    """What was decreed while it was closed counts."""
    world = breached()
    world.ask(commands.Close, BUDI, reason=CloseReason.DUPLICATE)
    decree(world)
    assert second_verdict(world) is None
    world.ask(commands.Reopen, SITI, reason="…")
    assert second_verdict(world)["due_at"] == FRIDAY_CLOSE
    world.ask(commands.Close, BUDI, reason=CloseReason.DUPLICATE)
    assert not world.dates
    world.ask(commands.Reopen, SITI, reason="…")
    world.ask(commands.PostMessage, BUDI, message_id="m-1", text="…")
    assert second_verdict(world)["state"] == "met"


def test_waiting_for_the_user_after_a_breach_is_theirs():
    """In what is explained, and in the report: the limit runs on, the office can do nothing."""
    world = breached()
    world.ask(commands.AskClarification, BUDI, message_id="m-1", text="?", missing=("topic",))
    world.wait(world.now + 2 * DAY)
    assert explain(world.facts, OFFICE, world.now).minutes.with_user == 2 * 24 * 60
    world.ask(commands.PostMessage, SITI, message_id="m-2", text="…")
    world.wait(world.now + HOUR)
    world.ask(commands.PostMessage, BUDI, message_id="m-3", text="…")
    assert explain(world.facts, OFFICE, world.now + DAY).minutes.with_user == 2 * 24 * 60
    row = None
    for known in world.facts:
        row = LIST.project(row, known)
    assert row["paused_s"] == 2 * DAY.total_seconds()
