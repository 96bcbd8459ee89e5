"""Which published event calls for which e-mail."""

from typing import Any

import pytest

from contracts.events import EVENTS
from services.notifier.commands import wanted
from services.notifier.events import Params, Template
from tests.support import NOON
from tests.unit.notification import CLOSES, DUE

CLOSED = {"closed_by": "officer", "silent_since": None, "rating_token_ref": "closing-1"}
SUBMITTED = {"number": "KS-1471-2026-000001", "type": "data", "channel": "web", "subject_id": "s1"}


def asked(event: str, **data: Any) -> tuple[Template, Params] | None:
    """Let an event take the way of a message: through its published shape."""
    shape = EVENTS["consultation", event, 1]()
    return wanted(event, shape.load(shape.dump({"office": "1471", **data})), NOON)


@pytest.mark.parametrize(
    ("event", "data", "template", "params"),
    [
        ("consultation_submitted", SUBMITTED, Template.CONSULTATION_SUBMITTED, {}),
        (
            "request_accepted",
            {"due_at": DUE, "calendar_version": "v1"},
            Template.REQUEST_ACCEPTED,
            {"due_at": DUE},
        ),
        (
            "message_posted",
            {"message_id": "m2", "by": "officer", "channel": "web"},
            Template.CONSULTATION_ANSWERED,
            {"message_id": "m2"},
        ),
        (
            "silence_reminder_due",
            {"n": 2, "closes_at": CLOSES},
            Template.SILENCE_REMINDER_DUE,
            {"closes_at": CLOSES},
        ),
        (
            "consultation_closed",
            {**CLOSED, "reason": "resolved"},
            Template.CLOSED_BY_OFFICER,
            {"reason": "resolved"},
        ),
        (
            "consultation_closed",
            {**CLOSED, "reason": "user_silent", "silent_since": NOON},
            Template.CLOSED_BY_SILENCE,
            {"silent_since": NOON},
        ),
        (
            "consultation_closed",
            {**CLOSED, "reason": "withdrawn"},
            Template.CONSULTATION_WITHDRAWN,
            {},
        ),
    ],
)
def test_an_event_calls_for_its_email(event, data, template, params):
    """With what the e-mail repeats of it, and nothing else."""
    assert asked(event, **data) == (template, Params(happened_at=NOON, **params))


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("message_posted", {"message_id": "m1", "by": "user", "channel": "web"}),
        ("consultation_answered", {"message_id": "m2"}),  # told by its message
        ("consultation_assigned", {"officer_id": "budi"}),
        ("sla_met", {"answered_at": NOON, "due_at": DUE}),
        ("consultation_reopened", {"by": "user"}),
    ],
)
def test_other_events_call_for_none(event, data):
    """Users are not told what they did themselves, nor how the office organises its work."""
    assert asked(event, **data) is None
