"""What follows from the facts of a notification, and what they never hold."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from contracts.events import EVENTS
from kernel.effects import Cancel, Ignore, Publish, Schedule
from kernel.relay import envelope
from services.notifier.alarms import AlarmRaised
from services.notifier.commands import DELIVER
from services.notifier.events import (
    ContactPointBounced,
    Event,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    Params,
    Template,
    WithheldBecause,
)
from services.notifier.reactions import react
from tests.support import NOON, fact
from tests.unit.notification import OF, deferral, intent

ENDED = {**OF, "template": Template.REQUEST_ACCEPTED}


def test_an_intent_is_tried_at_once():
    """The first try is due when the intent was recorded."""
    assert react(fact(intent())) == [Schedule(DELIVER, NOON, {"attempt": 1})]


def test_a_deferred_one_is_tried_later():
    """By the next number, so that the date of the try before decides nothing any more."""
    due = NOON + timedelta(seconds=30)
    assert react(fact(deferral(2))) == [Schedule(DELIVER, due, {"attempt": 3})]


@pytest.mark.parametrize(
    ("name", "event", "more"),
    [
        ("notification_sent", NotificationSent(**ENDED, attempt=1), {}),
        (
            "notification_failed",
            NotificationFailed(**ENDED, attempt=7, error_code="smtp_451"),
            {"error_code": "smtp_451"},
        ),
        (
            "notification_suppressed",
            NotificationSuppressed(**ENDED, reason=WithheldBecause.NO_ADDRESS),
            {"reason": "no_address"},
        ),
    ],
)
def test_an_end_is_published(name: str, event: Any, more: dict[str, str]):
    """In its published shape, and nothing waits any more."""
    ended = fact(event, name=name, stream="notification-n1")
    publish, cancel = react(ended)
    assert isinstance(publish, Publish)
    assert cancel == Cancel(DELIVER)
    told = envelope("notifier", publish, ended)
    assert told["subject"] == "n1"
    assert told["data"] == {"office": "1471", **OF, "template": "request_accepted", **more}
    assert EVENTS["notifier", name, 1]().validate(told["data"]) == {}


def test_an_alarm_that_leaves_is_known_from_its_notification():
    """Nothing is published twice."""
    (effect,) = react(fact(AlarmRaised(notification_id="n1", seen=7), stream="alarms-1471-x-0"))
    assert isinstance(effect, Ignore)


@pytest.mark.parametrize("kind", [*Event.__args__, AlarmRaised])
def test_no_fact_holds_an_address_a_name_or_a_text(kind):
    """They are asked for when an e-mail is sent: forgetting a person needs nothing here.

    Whose address bounced is said by the person's id.
    """
    assert (kind is ContactPointBounced) == ("subject_id" in {f.name for f in fields(kind)})
    personal = {"name", "email", "phone", "to", "recipient", "text", "topic", "question"}
    assert not {f.name for f in (*fields(kind), *fields(Params))} & personal
