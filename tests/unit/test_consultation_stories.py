"""What comes of it in the end: stories of days, with the dates that their own facts set."""

from dataclasses import replace
from datetime import timedelta

from services.consultation import commands, resource
from services.consultation.events import CloseReason, MeetingHeld, SilenceStarted
from services.consultation.state import Status
from tests.unit.consultation import BUDI, DAY, HOUR, OFFICE
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
