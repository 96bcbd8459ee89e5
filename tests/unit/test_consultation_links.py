"""Links that a provider makes: what is awaited, what counts, what is to be dropped."""

from datetime import timedelta

import pytest

from contracts.errors import Code
from kernel.effects import Publish, Schedule
from services.consultation import commands, links, resource
from services.consultation.events import (
    MeetingHeld,
    MeetingLinkFailed,
    MeetingLinkMade,
    MeetingRescheduled,
    MeetingScheduled,
    SilenceStarted,
)
from services.consultation.links import Wanted
from services.consultation.reactions import react
from services.consultation.state import State
from tests.support import NOON, fact, given
from tests.unit.consultation import (
    CONSULTATION,
    DAY,
    accepted,
    answered,
    by,
    clock,
    close,
    closed,
    meeting,
    submitted,
)

START = NOON + 2 * DAY
END = START + timedelta(minutes=30)
ANSWERED = (submitted(), accepted(), *answered())
SOON = {"meeting_id": "meet-1", "start": START, "end": END}
LATER = {"meeting_id": "meet-1", "start": START + DAY, "end": END + DAY}
MADE = MeetingLinkMade(
    meeting_id="meet-1",
    sequence=0,
    provider_meeting_id="z-1",
    subject_id="siti",
    join_url="https://example.com/j/1",
    anew=False,
)
FAILED = MeetingLinkFailed(meeting_id="meet-1", sequence=0)


def decided(command, *story):
    """Return the story with what a command adds to it."""
    case = given(CONSULTATION, *story).when(command)
    assert case.refusal is None, case.refusal
    return (*story, *(fact(event, command.now) for event in case.result))


def schedule(kind="zoom", **words):
    return by(commands.ScheduleMeeting, kind=kind, makes_links=True, **{**SOON, **words})


def reschedule(**words):
    return by(commands.RescheduleMeeting, **LATER, **words)


def record(replaces=None, provider_meeting_id="z-1"):
    words = {"provider_meeting_id": provider_meeting_id, "join_url": "https://example.com/j/1"}
    return clock(commands.RecordLink, NOON, meeting_id="meet-1", replaces=replaces, **words)


PENDING = decided(schedule(), *ANSWERED)
LINKED = (*PENDING, fact(MADE))
REPORT = clock(commands.ReportLinkFailure, NOON, meeting_id="meet-1")


def folded(*story) -> State:
    state = CONSULTATION.initial()
    for known in story:
        state = CONSULTATION.evolve(state, known)
    return state


def wanted(*story):
    """Return what the provider is to have, and whether it has to do with the meeting at all."""
    state = folded(*story)
    return links.concerns(state, "meet-1", NOON), links.wanted(state, "meet-1")


def shown(*story):
    """Return how the meeting is shown: its link, and where that stands."""
    opening, *rest = story
    (found,) = resource.of([fact(opening.event, sequence=1), *rest])["meetings"]
    return found["join_url"], found["link_state"]


def test_meeting_by_zoom_may_wait_for_its_link():
    """Where a provider makes it; it is no less an appointment."""
    event = PENDING[-1].event
    assert isinstance(event, MeetingScheduled)
    assert (event.join_url, event.link_follows) == (None, True)
    assert shown(*PENDING) == (None, "pending")
    assert wanted(*PENDING) == (True, Wanted(start=START, end=END, provider_meeting_id=None))


AFTERNOON = {"start": START + timedelta(hours=2), "end": END + timedelta(hours=2)}


@pytest.mark.parametrize(
    "command", [schedule(join_url="https://example.com/j/0"), schedule("onsite", **AFTERNOON)]
)
def test_link_that_is_given_or_not_needed_concerns_no_provider(command):
    """Whether there is one or not."""
    story = decided(command, *ANSWERED)
    assert wanted(*story) == (False, None)
    assert shown(*story)[1] == "none"


def test_without_a_provider_the_link_is_asked_for():
    """As ever."""
    alone = by(commands.ScheduleMeeting, kind="zoom", **SOON)
    given(CONSULTATION, *ANSWERED).when(alone).then_refused(Code.VALIDATION_FAILED)


def test_link_that_was_made_is_recorded():
    """With what the provider calls it; seen by whoever may see the meeting."""
    given(CONSULTATION, *PENDING).when(record()).then(MADE)
    assert shown(*LINKED) == ("https://example.com/j/1", "made")
    assert wanted(*LINKED)[1] == Wanted(start=START, end=END, provider_meeting_id="z-1")


def test_of_two_that_were_made_the_first_counts():
    """A process was frozen while it asked; what it made is not recorded, and dropped there."""
    given(CONSULTATION, *LINKED).when(record(provider_meeting_id="z-2")).then()


def test_link_in_place_of_one_that_is_gone_is_recorded():
    """Somebody deleted it at the provider; once."""
    replaced = decided(record("z-1", "z-2"), *LINKED)
    made = replaced[-1].event
    assert isinstance(made, MeetingLinkMade)
    assert (made.sequence, made.anew) == (1, True)
    given(CONSULTATION, *replaced).when(record("z-1", "z-3")).then()


def test_link_made_anew_is_a_change_of_its_own():
    """After whatever changed before; the meeting is as it was, and over when it was to be."""
    replaced = decided(record("z-1", "z-2"), *decided(reschedule(), *LINKED))
    assert (replaced[-1].event.sequence, replaced[-1].event.anew) == (2, True)
    opening, *rest = replaced
    (found,) = resource.of([fact(opening.event, sequence=1), *rest])["meetings"]
    assert (found["sequence"], found["status"]) == (2, "scheduled")
    off = decided(by(commands.CancelMeeting, meeting_id="meet-1"), *replaced)
    assert off[len(replaced)].event.sequence == 3
    over = clock(commands.EndMeeting, END + DAY, meeting_id="meet-1", sequence=1)
    given(CONSULTATION, *replaced).when(over).then_kinds(SilenceStarted)


def test_link_of_a_meeting_moved_meanwhile_belongs_to_its_last_change():
    """The invitation that leaves then is the one that holds."""
    moved = decided(reschedule(), *PENDING)
    assert moved[-1].event.link_follows
    case = given(CONSULTATION, *moved).when(record())
    assert [e.sequence for e in case.result] == [1]


def test_moved_meeting_keeps_its_link():
    """The provider moves its own, too."""
    moved = decided(reschedule(), *LINKED)
    assert isinstance(moved[-1].event, MeetingRescheduled)
    assert not moved[-1].event.link_follows
    assert shown(*moved) == ("https://example.com/j/1", "made")
    expected = Wanted(start=START + DAY, end=END + DAY, provider_meeting_id="z-1")
    assert wanted(*moved) == (True, expected)


@pytest.mark.parametrize("story", [PENDING, LINKED, (*PENDING, fact(FAILED))])
def test_link_given_by_hand_takes_the_place_of_the_providers(story):
    """What the provider has, or has made and not told yet, is to be dropped."""
    by_hand = decided(reschedule(join_url="https://example.com/j/9"), *story)
    assert not by_hand[-1].event.link_follows
    assert shown(*by_hand) == ("https://example.com/j/9", "none")
    assert wanted(*by_hand) == (True, None)
    given(CONSULTATION, *by_hand).when(record()).then()
    given(CONSULTATION, *by_hand).when(REPORT).then()


@pytest.mark.parametrize("story", [PENDING, LINKED])
@pytest.mark.parametrize("end", [by(commands.CancelMeeting, meeting_id="meet-1"), close()])
def test_meeting_that_is_off_is_dropped_at_the_provider(story, end):
    """Also when it was called off before its link was made, which is not recorded then."""
    off = decided(end, *story)
    assert wanted(*off) == (True, None)
    given(CONSULTATION, *off).when(record()).then()


@pytest.mark.parametrize("story", [PENDING, LINKED])
def test_meeting_whose_time_has_passed_is_left_alone(story):
    """It took place, or its time is over: nothing is made, and nothing dropped."""
    assert not links.concerns(folded(*story), "meet-1", END)
    held = (*story, fact(MeetingHeld(meeting_id="meet-1"), END))
    assert wanted(*held) == (False, None)
    assert not links.concerns(folded(*story, closed(at=END)), "meet-1", END)


def test_failure_is_told_once_and_shown():
    """The provider goes on being asked, and may make it yet."""
    given(CONSULTATION, *PENDING).when(REPORT).then(FAILED)
    failed = (*PENDING, fact(FAILED))
    assert shown(*failed) == (None, "failed")
    given(CONSULTATION, *failed).when(REPORT).then()
    given(CONSULTATION, *failed).when(record()).then(MADE)
    given(CONSULTATION, *LINKED).when(REPORT).then()


def test_meeting_moved_after_a_failure_awaits_its_link_again():
    """Asked for anew."""
    moved = decided(reschedule(), *PENDING, fact(FAILED))
    assert moved[-1].event.link_follows
    assert shown(*moved) == (None, "pending")


def test_provider_is_told_at_once_of_whatever_changes():
    """A date now: who schedules a meeting waits for nobody."""
    date = Schedule("meeting_link_meet-1", NOON, {"meeting_id": "meet-1"})
    cancelled = decided(by(commands.CancelMeeting, meeting_id="meet-1"), *LINKED)[len(LINKED)]
    for known in (PENDING[-1], decided(reschedule(), *LINKED)[-1], cancelled):
        assert date in react(known)


def test_provider_is_looked_at_once_more():
    """A process that was cut off may have had a second one made."""
    cancelled = decided(by(commands.CancelMeeting, meeting_id="meet-1"), *LINKED)[len(LINKED)]
    for known in (LINKED[-1], cancelled):
        (again,) = (e for e in react(known) if getattr(e, "name", "").endswith("_again"))
        assert again.at == known.occurred_at + timedelta(minutes=15)
        assert again.data == {"meeting_id": "meet-1"}


def test_what_is_published_of_a_link_is_not_the_link():
    """Subscribers learn that there is one, or none so far."""
    (told, *_) = react(fact(MADE, name="meeting_link_made"))
    assert isinstance(told, Publish)
    (failure,) = react(fact(FAILED, name="meeting_link_failed"))
    assert isinstance(failure, Publish)


def test_meeting_of_the_first_version_has_its_link_from_an_officer():
    """Nothing is asked of a provider about what was stored before there was one."""
    assert wanted(*ANSWERED, meeting(START)) == (False, None)
