"""Replies around the automatic close, reasons, reopening, and who has it."""

import pytest

from contracts.errors import Code
from services.consultation import commands
from services.consultation.events import (
    ClarificationEnded,
    CloseReason,
    ConsultationAssigned,
    ConsultationClosed,
    ConsultationReopened,
    MeetingCancelled,
    MessagePosted,
    Party,
    ReferralGiven,
)
from tests.support import NOON, fact, given
from tests.unit.consultation import (
    ANI,
    BUDI,
    CHANNEL,
    CLOSES,
    CONSULTATION,
    DAY,
    HOUR,
    RINA,
    SITI,
    accepted,
    answered,
    asked,
    assigned,
    by,
    clock,
    close,
    closed,
    meeting,
    post,
    reopen,
    submitted,
)

ANSWERED = (submitted(), accepted(), *answered())
CLOSED_SILENT = (*ANSWERED, closed(CloseReason.USER_SILENT, CLOSES, Party.SYSTEM))


@pytest.mark.parametrize("caller", [SITI, CHANNEL], ids=["user", "channel"])
def test_reply_sent_before_the_automatic_close_reverses_it(caller):
    """However late it comes: nobody was silent."""
    sent = CLOSES - HOUR
    case = given(CONSULTATION, *CLOSED_SILENT).when(post(caller, CLOSES + 30 * DAY, sent_at=sent))
    case.then_kinds(ConsultationReopened, MessagePosted)
    assert case.result[0].reverses_close
    assert case.result[1].sent_at == sent


def test_reply_sent_after_the_automatic_close_reopens():
    """Within the grace time, and not beyond."""
    story = given(CONSULTATION, *CLOSED_SILENT)
    after = CLOSES + HOUR
    case = story.when(post(SITI, after, sent_at=after))
    assert not case.result[0].reverses_close
    late = CLOSES + 15 * DAY
    given(CONSULTATION, *CLOSED_SILENT).when(post(SITI, late, sent_at=late)).then_refused(
        Code.CLOSED_FOR_GOOD
    )


def test_close_by_an_officer_is_not_reversed():
    """It did not come of silence: what was sent before it reopens like any other."""
    story = (*ANSWERED, closed(CloseReason.RESOLVED, CLOSES))
    case = given(CONSULTATION, *story).when(post(SITI, CLOSES + HOUR, sent_at=CLOSES - HOUR))
    assert not case.result[0].reverses_close


def test_close_that_an_officer_confirmed_is_not_reversed():
    """It did not come by itself: what was sent before it reopens it, however late it comes."""
    story = given(CONSULTATION, *ANSWERED, closed(CloseReason.USER_SILENT, CLOSES, Party.OFFICER))
    soon = story.when(post(SITI, CLOSES + HOUR, sent_at=CLOSES - HOUR))
    assert not soon.result[0].reverses_close
    late = CLOSES + 15 * DAY
    story = given(CONSULTATION, *ANSWERED, closed(CloseReason.USER_SILENT, CLOSES, Party.OFFICER))
    came_late = story.when(post(SITI, late, sent_at=CLOSES - HOUR))
    came_late.then_kinds(ConsultationReopened, MessagePosted)
    assert not came_late.result[0].reverses_close


@pytest.mark.parametrize(("days", "opens"), [(14, True), (15, False)])
def test_grace_counts_to_when_a_reply_was_sent(days, opens):
    """A channel that was slow takes nobody's days; an officer's own word counts when it comes."""
    sent, comes = CLOSES + days * DAY, CLOSES + 20 * DAY
    for caller, more in ((SITI, {}), (CHANNEL, {}), (BUDI, ENTERED)):
        story = given(CONSULTATION, *ANSWERED, closed(CloseReason.RESOLVED, CLOSES))
        case = story.when(post(caller, comes, sent_at=sent, **more))
        if opens:
            case.then_kinds(ConsultationReopened, MessagePosted)
        else:
            case.then_refused(Code.CLOSED_FOR_GOOD)
    story = given(CONSULTATION, *ANSWERED, closed(CloseReason.RESOLVED, CLOSES))
    story.when(post(BUDI, comes, sent_at=sent)).then_refused(Code.CLOSED_FOR_GOOD)


def test_whose_person_was_forgotten_ends_as_withdrawn():
    """Answered or not, with what was arranged: nobody can be told any more; and once."""
    wish = clock(commands.EndOfForgotten, NOON + HOUR)
    for story in ((submitted(),), (submitted(), accepted()), ANSWERED):
        case = given(CONSULTATION, *story).when(wish)
        case.then_kinds(ConsultationClosed)
        (ended,) = case.result
        assert (ended.reason, ended.closed_by) == (CloseReason.WITHDRAWN, Party.SYSTEM)
        given(CONSULTATION, *story, fact(ended)).when(wish).then()
    met = given(CONSULTATION, *ANSWERED, meeting(NOON + 2 * DAY)).when(wish)
    met.then_kinds(MeetingCancelled, ConsultationClosed)
    given(CONSULTATION).when(wish).then()


def test_staff_withdraw_for_who_said_so():
    """It is the user's wish, by an officer's hand and with a note; users add no note."""
    case = given(CONSULTATION, *ANSWERED).when(by(commands.Withdraw, NOON, note="Telepon."))
    (ended,) = case.result
    assert (ended.reason, ended.closed_by) == (CloseReason.WITHDRAWN, Party.USER)
    assert (ended.officer_id, ended.note) == ("budi", "Telepon.")
    noted = by(commands.Withdraw, NOON, caller=SITI, note="Telepon.")
    given(CONSULTATION, *ANSWERED).when(noted).then_refused(Code.VALIDATION_FAILED)


ENTERED = {"on_behalf": True, "channel": "email"}


def test_reply_by_email_that_an_officer_enters_is_the_users():
    """It ends the silence, awaits the officer, and says who wrote it down."""
    case = given(CONSULTATION, *ANSWERED).when(post(BUDI, **ENTERED, sent_at=NOON + HOUR))
    case.then_kinds(MessagePosted)
    (message,) = case.result
    assert (message.by, message.officer_id, message.channel) == (Party.USER, "budi", "email")
    state = folded(*ANSWERED, fact(message))
    assert (state.turn, state.silence) == (Party.OFFICER, None)


def test_reply_that_an_officer_enters_ends_a_clarification():
    """As the user's own would, and it answers nothing."""
    case = given(CONSULTATION, submitted(), accepted(), *asked()).when(post(BUDI, **ENTERED))
    case.then_kinds(MessagePosted, ClarificationEnded)
    assert case.result[1].by is Party.USER


def test_reply_that_an_officer_enters_reverses_the_automatic_close():
    """If it was sent before that; else it reopens, by the user's word."""
    late = CLOSES + 30 * DAY
    case = given(CONSULTATION, *CLOSED_SILENT).when(
        post(BUDI, late, **ENTERED, sent_at=CLOSES - HOUR)
    )
    case.then_kinds(ConsultationReopened, MessagePosted)
    assert (case.result[0].by, case.result[0].reverses_close) == (Party.USER, True)
    after = post(BUDI, CLOSES + HOUR, **ENTERED, sent_at=CLOSES + HOUR)
    case = given(CONSULTATION, *CLOSED_SILENT).when(after)
    assert (case.result[0].by, case.result[0].reverses_close) == (Party.USER, False)


@pytest.mark.parametrize(("caller", "internal"), [(SITI, False), (BUDI, True)])
def test_only_staff_enter_what_a_user_said_and_not_as_a_note(caller, internal):
    """Nobody else speaks for the user; a note is nobody's word."""
    command = post(caller, internal=internal, **ENTERED)
    given(CONSULTATION, *ANSWERED).when(command).then_refused(Code.VALIDATION_FAILED)


def folded(*story):
    state = CONSULTATION.initial()
    for known in story:
        state = CONSULTATION.evolve(state, known)
    return state


def test_officer_cannot_reverse_a_close():
    """An officer's word is not the user's."""
    case = given(CONSULTATION, *CLOSED_SILENT).when(
        post(BUDI, CLOSES + HOUR, sent_at=CLOSES - HOUR)
    )
    assert not case.result[0].reverses_close


def test_auto_reply_opens_nothing():
    """It is kept, and nobody is waited for."""
    given(CONSULTATION, *CLOSED_SILENT).when(
        post(CHANNEL, CLOSES + HOUR, automatic=True)
    ).then_kinds(MessagePosted)


def test_spam_is_reopened_by_officers_only():
    """Otherwise whoever sent it would go on and on."""
    spam = (submitted(), closed(CloseReason.SPAM))
    given(CONSULTATION, *spam).when(post(SITI)).then_refused(Code.CLOSED_FOR_GOOD)
    given(CONSULTATION, *spam).when(reopen(CLOSES, SITI)).then_refused(Code.CLOSED_FOR_GOOD)
    given(CONSULTATION, *spam).when(reopen(CLOSES, BUDI)).then_kinds(ConsultationReopened)


def test_duplicate_names_the_other():
    """So that the reader finds the answer."""
    command = by(commands.Close, reason=CloseReason.DUPLICATE, duplicate_of="k2")
    case = given(CONSULTATION, submitted()).when(command)
    case.then_kinds(ConsultationClosed)
    assert case.result[0].duplicate_of == "k2"


def test_each_close_has_its_own_rating():
    """Also one that was reversed is not used again."""
    again = (*CLOSED_SILENT,)
    case = given(CONSULTATION, *again).when(post(SITI, CLOSES + HOUR))
    assert isinstance(case.result[0], ConsultationReopened)
    reopened = [fact(e, CLOSES + HOUR) for e in case.result]
    second = given(CONSULTATION, *again, *reopened).when(close(at=CLOSES + DAY))
    assert second.result[0].rating_token_ref == "closing-2"


@pytest.mark.parametrize(
    ("has_it", "caller"),
    [(None, BUDI), ("budi", BUDI), ("budi", RINA)],
    ids=["nobody's", "one's own", "by the supervisor"],
)
def test_assigned(has_it, caller):
    """Officers hand on what is theirs or nobody's, the supervisor everything."""
    story = (submitted(), *([assigned(has_it)] if has_it else []))
    given(CONSULTATION, *story).when(by(commands.Assign, caller=caller, officer_id="ani")).then(
        ConsultationAssigned(officer_id="ani")
    )


def test_taking_from_a_colleague_is_refused():
    """That is the supervisor's."""
    story = given(CONSULTATION, submitted(), assigned("budi"))
    story.when(by(commands.Assign, caller=ANI, officer_id="ani")).then_refused(
        Code.ALREADY_ASSIGNED
    )


def test_limit_is_unchanged_by_a_transfer():
    """Nothing but who has it is told."""
    story = given(CONSULTATION, submitted(), accepted(), assigned("budi"))
    story.when(by(commands.Assign, caller=RINA, officer_id="ani")).then_kinds(ConsultationAssigned)


def test_referral_is_given():
    """What, where and why."""
    command = by(commands.Refer, target="library", reason="Hanya tercetak.", url=None)
    given(CONSULTATION, submitted()).when(command).then(
        ReferralGiven(
            target="library",
            officer_id="budi",
            subject_id="siti",
            url=None,
            reason="Hanya tercetak.",
        )
    )


@pytest.mark.parametrize(
    "command",
    [
        by(commands.Refer, target="library", reason="…"),
        by(commands.Assign, officer_id="ani"),
        by(commands.Claim),
        by(commands.Withdraw, caller=SITI),
    ],
    ids=["refer", "assign", "claim", "withdraw"],
)
def test_closed_is_closed(command):
    """Reopen it first."""
    given(CONSULTATION, submitted(), closed()).when(command).then_refused(Code.WRONG_STATE)
