"""The rules of a notification."""

from datetime import timedelta
from typing import Any

import pytest

from kernel.personal import FORGOTTEN
from services.notifier.commands import Delivered, Postponed, RequestNotification, Withheld
from services.notifier.decider import BACK_OFF, KEPT_APART, reason_to_withhold
from services.notifier.events import (
    DeliveryDeferred,
    NotificationFailed,
    NotificationSuppressed,
    Template,
    WithheldBecause,
)
from tests.support import NOON, fact, given
from tests.unit.notification import (
    CLOSES,
    LATER,
    NEVER,
    NOTIFICATION,
    OF,
    deferral,
    deferred,
    dossier,
    intent,
    report,
    requested,
    sent,
)

WISH = RequestNotification(
    now=NOON,
    notification_id="n1",
    template=Template.CONSULTATION_SUBMITTED,
    about="k1",
    params=intent().params,
)
SUBMITTED = {**OF, "template": Template.CONSULTATION_SUBMITTED}
LAST = len(BACK_OFF) + 1


def test_an_event_makes_an_intent():
    """Before anything is tried it is written down that an e-mail is owed."""
    given(NOTIFICATION).when(WISH).then(intent())


@pytest.mark.parametrize("before", [(requested(),), (requested(), fact(sent()))])
def test_asked_twice_is_one_intent(before):
    """Whether the first is still owed or long sent."""
    given(NOTIFICATION, *before).when(WISH).then()


def test_taken_by_the_server_is_sent():
    """The outcome follows the intent."""
    given(NOTIFICATION, requested()).when(report(1, Delivered())).then(sent())


def test_refused_for_now_is_tried_again():
    """After the first wait."""
    given(NOTIFICATION, requested()).when(report(1, LATER)).then(deferral(1))


def test_the_waits_grow():
    """Each failed try waits longer than the one before."""
    for n in range(1, LAST):
        past = [deferred(i) for i in range(1, n)]
        given(NOTIFICATION, requested(), *past).when(report(n, LATER)).then(deferral(n))
    assert list(BACK_OFF) == sorted(BACK_OFF)
    assert sum(BACK_OFF, timedelta()) > timedelta(hours=5)


def test_a_later_try_can_succeed():
    """The number of the try is kept."""
    given(NOTIFICATION, requested(), deferred(1)).when(report(2, Delivered())).then(sent(2))


def test_after_the_last_try_it_has_failed():
    """With the code of the last refusal."""
    failed = NotificationFailed(**SUBMITTED, attempt=LAST, error_code="smtp_unreachable")
    past = [deferred(n) for n in range(1, LAST)]
    given(NOTIFICATION, requested(), *past).when(report(LAST, LATER)).then(failed)


def test_refused_for_good_has_failed_at_once():
    """No later try would be taken."""
    failed = NotificationFailed(**SUBMITTED, attempt=1, error_code="smtp_550")
    given(NOTIFICATION, requested()).when(report(1, NEVER)).then(failed)


def test_withheld_is_suppressed():
    """With its reason."""
    suppressed = NotificationSuppressed(**SUBMITTED, reason=WithheldBecause.NO_ADDRESS)
    given(NOTIFICATION, requested()).when(report(1, Withheld(WithheldBecause.NO_ADDRESS))).then(
        suppressed
    )


@pytest.mark.parametrize(
    ("before", "attempt"),
    [
        ((), 1),
        ((requested(),), 2),
        ((requested(), deferred(1)), 1),
        ((requested(), fact(sent())), 1),
        ((requested(), fact(sent())), 2),
    ],
)
@pytest.mark.parametrize("result", [Delivered(), LATER, NEVER])
def test_a_try_out_of_turn_decides_nothing(before, attempt, result):
    """A date that fires twice or late neither counts twice nor turns an outcome."""
    given(NOTIFICATION, *before).when(report(attempt, result)).then()


def test_kept_apart_from_another_it_is_tried_when_told():
    """Counted as a try, though the mail server was not asked."""
    until = NOON + timedelta(minutes=9)
    later = DeliveryDeferred(**SUBMITTED, attempt=1, error_code=KEPT_APART, retry_at=until)
    given(NOTIFICATION, requested()).when(report(1, Postponed(until))).then(later)
    given(NOTIFICATION, requested(), fact(later)).when(report(2, Delivered())).then(sent(2))


# What is not sent on purpose.

REMINDER = intent(Template.SILENCE_REMINDER_DUE, closes_at=CLOSES)


def test_with_an_address_nothing_is_withheld():
    """The ordinary case."""
    assert reason_to_withhold(intent(), dossier(), NOON) is None


@pytest.mark.parametrize(
    "contact", [None, {"name": "Siti", "email": None, "phone": "0812"}, {"name": "S", "email": ""}]
)
def test_without_an_address_it_is_withheld(contact):
    """Who came without an e-mail address is still served, but not written to."""
    assert reason_to_withhold(intent(), dossier(contact), NOON) is WithheldBecause.NO_ADDRESS


def test_who_was_forgotten_is_not_written_to():
    """Between the event and the e-mail the person asked to be forgotten."""
    contact = {"name": FORGOTTEN, "email": FORGOTTEN, "phone": None}
    assert reason_to_withhold(intent(), dossier(contact), NOON) is WithheldBecause.SUBJECT_ERASED


def test_a_reminder_of_a_running_silence_is_sent():
    """The silence it speaks of still runs."""
    assert reason_to_withhold(REMINDER, dossier(), NOON) is None


@pytest.mark.parametrize("closes_at", [None, "2026-12-03T16:59:59.000Z"])
def test_a_reminder_overtaken_by_a_reply_is_withheld(closes_at):
    """Nobody is warned of a close that will not come, however long the mail server was away."""
    late = dossier(silence={"running": closes_at is not None, "closes_at": closes_at})
    assert reason_to_withhold(REMINDER, late, NOON) is WithheldBecause.OUTDATED


ALARM = intent(Template.START_LIMIT_BREACHED)


def test_an_alarm_about_nobody_any_more_is_withheld():
    """All have been served meanwhile, or the day is over: the summary tells of it."""
    contact = {"name": "PST", "email": "bps1471@bps.go.id"}
    late = {"contact": contact, "late": {"late": [{"number": "A001"}]}}
    assert reason_to_withhold(ALARM, late, NOON) is None
    nobody = {"contact": contact, "late": {"late": []}}
    assert reason_to_withhold(ALARM, nobody, NOON) is WithheldBecause.OUTDATED


def test_an_address_taken_out_of_the_office_file_is_not_written_to():
    """Between the event and the e-mail."""
    summary = intent(Template.DAY_SUMMARY)
    gone: dict[str, Any] = {"contact": None, "report": {}}
    assert reason_to_withhold(summary, gone, NOON) is WithheldBecause.NO_ADDRESS
    kept = {"contact": {"name": "PST", "email": "bps1471@bps.go.id"}, "report": {}}
    assert reason_to_withhold(summary, kept, NOON) is None
