"""The limit: clarification and its pauses, warnings, verdicts, calendars that change."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.errors import Code
from offices.calendar import Override, WorkingCalendar
from offices.public_holidays import DayKind
from services.consultation import commands
from services.consultation.events import (
    ClarificationEnded,
    ClarificationRequested,
    CloseReason,
    ConsultationAnswered,
    DeadlineRecalculated,
    MessagePosted,
    Party,
    RequestAccepted,
    SilenceStarted,
    SlaApproaching,
    SlaBreached,
    SlaMet,
    SlaRejudged,
)
from tests.support import NOON, fact, given
from tests.unit.consultation import (
    BUDI,
    CLOSES,
    CONSULTATION,
    DAY,
    DUE,
    HOUR,
    OFFICE,
    SITI,
    WARN,
    accept,
    accepted,
    answered,
    ask,
    asked,
    by,
    cleared_up,
    clock,
    closed,
    meeting,
    moved,
    post,
    reopen,
    said,
    submitted,
)


def decreed(*days: date, kind: DayKind = DayKind.HOLIDAY):
    """Return the office after a decree on these days."""
    declared = tuple(Override(day, kind, "Libur tambahan", "SKB-1") for day in days)
    calendar = WorkingCalendar(OFFICE.time_zone, OFFICE.hours, declared)
    return replace(OFFICE, calendar=calendar)


WEDNESDAY, THURSDAY = date(2026, 11, 25), date(2026, 11, 26)
FRIDAY_CLOSE = OFFICE.calendar.closing(date(2026, 11, 27))


# Clarification.


def test_what_is_asked_before_acceptance_starts_no_limit():
    """The user is told what is missing, and has seven days."""
    case = given(CONSULTATION, submitted()).when(ask())
    case.then_kinds(MessagePosted, ClarificationRequested, SilenceStarted)
    assert case.result[0].by is Party.OFFICER
    assert case.result[1].missing == ("period",)
    assert case.result[2].closes_at == CLOSES


def test_reply_to_it_leaves_the_request_to_be_accepted():
    """It is the officer who declares it clear; only then three working days start."""
    story = (submitted(), *asked())
    case = given(CONSULTATION, *story).when(post(SITI, NOON + DAY))
    case.then_kinds(MessagePosted, ClarificationEnded)
    assert case.result[1] == ClarificationEnded(by=Party.USER, due_at=None, warn_at=None)
    later = NOON + 2 * DAY
    result = given(CONSULTATION, *story, *cleared_up(NOON + DAY)).when(accept(at=later)).result
    assert [type(e) for e in result] == [RequestAccepted]
    assert result[0].due_at == OFFICE.calendar.due(later, 3).due_at


def test_officer_may_accept_without_a_reply():
    """They telephoned, say."""
    given(CONSULTATION, submitted(), *asked()).when(accept(at=NOON + DAY)).then_kinds(
        ClarificationEnded, RequestAccepted
    )


def test_limit_stands_still_while_the_user_is_asked():
    """Asked on Monday, answered on Wednesday: two working dates later."""
    story = (submitted(), accepted(), *asked(NOON + HOUR))
    case = given(CONSULTATION, *story).when(post(SITI, NOON + 2 * DAY))
    case.then_kinds(MessagePosted, ClarificationEnded, DeadlineRecalculated)
    ended, moved_by = case.result[1:]
    assert ended.due_at == DUE
    assert moved_by.new == OFFICE.calendar.due(NOON, 5).due_at
    assert moved_by.paused_working_days == 2
    assert moved_by.warn_at == OFFICE.calendar.due(NOON, 4).due_at


def test_acceptance_ends_a_pause_and_starts_no_second_limit():
    """One acceptance, one limit."""
    story = (submitted(), accepted(), *asked(NOON + HOUR))
    given(CONSULTATION, *story).when(accept(at=NOON + DAY)).then_kinds(
        ClarificationEnded, DeadlineRecalculated
    )


def test_reply_on_the_same_day_moves_nothing():
    """No retroactive pause, and none within a day; the dates are set again."""
    story = (submitted(), accepted(), *asked(NOON))
    case = given(CONSULTATION, *story).when(post(SITI, NOON + HOUR))
    case.then_kinds(MessagePosted, ClarificationEnded)
    assert (case.result[1].due_at, case.result[1].warn_at) == (DUE, WARN)


def test_limit_is_not_judged_while_the_user_is_asked():
    """The old date fires, and decides nothing."""
    story = (submitted(), accepted(), *asked())
    given(CONSULTATION, *story).when(clock(commands.JudgeLimit, DUE, due_at=DUE)).then()


def test_asking_again_is_one_pause():
    """From the first question to the answer; the silence counts from the last question."""
    story = (submitted(), accepted(), *asked(NOON), *asked(NOON + DAY))
    case = given(CONSULTATION, *story).when(post(SITI, NOON + 3 * DAY))
    assert case.result[2].paused_working_days == 3


def test_officer_who_answers_all_the_same_ends_the_pause():
    """And keeps the limit as it has moved."""
    story = (submitted(), accepted(), *asked(NOON))
    case = given(CONSULTATION, *story).when(post(BUDI, NOON + 7 * DAY))
    case.then_kinds(
        ClarificationEnded,
        DeadlineRecalculated,
        MessagePosted,
        ConsultationAnswered,
        SlaMet,
        SilenceStarted,
    )
    assert case.result[4].due_at == case.result[1].new


def test_clarification_of_what_is_answered_is_a_message():
    """The limit has been stopped, nothing can be paused."""
    given(CONSULTATION, submitted(), accepted(), *answered()).when(ask()).then_refused(
        Code.WRONG_STATE
    )


def test_clarification_of_what_is_closed_is_refused():
    """Reopen it first."""
    given(CONSULTATION, submitted(), accepted(), closed()).when(ask()).then_refused(
        Code.WRONG_STATE
    )


def test_auto_reply_clears_nothing_up():
    """It is nobody's word: the limit waits on."""
    story = (submitted(), accepted(), *asked())
    given(CONSULTATION, *story).when(post(SITI, automatic=True)).then_kinds(MessagePosted)


def test_closed_while_asked_is_one_pause_until_it_goes_on():
    """From the question, over the close, to the reopening."""
    story = (submitted(), accepted(), *asked(NOON), closed(CloseReason.USER_SILENT, CLOSES))
    case = given(CONSULTATION, *story).when(reopen(CLOSES + DAY))
    working = OFFICE.calendar.working_days_between(NOON, CLOSES + DAY)
    assert case.result[1].paused_working_days == working


# Warned, and judged.


def test_warned_when_one_working_day_is_left():
    """Once for each end of the limit."""
    story = given(CONSULTATION, submitted(), accepted())
    story.when(clock(commands.WarnOfLimit, WARN, due_at=DUE)).then(SlaApproaching(due_at=DUE))
    told = fact(SlaApproaching(due_at=DUE), WARN)
    given(CONSULTATION, submitted(), accepted(), told).when(
        clock(commands.WarnOfLimit, WARN, due_at=DUE)
    ).then()


@pytest.mark.parametrize(
    "story",
    [(*answered(),), (*asked(),), (closed(CloseReason.SPAM),), (moved(FRIDAY_CLOSE, 1),)],
    ids=["answered", "asked", "closed", "moved"],
)
def test_warning_is_pointless_where_that_limit_does_not_run(story):
    """A late firing of an old date decides nothing."""
    given(CONSULTATION, submitted(), accepted(), *story).when(
        clock(commands.WarnOfLimit, WARN, due_at=DUE)
    ).then()


def test_warning_that_is_too_late_is_left_to_the_breach():
    """After an outage nobody is warned of what has happened."""
    given(CONSULTATION, submitted(), accepted()).when(
        clock(commands.WarnOfLimit, DUE, due_at=DUE)
    ).then()


# The calendar changes.


def test_decree_moves_an_open_limit():
    """Wednesday is declared a holiday: Thursday becomes Friday, which closes later."""
    case = given(CONSULTATION, submitted(), accepted()).when(
        clock(commands.Recalculate, NOON + HOUR, decreed(WEDNESDAY))
    )
    case.then_kinds(DeadlineRecalculated)
    assert (case.result[0].old, case.result[0].new) == (DUE, FRIDAY_CLOSE)
    assert case.result[0].calendar_version == decreed(WEDNESDAY).calendar.version


def test_decree_that_changes_nothing_for_it_decides_nothing():
    """Also when it is told twice."""
    far = decreed(date(2026, 12, 30))
    story = given(CONSULTATION, submitted(), accepted())
    story.when(clock(commands.Recalculate, NOON, far)).then()
    story.when(clock(commands.Recalculate, NOON, OFFICE)).then()


def test_decree_before_acceptance_decides_nothing():
    """No limit runs."""
    given(CONSULTATION, submitted()).when(
        clock(commands.Recalculate, NOON, decreed(WEDNESDAY))
    ).then()


def test_decree_counts_in_pauses_too():
    """Asked on Monday, answered on Wednesday, which is a holiday by then: one working date."""
    story = (submitted(), accepted(), *asked(NOON), *cleared_up(NOON + 2 * DAY, DUE))
    office = decreed(WEDNESDAY)
    case = given(CONSULTATION, *story).when(clock(commands.Recalculate, NOON + 3 * DAY, office))
    assert case.result[0].paused_working_days == 1
    assert case.result[0].new == office.calendar.due(NOON, 4).due_at


def test_verdict_stands_and_is_judged_anew():
    """Breached on Friday; then Wednesday is declared to have been none: it was in time."""
    friday = DUE + 20 * HOUR
    story = (
        submitted(),
        accepted(),
        fact(SlaBreached(due_at=DUE, late_by_working_days=0), DUE),
        said(Party.OFFICER, friday),
        fact(ConsultationAnswered(message_id="m-1", late_by_working_days=1), friday),
    )
    office = decreed(WEDNESDAY)
    case = given(CONSULTATION, *story).when(clock(commands.Recalculate, friday + DAY, office))
    assert case.result == [
        SlaRejudged(
            met=True,
            due_at=FRIDAY_CLOSE,
            late_by_working_days=0,
            calendar_version=office.calendar.version,
        )
    ]
    again = (*story, fact(case.result[0], friday + DAY))
    given(CONSULTATION, *again).when(clock(commands.Recalculate, friday + DAY, office)).then()
    back = given(CONSULTATION, *again).when(clock(commands.Recalculate, friday + DAY, OFFICE))
    assert (back.result[0].met, back.result[0].late_by_working_days) == (False, 1)


def test_answer_within_a_limit_that_moved_after_the_breach():
    """Breached by the clock, moved by decree, answered in time by that: both are told."""
    breach = fact(SlaBreached(due_at=DUE, late_by_working_days=0), DUE)
    story = (submitted(), accepted(), breach, moved(FRIDAY_CLOSE, 0, DUE + HOUR))
    office = decreed(WEDNESDAY)
    answer = commands.PostMessage(
        caller=BUDI, now=FRIDAY_CLOSE, office=office, message_id="m-2", text="…"
    )
    case = given(CONSULTATION, *story).when(answer)
    case.then_kinds(MessagePosted, ConsultationAnswered, SlaRejudged, SilenceStarted)
    assert case.result[2].met
    assert case.result[1].late_by_working_days == 1  # as it was judged


def test_meeting_that_was_held_answers_with_its_summary():
    """What an officer sums up is an answer like any other."""
    start = NOON + HOUR
    story = (submitted(), accepted(), meeting(start))
    case = given(CONSULTATION, *story).when(
        by(commands.HoldMeeting, start + HOUR, meeting_id="meet-1", message_id="m-9", summary="…")
    )
    assert [type(e) for e in case.result][1:] == [
        MessagePosted,
        ConsultationAnswered,
        SlaMet,
        SilenceStarted,
    ]


def test_decree_while_it_stands_still_is_reckoned_when_it_goes_on():
    """No date is set for what does not run."""
    story = (submitted(), accepted(), *asked(NOON))
    office = decreed(THURSDAY)
    given(CONSULTATION, *story).when(clock(commands.Recalculate, NOON + HOUR, office)).then()
    reply = commands.PostMessage(
        caller=SITI, now=NOON + 2 * HOUR, office=office, message_id="m-2", text="…"
    )
    case = given(CONSULTATION, *story).when(reply)
    case.then_kinds(MessagePosted, ClarificationEnded, DeadlineRecalculated)
    assert case.result[2].new == FRIDAY_CLOSE


def test_limit_that_is_moved_to_and_fro_is_warned_of_once():
    """A decree and its revocation: the end of before is known already."""
    story = (submitted(), accepted(), fact(SlaApproaching(due_at=DUE), WARN))
    later = (moved(FRIDAY_CLOSE, 0, WARN), fact(SlaApproaching(due_at=FRIDAY_CLOSE), WARN))
    given(CONSULTATION, *story, *later, moved(DUE, 0, WARN)).when(
        clock(commands.WarnOfLimit, WARN + HOUR, due_at=DUE)
    ).then()
