"""Which published event calls for which e-mail."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.events import CONTENT_TYPE, EVENTS
from kernel.consumer import read
from offices.office import Office, Recipients, load_offices
from services.notifier.commands import CONFIRMED, NEW_LINK, REPLIED_IN_TIME, told_to_office, wanted
from services.notifier.events import Params, Template
from tests.support import NOON
from tests.unit.notification import CLOSES, DUE

CLOSED = {"closed_by": "officer", "silent_since": None, "rating_token_ref": "closing-1"}
MEETING = {"meeting_id": "meet-1", "kind": "zoom", "start": NOON, "end": DUE}
PERSON = {"subject_id": "s1"}
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
            {"silent_since": NOON, "reason": CONFIRMED},
        ),
        (
            "consultation_closed",
            {**CLOSED, "closed_by": "system", "reason": "user_silent", "silent_since": NOON},
            Template.CLOSED_BY_SILENCE,
            {"silent_since": NOON},
        ),
        (
            "consultation_closed",
            {**CLOSED, "reason": "withdrawn"},
            Template.CONSULTATION_WITHDRAWN,
            {},
        ),
        (
            "clarification_requested",
            {"message_id": "m2", "missing": ["period"]},
            Template.CLARIFICATION_REQUESTED,
            {"message_id": "m2"},
        ),
        (
            "deadline_recalculated",
            {"name": "limit", "old": NOON, "new": DUE, "calendar_version": "v1"},
            Template.DEADLINE_RECALCULATED,
            {"due_at": DUE},
        ),
        (
            "consultation_reopened",
            {"by": "officer"},
            Template.CONSULTATION_REOPENED,
            {},
        ),
        (
            "consultation_reopened",
            {"by": "user", "reverses_close": True},
            Template.CONSULTATION_REOPENED,
            {"reason": REPLIED_IN_TIME},
        ),
        ("referral_given", {"target": "library"}, Template.REFERRAL_GIVEN, {}),
        (
            "meeting_scheduled",
            {**MEETING, "sequence": 0},
            Template.MEETING_SCHEDULED,
            {"meeting_id": "meet-1", "sequence": 0},
        ),
        (
            "meeting_link_made",
            {"meeting_id": "meet-1", "sequence": 1},
            Template.MEETING_SCHEDULED,
            {"meeting_id": "meet-1", "sequence": 1},
        ),
        (
            "meeting_link_made",
            {"meeting_id": "meet-1", "sequence": 1, "anew": True},
            Template.MEETING_RESCHEDULED,
            {"meeting_id": "meet-1", "sequence": 1, "reason": NEW_LINK},
        ),
        (
            "meeting_rescheduled",
            {**MEETING, "sequence": 1},
            Template.MEETING_RESCHEDULED,
            {"meeting_id": "meet-1", "sequence": 1},
        ),
        (
            "meeting_cancelled",
            {"meeting_id": "meet-1", "sequence": 2},
            Template.MEETING_CANCELLED,
            {"meeting_id": "meet-1", "sequence": 2},
        ),
        (
            "meeting_missed",
            {"meeting_id": "meet-1"},
            Template.MEETING_MISSED,
            {"meeting_id": "meet-1"},
        ),
        (
            "code_issued",
            {**PERSON, "challenge_id": "c1", "expires_at": NOON},
            Template.ONE_TIME_CODE,
            {"challenge_id": "c1"},
        ),
        ("login_without_account", PERSON, Template.NO_ACCOUNT, {}),
        ("erasure_held", PERSON, Template.ERASURE_HELD, {}),
        ("erasure_begun", {**PERSON, "due_at": NOON}, Template.ERASURE_DONE, {}),
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
        ("clarification_ended", {"by": "user"}),
        ("meeting_held", {"meeting_id": "meet-1"}),
        ("meeting_link_failed", {"meeting_id": "meet-1", "sequence": 0}),
        ("sla_approaching", {"due_at": DUE}),
        ("sla_breached", {"due_at": DUE, "late_by_working_days": 0}),
        ("silence_lapsed", {"silent_since": NOON, "closes_at": CLOSES}),
        ("user_registered", PERSON),
        ("email_verified", PERSON),
    ],
)
def test_other_events_call_for_none(event, data):
    """Users are not told what they did themselves, nor how the office organises its work."""
    assert asked(event, **data) is None


def test_question_of_an_officer_is_one_letter():
    """The one that says what is missing; not also the one about an answer."""
    message = {"message_id": "m2", "by": "officer", "channel": "web"}
    assert asked("message_posted", **message, clarification=True) is None


def test_word_of_a_machine_is_no_answer():
    """Nobody wrote it."""
    message = {"message_id": "m2", "by": "officer", "channel": "email"}
    assert asked("message_posted", **message, automatic=True) is None


@pytest.mark.parametrize("new", [DUE, DUE - timedelta(days=1)])
def test_limit_that_moves_earlier_is_not_told(new):
    """Who was promised an answer by Thursday may go on expecting it by Thursday."""
    moved = {"name": "limit", "old": DUE, "new": new, "calendar_version": "v1"}
    assert asked("deadline_recalculated", **moved) is None


@pytest.mark.parametrize("event", ["meeting_scheduled", "meeting_rescheduled"])
def test_invitation_waits_for_its_link(event):
    """It leaves when the link is made."""
    assert asked(event, **MEETING, sequence=0, link_follows=True) is None


# To the office.

ROOT = Path(__file__).parents[2]
OFFICES = load_offices(ROOT / "deploy/offices")


class _Message:
    """A message as the broker's library hands it over."""

    content_type = CONTENT_TYPE

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = json.dumps(body)


def golden(event: str, service: str = "queue", **changes: Any) -> dict[str, Any]:
    """Return a golden event of a service as the consumer reads it, its data changed."""
    words = json.loads((ROOT / f"tests/fixtures/events/{service}.{event}.v1.json").read_text())
    words |= {k: changes.pop(k) for k in ("subject", "time") if k in changes}
    words["data"] |= changes
    return read(_Message(words))  # type: ignore[arg-type]


def told(*recipients: str) -> dict[str, Office]:
    """Return the offices, with these addresses in that of 1471."""
    to = Recipients(alarms=recipients, summary=recipients, consultations=recipients)
    return {**OFFICES, "1471": replace(OFFICES["1471"], recipients=to)}


OF_DAY = {"happened_at": NOON, "service_date": date(2026, 11, 23), "sequence": 3}


@pytest.mark.parametrize(
    ("event", "template"),
    [
        ("start_limit_breached", Template.START_LIMIT_BREACHED),
        ("service_day_closed", Template.DAY_SUMMARY),
    ],
)
def test_an_event_of_the_queue_is_told_to_each_address(event, template):
    """Each gets its own e-mail: one that cannot be reached keeps none from the others."""
    both = [(template, Params(**OF_DAY, address_no=n)) for n in (0, 1)]
    assert told_to_office(golden(event), told("sari@bps.go.id", "tono@bps.go.id")) == both
    assert told_to_office(golden(event), told()) == []
    assert wanted(event, golden(event)["data"], NOON) is None  # and nothing to users


def test_a_breach_belongs_to_the_local_date_of_its_ten_minutes():
    """00:30 in Jayapura is still yesterday in UTC and Jakarta; told the day after, no matter."""
    t0 = "2026-11-23T15:30:00.000Z"
    late = golden("start_limit_breached", office="9471", t0=t0, time="2026-11-24T20:00:00.000Z")
    ((_, params),) = told_to_office(late, OFFICES)
    assert params.service_date == date(2026, 11, 24)
    assert params.happened_at == datetime(2026, 11, 24, 20, tzinfo=UTC)


def test_a_day_without_visitors_has_no_summary():
    """Who gets e-mails that say nothing stops reading them."""
    empty = golden("service_day_closed", counts={"issued": 0, "finished": 0})
    assert told_to_office(empty, OFFICES) == []


@pytest.mark.parametrize(
    ("event", "template", "field"),
    [
        ("sla_approaching", Template.SLA_APPROACHING, "due_at"),
        ("sla_breached", Template.SLA_BREACHED, "due_at"),
        ("silence_lapsed", Template.SILENCE_LAPSED, "silent_since"),
    ],
)
def test_an_event_of_a_consultation_is_told_to_each_address(event, template, field):
    """With the date that it is about."""
    envelope = golden(event, "consultation")
    at = envelope["data"][field]
    both = [(template, Params(happened_at=NOON, address_no=n, **{field: at})) for n in (0, 1)]
    assert told_to_office(envelope, told("sari@bps.go.id", "tono@bps.go.id")) == both
    assert told_to_office(envelope, told()) == []


def test_a_meeting_without_a_link_is_told_to_each_address():
    """Nobody was invited, and nobody else would tell the office."""
    envelope = golden("meeting_link_failed", "consultation")
    about = {"meeting_id": "meeting-1", "sequence": 0}
    both = [
        (Template.MEETING_LINK_FAILED, Params(happened_at=NOON, address_no=n, **about))
        for n in (0, 1)
    ]
    assert told_to_office(envelope, told("sari@bps.go.id", "tono@bps.go.id")) == both


@pytest.mark.parametrize(
    "event", [name for service, name, _ in EVENTS if service == "consultation"]
)
def test_no_other_event_of_a_consultation_is_told_to_the_office(event):
    """Officers see the rest where they work."""
    told = ("sla_approaching", "sla_breached", "silence_lapsed", "meeting_link_failed")
    expected = int(event in told)
    assert len(told_to_office(golden(event, "consultation"), OFFICES)) == expected


def test_a_warning_is_no_alarm():
    """Three minutes are left; the board shows it."""
    assert told_to_office(golden("start_limit_approaching"), OFFICES) == []


@pytest.mark.parametrize("event", [name for service, name, _ in EVENTS if service == "queue"])
def test_no_other_event_of_the_queue_is_told(event):
    """So many happen on a day."""
    expected = int(event in ("start_limit_breached", "service_day_closed"))
    assert len(told_to_office(golden(event), OFFICES)) == expected
