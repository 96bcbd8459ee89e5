"""The rules of the online consultation."""

import pytest

from contracts.errors import Code
from services.consultation import commands
from services.consultation.events import (
    CloseReason,
    ConsultationAnswered,
    ConsultationAssigned,
    ConsultationClosed,
    ConsultationReopened,
    DeadlineRecalculated,
    MessagePosted,
    Party,
    RequestAccepted,
    SilenceReminderDue,
    SilenceStarted,
    SlaBreached,
    SlaMet,
)
from tests.support import NOON, fact, given
from tests.unit.consultation import (
    ANI,
    BUDI,
    CLOSES,
    CONSULTATION,
    DAY,
    DUE,
    ELSEWHERE,
    HOUR,
    OFFICE,
    REMINDERS,
    SILENCE,
    SITI,
    STRANGER,
    WARN,
    accept,
    accepted,
    answered,
    assigned,
    by,
    clock,
    close,
    closed,
    moved,
    post,
    reopen,
    reopened,
    said,
    submitted,
)


def test_acceptance_starts_three_working_days():
    """The limit ends at closing time of the third working day after the local date."""
    result = given(CONSULTATION, submitted()).when(accept()).result
    assert result == [
        RequestAccepted(due_at=DUE, warn_at=WARN, calendar_version=OFFICE.calendar.version)
    ]


def test_second_acceptance_is_refused():
    """One acceptance, one limit."""
    given(CONSULTATION, submitted(), accepted()).when(accept(ANI)).then_refused(Code.WRONG_STATE)


@pytest.mark.parametrize(
    ("caller", "code"),
    [(STRANGER, Code.NOT_FOUND), (ELSEWHERE, Code.WRONG_OFFICE)],
    ids=["another user", "another office"],
)
def test_strangers_are_refused(caller, code):
    """Whose it is not never learns that it exists; another office is told so."""
    given(CONSULTATION, submitted(), accepted()).when(post(caller)).then_refused(code)


def test_what_does_not_exist_is_not_found():
    """A command to an empty stream decides nothing."""
    given(CONSULTATION).when(accept()).then_refused(Code.NOT_FOUND)


def test_first_answer_meets_the_limit_and_starts_the_silence():
    """Answered by the due time: met; the user has seven days."""
    given(CONSULTATION, submitted(), accepted()).when(post(BUDI)).then_kinds(
        MessagePosted, ConsultationAnswered, SlaMet, SilenceStarted
    )


def test_answer_at_the_due_time_meets_the_limit():
    """At most three working days: the last millisecond counts."""
    case = given(CONSULTATION, submitted(), accepted()).when(post(BUDI, at=DUE))
    assert SlaMet(answered_at=DUE, due_at=DUE) in case.result


def test_late_answer_breaches_the_limit_once():
    """Late by the working days begun since."""
    late = DUE + 5 * DAY
    case = given(CONSULTATION, submitted(), accepted()).when(post(BUDI, at=late))
    assert SlaBreached(due_at=DUE, late_by_working_days=3) in case.result
    assert ConsultationAnswered(message_id="m-2", late_by_working_days=3) in case.result


def test_answer_after_the_clock_judged_tells_no_second_breach():
    """The breach is one fact; how late the answer came is told with the answer."""
    breach = fact(SlaBreached(due_at=DUE, late_by_working_days=0), DUE)
    given(CONSULTATION, submitted(), accepted(), breach).when(post(BUDI, at=DUE + DAY)).then_kinds(
        MessagePosted, ConsultationAnswered, SilenceStarted
    )


def test_limit_passes_without_an_answer():
    """The clock judges at the due time, nobody need press anything."""
    given(CONSULTATION, submitted(), accepted()).when(
        clock(commands.JudgeLimit, DUE, due_at=DUE)
    ).then(SlaBreached(due_at=DUE, late_by_working_days=0))


def test_limit_is_pointless_after_an_answer():
    """A late firing of an old date decides nothing."""
    given(CONSULTATION, submitted(), accepted(), *answered()).when(
        clock(commands.JudgeLimit, DUE, due_at=DUE)
    ).then()


def test_second_answer_only_starts_a_new_silence():
    """The limit is judged once; the silence counts from the last message."""
    case = given(CONSULTATION, submitted(), accepted(), *answered()).when(post(BUDI, at=NOON + DAY))
    case.then_kinds(MessagePosted, SilenceStarted)
    assert case.result[-1].closes_at == CLOSES + DAY


def test_officer_answers_only_what_was_accepted():
    """Otherwise an answer would slip past the limit."""
    given(CONSULTATION, submitted()).when(post(BUDI)).then_refused(Code.WRONG_STATE)


def test_internal_note_is_no_answer():
    """It stops no limit and starts no silence."""
    given(CONSULTATION, submitted(), accepted()).when(post(BUDI, internal=True)).then_kinds(
        MessagePosted
    )


def test_internal_notes_are_for_officers():
    """A user cannot write one."""
    given(CONSULTATION, submitted()).when(post(SITI, internal=True)).then_refused(Code.WRONG_ROLE)


def test_silence_runs_to_the_end_of_the_seventh_local_day():
    """Reminders at 09:00 local on days 3, 5 and 6."""
    case = given(CONSULTATION, submitted(), accepted()).when(post(BUDI))
    assert case.result[-1] == SILENCE


def test_silence_counts_from_the_local_date():
    """23:30 local on Monday, still Monday in UTC; 00:30 local is Tuesday, Monday in UTC."""
    before_midnight = NOON + 11.5 * HOUR
    after_midnight = NOON + 12.5 * HOUR
    story = given(CONSULTATION, submitted(), accepted())
    assert story.when(post(BUDI, at=before_midnight)).result[-1].closes_at == CLOSES
    assert story.when(post(BUDI, at=after_midnight)).result[-1].closes_at == CLOSES + DAY


def test_silence_closes():
    """Nobody wrote: it closes, saying since when it was silent."""
    case = given(CONSULTATION, submitted(), accepted(), *answered()).when(
        clock(commands.CloseSilent, CLOSES, closes_at=CLOSES)
    )
    case.then_kinds(ConsultationClosed)
    assert case.result[0].reason is CloseReason.USER_SILENT
    assert case.result[0].closed_by is Party.SYSTEM
    assert case.result[0].silent_since == NOON


def test_silence_deadline_is_pointless_after_a_reply():
    """A reply ends the silence; the old deadline then decides nothing."""
    given(CONSULTATION, submitted(), accepted(), *answered(), said(Party.USER)).when(
        clock(commands.CloseSilent, CLOSES, closes_at=CLOSES)
    ).then()


def test_internal_note_does_not_end_the_silence():
    """It is nobody's reply."""
    note = said(Party.OFFICER, internal=True)
    given(CONSULTATION, submitted(), accepted(), *answered(), note).when(
        clock(commands.CloseSilent, CLOSES, closes_at=CLOSES)
    ).then_kinds(ConsultationClosed)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_reminders_are_due(n):
    """Each on its day."""
    given(CONSULTATION, submitted(), accepted(), *answered()).when(
        clock(commands.RemindSilence, REMINDERS[n - 1], n=n, closes_at=CLOSES)
    ).then(SilenceReminderDue(n=n, closes_at=CLOSES))


def test_reminder_twice_is_once():
    """A date fired again reminds nobody again."""
    told = fact(SilenceReminderDue(n=1, closes_at=CLOSES))
    given(CONSULTATION, submitted(), accepted(), *answered(), told).when(
        clock(commands.RemindSilence, REMINDERS[0], n=1, closes_at=CLOSES)
    ).then()


def test_reminder_so_late_that_the_next_is_due_is_left_out():
    """After an outage a person gets the nearest warning, not three at once."""
    story = given(CONSULTATION, submitted(), accepted(), *answered())
    story.when(clock(commands.RemindSilence, REMINDERS[1], n=1, closes_at=CLOSES)).then()


def test_officer_closes_after_an_answer():
    """Resolved needs an answer."""
    given(CONSULTATION, submitted(), accepted(), *answered()).when(close()).then_kinds(
        ConsultationClosed
    )


def test_resolved_without_an_answer_is_refused():
    """Nothing was resolved."""
    given(CONSULTATION, submitted(), accepted()).when(close()).then_refused(Code.NOT_ANSWERED)


@pytest.mark.parametrize("reason", [CloseReason.SPAM, CloseReason.DUPLICATE])
def test_spam_closes_at_any_time(reason):
    """Other reasons need no answer."""
    given(CONSULTATION, submitted()).when(close(reason)).then_kinds(ConsultationClosed)


def test_closing_twice_is_refused():
    """It is closed."""
    given(CONSULTATION, submitted(), accepted(), *answered(), closed()).when(close()).then_refused(
        Code.WRONG_STATE
    )


def test_user_withdraws():
    """Closed by the user, for that reason."""
    case = given(CONSULTATION, submitted()).when(by(commands.Withdraw, caller=SITI))
    case.then_kinds(ConsultationClosed)
    assert case.result[0].reason is CloseReason.WITHDRAWN
    assert case.result[0].closed_by is Party.USER


def test_claim_assigns():
    """The officer has it."""
    given(CONSULTATION, submitted()).when(by(commands.Claim, caller=ANI)).then(
        ConsultationAssigned(officer_id="ani")
    )


def test_claiming_ones_own_changes_nothing():
    """A double click."""
    given(CONSULTATION, submitted(), assigned("ani")).when(by(commands.Claim, caller=ANI)).then()


def test_claiming_anothers_is_refused():
    """Transfers are the supervisor's."""
    given(CONSULTATION, submitted(), assigned("budi")).when(
        by(commands.Claim, caller=ANI)
    ).then_refused(Code.ALREADY_ASSIGNED)


def test_reply_after_automatic_close_reopens():
    """The message is never lost."""
    story = given(
        CONSULTATION,
        submitted(),
        accepted(),
        *answered(),
        closed(CloseReason.USER_SILENT, CLOSES),
    )
    story.when(post(SITI, at=CLOSES + HOUR)).then_kinds(ConsultationReopened, MessagePosted)


def test_internal_note_leaves_it_closed():
    """A note for the record opens nothing."""
    given(CONSULTATION, submitted(), accepted(), *answered(), closed()).when(
        post(BUDI, internal=True)
    ).then_kinds(MessagePosted)


def test_reopening_within_fourteen_days():
    """The same number goes on."""
    given(CONSULTATION, submitted(), accepted(), *answered(), closed()).when(
        reopen(NOON + 14 * DAY)
    ).then_kinds(ConsultationReopened)


@pytest.mark.parametrize("command", [reopen(NOON + 14 * DAY + HOUR), post(SITI, NOON + 15 * DAY)])
def test_too_late_to_reopen(command):
    """After the grace time a new consultation is needed."""
    given(CONSULTATION, submitted(), accepted(), *answered(), closed()).when(command).then_refused(
        Code.CLOSED_FOR_GOOD
    )


def test_reopening_what_is_open_is_refused():
    """Nothing to reopen."""
    given(CONSULTATION, submitted()).when(reopen(NOON)).then_refused(Code.WRONG_STATE)


def test_limit_stands_still_while_closed_without_an_answer():
    """Reopened on Wednesday what was closed on Monday: two working dates later."""
    story = given(CONSULTATION, submitted(), accepted(), closed(CloseReason.DUPLICATE, NOON + HOUR))
    case = story.when(reopen(NOON + 2 * DAY))
    case.then_kinds(ConsultationReopened, DeadlineRecalculated)
    moved = case.result[1]
    assert (moved.old, moved.new) == (DUE, OFFICE.calendar.due(NOON, 5).due_at)


def test_every_pause_counts():
    """Closed and reopened twice: the first two working days are not forgotten."""
    first = OFFICE.calendar.due(NOON, 5).due_at
    again = NOON + 3 * DAY
    story = given(
        CONSULTATION,
        submitted(),
        accepted(),
        closed(CloseReason.DUPLICATE, NOON + HOUR),
        reopened(DUE, NOON + 2 * DAY),
        moved(first, 2, NOON + 2 * DAY),
        closed(CloseReason.DUPLICATE, again),
    )
    case = story.when(reopen(again + DAY))
    assert case.result[1].new == OFFICE.calendar.due(NOON, 6).due_at


def test_reopened_on_the_same_day_keeps_its_due_date():
    """Nothing moved, nothing is told; the date is set again."""
    closing = closed(CloseReason.DUPLICATE, NOON + HOUR)
    case = given(CONSULTATION, submitted(), accepted(), closing).when(reopen(NOON + 2 * HOUR))
    case.then_kinds(ConsultationReopened)
    assert case.result[0].due_at == DUE


def test_answer_that_reopens_is_judged_by_the_moved_limit():
    """An office that kept the limit is not recorded in breach of it."""
    closing = closed(CloseReason.DUPLICATE, NOON + HOUR)
    at = NOON + 7 * DAY
    case = given(CONSULTATION, submitted(), accepted(), closing).when(post(BUDI, at=at))
    case.then_kinds(
        ConsultationReopened,
        DeadlineRecalculated,
        MessagePosted,
        ConsultationAnswered,
        SlaMet,
        SilenceStarted,
    )
    assert case.result[4].due_at == case.result[1].new


def test_limit_judged_is_not_counted_again():
    """An answered consultation reopens with its verdict."""
    case = given(CONSULTATION, submitted(), accepted(), *answered(), closed()).when(
        reopen(NOON + DAY)
    )
    case.then_kinds(ConsultationReopened)
