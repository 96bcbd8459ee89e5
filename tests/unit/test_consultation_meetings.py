"""Meetings, what they do to the silence, and words that do not arrive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest

from contracts.errors import Code
from services.consultation import commands, resource
from services.consultation.events import (
    ClarificationEnded,
    CloseReason,
    ConsultationClosed,
    ContactBounced,
    DeadlineRecalculated,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
    MessagePosted,
    Party,
    SilenceLapsed,
    SilenceStarted,
)
from tests.support import NOON, fact, given
from tests.unit.consultation import (
    BUDI,
    CLOSES,
    CONSULTATION,
    DAY,
    HOUR,
    OFFICE,
    SITI,
    accepted,
    answered,
    asked,
    by,
    clock,
    close,
    closed,
    meeting,
    post,
    reopened,
    said,
    submitted,
)

START = NOON + 2 * DAY
END = START + timedelta(minutes=30)
ANSWERED = (submitted(), accepted(), *answered())
APPOINTED = (*ANSWERED, meeting(START))


def schedule(kind="zoom", start=START, **more):
    words = {"join_url": "https://zoom.us/j/1", **more}
    appointment = {"meeting_id": "meet-1", "start": start, "end": start + timedelta(minutes=30)}
    return by(commands.ScheduleMeeting, kind=kind, **appointment, **words)


def about(what, at=START, **words):
    return by(what, at, meeting_id="meet-1", **words)


def reschedule(at=NOON, start=START + DAY):
    end = start + timedelta(minutes=30)
    return about(commands.RescheduleMeeting, at, start=start, end=end)


def test_appointment_is_made():
    """With its link, first of its changes."""
    case = given(CONSULTATION, *ANSWERED).when(schedule())
    case.then_kinds(MeetingScheduled)
    assert (case.result[0].sequence, case.result[0].end) == (0, END)


def test_appointment_suspends_the_silence():
    """Nobody is silent who is going to come."""
    given(CONSULTATION, *APPOINTED).when(
        clock(commands.CloseSilent, CLOSES, closes_at=CLOSES)
    ).then()


def test_no_silence_starts_before_a_meeting():
    """An officer's word before it awaits no answer."""
    given(CONSULTATION, *APPOINTED).when(post(BUDI, START - HOUR)).then_kinds(MessagePosted)


@pytest.mark.parametrize("start", [START, CLOSES + DAY])
def test_appointment_after_the_silence_has_lapsed_undoes_that(start):
    """Who is going to come is not to be closed as silent, and is waited for again if they miss."""
    lapsed = fact(SilenceLapsed(silent_since=NOON, closes_at=CLOSES), CLOSES)
    story = (*ANSWERED, lapsed, meeting(start, at=CLOSES))
    given(CONSULTATION, *story).when(close(CloseReason.USER_SILENT, at=CLOSES + HOUR)).then_refused(
        Code.WRONG_STATE
    )
    given(CONSULTATION, *story).when(about(commands.MissMeeting, start + HOUR)).then_kinds(
        MeetingMissed, SilenceStarted
    )


def test_silence_starts_after_a_meeting_nobody_recorded():
    """A forgotten appointment keeps nothing open for ever."""
    given(CONSULTATION, *APPOINTED).when(post(BUDI, END + HOUR)).then_kinds(
        MessagePosted, SilenceStarted
    )


@pytest.mark.parametrize(
    "command",
    [
        about(commands.CancelMeeting),
        about(commands.MissMeeting, END),
        clock(commands.EndMeeting, END, meeting_id="meet-1", sequence=0),
    ],
    ids=["cancelled", "missed", "over without a word"],
)
def test_silence_counts_anew_when_the_meeting_is_off(command):
    """From that day, for seven days."""
    result = given(CONSULTATION, *APPOINTED).when(command).result
    assert isinstance(result[-1], SilenceStarted)
    assert result[-1].closes_at == CLOSES + 2 * DAY


def test_no_silence_when_the_office_owes_the_next_word():
    """The user wrote last, and nobody waited for them in vain."""
    story = (*ANSWERED, said(Party.USER), meeting(START))
    given(CONSULTATION, *story).when(about(commands.CancelMeeting)).then_kinds(MeetingCancelled)
    over = clock(commands.EndMeeting, END, meeting_id="meet-1", sequence=0)
    given(CONSULTATION, *story).when(over).then()


def test_who_missed_a_meeting_has_the_next_word():
    """Also who wrote last before it: the officer came, and can do nothing but wait."""
    story = (*ANSWERED, said(Party.USER), meeting(START))
    missed = given(CONSULTATION, *story).when(about(commands.MissMeeting, END))
    missed.then_kinds(MeetingMissed, SilenceStarted)
    assert missed.result[1].closes_at == CLOSES + 2 * DAY
    seen = [*story, *(fact(event, END) for event in missed.result)]
    assert reduce(CONSULTATION.evolve, seen, CONSULTATION.initial()).turn is Party.USER
    assert resource.of(seen)["turn"] == "user"


def test_who_missed_a_meeting_and_said_so_is_not_waited_for():
    """An excuse that came since it began is an answer."""
    story = (*ANSWERED, meeting(START), said(Party.USER, START + timedelta(minutes=5)))
    given(CONSULTATION, *story).when(about(commands.MissMeeting, END)).then_kinds(MeetingMissed)


def test_no_silence_before_another_meeting():
    """Two were made, one is off."""
    other = meeting(START + DAY)
    second = fact(replace(other.event, meeting_id="meet-2"))
    given(CONSULTATION, *APPOINTED, second).when(about(commands.CancelMeeting)).then_kinds(
        MeetingCancelled
    )


def test_held_meeting_leaves_the_word_to_the_officer():
    """No silence runs until they have said what came of it."""
    story = (*APPOINTED, fact(MeetingHeld(meeting_id="meet-1"), END))
    given(CONSULTATION, *APPOINTED).when(about(commands.HoldMeeting, END, message_id="m-9")).then(
        MeetingHeld(meeting_id="meet-1")
    )
    given(CONSULTATION, *story).when(
        clock(commands.EndMeeting, END, meeting_id="meet-1", sequence=0)
    ).then()


def test_date_of_a_meeting_that_was_moved_is_pointless():
    """The old end fires, and decides nothing."""
    moved = fact(replace(meeting(START + DAY, 1).event))
    given(CONSULTATION, *APPOINTED, moved).when(
        clock(commands.EndMeeting, END, meeting_id="meet-1", sequence=0)
    ).then()


def test_every_change_has_its_number():
    """As iCalendar counts them."""
    case = given(CONSULTATION, *APPOINTED).when(reschedule())
    case.then_kinds(MeetingRescheduled)
    assert case.result[0].sequence == 1
    off = given(CONSULTATION, *APPOINTED, fact(case.result[0])).when(about(commands.CancelMeeting))
    assert off.result[0].sequence == 2


def test_zoom_needs_a_link():
    """Nobody can come otherwise."""
    given(CONSULTATION, *ANSWERED).when(schedule(join_url=None)).then_refused(
        Code.VALIDATION_FAILED
    )


def test_past_is_refused():
    """A meeting lies ahead."""
    given(CONSULTATION, *ANSWERED).when(schedule(start=NOON)).then_refused(Code.VALIDATION_FAILED)
    given(CONSULTATION, *APPOINTED).when(reschedule(start=NOON)).then_refused(
        Code.VALIDATION_FAILED
    )


@pytest.mark.parametrize("kind", ["zoom", "onsite"])
def test_too_far_ahead_is_refused(kind):
    """Also where no calendar reaches."""
    for start in (NOON + 367 * DAY, datetime(2100, 12, 31, 20, tzinfo=UTC)):
        given(CONSULTATION, *ANSWERED).when(schedule(kind, start=start)).then_refused(
            Code.VALIDATION_FAILED
        )
        given(CONSULTATION, *APPOINTED).when(reschedule(start=start)).then_refused(
            Code.VALIDATION_FAILED
        )


def test_onsite_only_while_the_office_is_open():
    """Wednesday noon is the break; an hour later somebody is there."""
    given(CONSULTATION, *ANSWERED).when(schedule("onsite")).then_refused(Code.OFFICE_CLOSED)
    given(CONSULTATION, *ANSWERED).when(schedule("onsite", start=START + 2 * HOUR)).then_kinds(
        MeetingScheduled
    )


@pytest.mark.parametrize(
    ("start", "minutes", "opens"),
    [
        (timedelta(hours=3), 30, True),  # 15.00 to the close at 15.30
        (timedelta(hours=3), 31, False),
        (timedelta(hours=-1), 60, True),  # 11.00 to the break
        (timedelta(minutes=-30), 120, False),  # over it
        (timedelta(hours=3), 24 * 60, False),  # to the same time of another day
    ],
)
def test_onsite_the_office_is_open_all_the_time(start, minutes, opens):
    """Nobody is to be sent away in the middle."""
    begin = START + start
    wish = replace(schedule("onsite", start=begin), end=begin + timedelta(minutes=minutes))
    case = given(CONSULTATION, *ANSWERED).when(wish)
    if opens:
        case.then_kinds(MeetingScheduled)
    else:
        case.then_refused(Code.OFFICE_CLOSED)


@pytest.mark.parametrize("what", [commands.MissMeeting, commands.HoldMeeting])
def test_nothing_came_of_what_has_not_begun(what):
    """Before its time a meeting is cancelled."""
    words = {"message_id": "m-9"} if what is commands.HoldMeeting else {}
    given(CONSULTATION, *APPOINTED).when(about(what, START - HOUR, **words)).then_refused(
        Code.WRONG_STATE
    )


@pytest.mark.parametrize("what", [commands.MissMeeting, commands.CancelMeeting])
def test_what_has_ended_is_not_changed(what):
    """One end."""
    held = fact(MeetingHeld(meeting_id="meet-1"), END)
    given(CONSULTATION, *APPOINTED, held).when(about(what, END)).then_refused(Code.WRONG_STATE)


def test_unknown_meeting_is_not_found():
    """There is none."""
    given(CONSULTATION, *ANSWERED).when(about(commands.MissMeeting)).then_refused(Code.NOT_FOUND)


def test_close_calls_a_meeting_off():
    """Nobody waits for the other; one whose time has passed is left as it is."""
    case = given(CONSULTATION, *APPOINTED).when(close())
    case.then_kinds(MeetingCancelled, ConsultationClosed)
    assert case.result[0].sequence == 1
    given(CONSULTATION, *APPOINTED).when(close(at=END)).then_kinds(ConsultationClosed)


def test_close_leaves_a_meeting_that_is_under_way():
    """They sit together: what came of it is said when it goes on."""
    given(CONSULTATION, *APPOINTED).when(close(at=START)).then_kinds(ConsultationClosed)
    given(CONSULTATION, *APPOINTED).when(close(at=START - HOUR)).then_kinds(
        MeetingCancelled, ConsultationClosed
    )


@pytest.mark.parametrize("ended", [START, END + HOUR])
def test_what_came_of_a_meeting_is_said_after_the_consultation_was_reopened(ended):
    """It was under way, or over, when it was closed."""
    story = (*APPOINTED, closed(at=ended), reopened(None, END + 2 * HOUR))
    for what, words, came in (
        (commands.HoldMeeting, {"message_id": "m-9"}, MeetingHeld),
        (commands.MissMeeting, {}, MeetingMissed),
    ):
        given(CONSULTATION, *story).when(about(what, END + DAY, **words)).then_kinds(came)


def test_meeting_that_is_held_ends_a_clarification():
    """Also without a word about it: the limit runs on, else nobody's clock would."""
    story = (submitted(), accepted(), *asked(), meeting(START))
    case = given(CONSULTATION, *story).when(about(commands.HoldMeeting, END, message_id="m-9"))
    case.then_kinds(MeetingHeld, ClarificationEnded, DeadlineRecalculated)
    assert case.result[1].by is Party.OFFICER


def test_closed_consultation_has_no_meetings():
    """None can be made, and none is left."""
    given(CONSULTATION, *ANSWERED, closed()).when(schedule()).then_refused(Code.WRONG_STATE)
    given(CONSULTATION, *APPOINTED, closed()).when(about(commands.MissMeeting, END)).then_refused(
        Code.WRONG_STATE
    )


# Words that do not arrive, and the policy of confirmed closing.


def test_bounce_ends_the_silence_and_no_other_starts():
    """Nobody is silent about what they never got; the limit runs on."""
    case = given(CONSULTATION, *ANSWERED).when(clock(commands.ReportBounce, NOON, channel="email"))
    case.then(ContactBounced(channel="email"))
    bounced = (*ANSWERED, fact(case.result[0]))
    given(CONSULTATION, *bounced).when(post(BUDI)).then_kinds(MessagePosted)
    given(CONSULTATION, *bounced).when(clock(commands.ReportBounce, NOON, channel="email")).then()
    heard = (*bounced, said(Party.USER))
    given(CONSULTATION, *heard).when(post(BUDI)).then_kinds(MessagePosted, SilenceStarted)


CONFIRMING = replace(OFFICE, policy=replace(OFFICE.policy, silence_close="officer_confirms"))


def test_officer_confirms_the_close_where_that_is_the_policy():
    """The clock only says that the time is over."""
    over = clock(commands.CloseSilent, CLOSES, CONFIRMING, closes_at=CLOSES)
    case = given(CONSULTATION, *ANSWERED).when(over)
    case.then(SilenceLapsed(silent_since=NOON, closes_at=CLOSES))
    story = (*ANSWERED, fact(case.result[0], CLOSES))
    confirmed = given(CONSULTATION, *story).when(close(CloseReason.USER_SILENT, at=CLOSES + HOUR))
    confirmed.then_kinds(ConsultationClosed)
    assert confirmed.result[0].silent_since == NOON
    given(CONSULTATION, *story, said(Party.USER)).when(close(CloseReason.USER_SILENT)).then_refused(
        Code.WRONG_STATE
    )


def test_nobody_is_closed_as_silent_before_the_time():
    """The user still has days to answer."""
    given(CONSULTATION, *ANSWERED).when(close(CloseReason.USER_SILENT)).then_refused(
        Code.WRONG_STATE
    )


def test_reply_after_the_silence_lapsed_just_goes_on():
    """Nothing was closed, nothing is reopened."""
    lapsed = fact(SilenceLapsed(silent_since=NOON, closes_at=CLOSES), CLOSES)
    given(CONSULTATION, *ANSWERED, lapsed).when(post(SITI, CLOSES + HOUR)).then_kinds(MessagePosted)
