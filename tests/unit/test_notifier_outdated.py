"""Letters about a consultation that something has overtaken are kept back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.notifier.decider import reason_to_withhold
from services.notifier.events import Template, WithheldBecause
from tests.support import NOON
from tests.unit.notification import DUE, dossier, intent, meeting

LATER_DUE = "2026-11-27T08:30:00.000Z"
MET = {"state": "met", "due_at": "2026-11-26T08:30:00.000Z", "rejudged": None}
ANSWERED = {"answered_at": "2026-11-23T06:00:00.000Z", "sla": MET}
OFF = {"status": "closed"}
SLA = {"state": "running", "due_at": "2026-11-26T08:30:00.000Z", "rejudged": None}


def asked_again_at(moment: str) -> dict[str, Any]:
    return {"clarification": {"missing": ["topic"], "asked_at": moment}}


def sla(**changes: Any) -> dict[str, Any]:
    return {"sla": {**SLA, **changes}}


def withheld(template: Template, found: dict[str, Any], at: datetime = NOON, **params: Any) -> bool:
    """Tell whether it is kept back as things stand; for no other reason."""
    reason = reason_to_withhold(intent(template, **params), found, at)
    assert reason in (None, WithheldBecause.OUTDATED)
    return reason is not None


LAPSED = {"silence": {"running": False, "closes_at": None, "lapsed_at": "2026-11-30T16:59:59.000Z"}}


@pytest.mark.parametrize(
    ("template", "params", "now"),
    [
        (Template.CLARIFICATION_REQUESTED, {"message_id": "m2"}, {}),
        (Template.DEADLINE_RECALCULATED, {"due_at": DUE}, {}),
        (
            Template.DEADLINE_RECALCULATED,
            {"due_at": DUE},
            sla(state="breached", due_at="2026-11-25T08:30:00.000Z", rejudged=SLA),
        ),
        (Template.CONSULTATION_REOPENED, {}, {}),
        (Template.SLA_APPROACHING, {"due_at": DUE}, {}),
        (Template.SLA_BREACHED, {"due_at": DUE}, sla(state="breached")),
        (Template.SILENCE_LAPSED, {"silent_since": NOON}, LAPSED),
        (Template.MEETING_MISSED, {"meeting_id": "meet-1"}, {}),
        (Template.REFERRAL_GIVEN, {}, OFF),
    ],
)
def test_letter_about_what_is_still_so_leaves(template, params, now):
    """The ordinary case."""
    assert not withheld(template, dossier(**now), **params)


@pytest.mark.parametrize(
    ("template", "params", "now"),
    [
        (Template.CLARIFICATION_REQUESTED, {"message_id": "m2"}, {"clarification": None}),
        (
            Template.CLARIFICATION_REQUESTED,
            {"message_id": "m2"},
            asked_again_at("2026-11-23T07:00:00.000Z"),
        ),
        (Template.DEADLINE_RECALCULATED, {"due_at": DUE}, ANSWERED),
        (Template.DEADLINE_RECALCULATED, {"due_at": DUE}, OFF),
        (Template.DEADLINE_RECALCULATED, {"due_at": DUE}, sla(due_at=LATER_DUE)),
        (Template.DEADLINE_RECALCULATED, {"due_at": DUE}, sla(state="paused")),
        (Template.CONSULTATION_REOPENED, {}, OFF),
        (Template.SLA_APPROACHING, {"due_at": DUE}, ANSWERED),
        (Template.SLA_APPROACHING, {"due_at": DUE}, sla(due_at=LATER_DUE)),
        (Template.SLA_APPROACHING, {"due_at": DUE}, OFF),
        (Template.SLA_BREACHED, {"due_at": DUE}, ANSWERED),
        (Template.SLA_BREACHED, {"due_at": DUE}, OFF),
        (Template.SILENCE_LAPSED, {"silent_since": NOON}, {}),
        (Template.SILENCE_LAPSED, {"silent_since": NOON}, {**LAPSED, **OFF}),
        (Template.MEETING_MISSED, {"meeting_id": "meet-1"}, OFF),
    ],
)
def test_letter_that_was_overtaken_is_withheld(template, params, now):
    """Answered, closed, moved or asked again while it waited."""
    assert withheld(template, dossier(**now), **params)


MEETING = {"meeting_id": "meet-1", "sequence": 1}


@pytest.mark.parametrize("template", [Template.MEETING_SCHEDULED, Template.MEETING_RESCHEDULED])
def test_invitation_to_a_meeting_that_was_changed_since_is_withheld(template):
    """The letter about that change is on its way; an older one after it would undo it."""
    assert not withheld(template, meeting(sequence=1), **MEETING)
    assert withheld(template, meeting(sequence=2), **MEETING)
    assert withheld(template, meeting(sequence=1, status="cancelled"), **MEETING)


@pytest.mark.parametrize("template", [Template.MEETING_SCHEDULED, Template.MEETING_RESCHEDULED])
def test_invitation_to_a_meeting_that_is_over_is_withheld(template):
    """It waited for the mail server; nobody can come any more."""
    end = datetime.fromisoformat(meeting()["consultation"]["meetings"][0]["end"])
    assert not withheld(template, meeting(sequence=1), end - timedelta(seconds=1), **MEETING)
    assert withheld(template, meeting(sequence=1), end, **MEETING)


@pytest.mark.parametrize(
    ("found", "at", "kept"),
    [
        ({}, NOON, False),
        ({"link_state": "made"}, NOON, True),
        ({"link_state": "pending", "sequence": 2}, NOON, True),
        ({"sequence": 2}, NOON, True),
        ({"status": "cancelled"}, NOON, True),
        ({}, NOON + timedelta(days=3), True),
    ],
)
def test_alarm_about_a_link_that_is_there_or_not_needed_is_withheld(found, at, kept):
    """Made since, moved, called off, or over."""
    failed = meeting(**{"link_state": "failed", "sequence": 1, **found})
    assert withheld(Template.MEETING_LINK_FAILED, failed, at, **MEETING) is kept


@pytest.mark.parametrize(
    ("link_state", "kept"), [("none", False), ("made", False), ("pending", True), ("failed", True)]
)
def test_who_was_never_invited_has_missed_nothing(link_state, kept):
    """The link was never made."""
    missed = meeting(status="missed", sequence=1, link_state=link_state)
    assert withheld(Template.MEETING_MISSED, missed, **MEETING) is kept


@pytest.mark.parametrize(
    ("link_state", "kept"), [("none", False), ("made", False), ("pending", True), ("failed", True)]
)
def test_cancellation_of_what_nobody_was_invited_to_is_withheld(link_state, kept):
    """It was called off before it had a link."""
    cancelled = meeting(status="cancelled", sequence=1, link_state=link_state)
    assert withheld(Template.MEETING_CANCELLED, cancelled, **MEETING) is kept
