"""Who is asked for what, when an e-mail to the office leaves; and where it goes."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.common import schema
from contracts.queue import LateRequest, ReportRequest
from kernel.facts import Fact
from offices.office import Recipients
from services.notifier.channels.letters import Letters
from services.notifier.decider import reason_to_withhold
from services.notifier.events import (
    NotificationSent,
    NotificationSuppressed,
    Template,
    WithheldBecause,
)
from services.notifier.queries import Owners, dossier, invited, person_of
from tests.support import NOON, fact
from tests.unit.notification import DOSSIER, OF, deferral, intent
from tests.unit.office_letters import JAYAPURA, day_of, request_of
from tests.unit.service_day import MONDAY

CALLER = {"role": "system", "id": "notifier", "correlation_id": "c-1"}


class Service:
    """Answers with what it was asked."""

    def __getattr__(self, method: str) -> Any:
        return lambda asked: {"method": method, **asked}


OTHERS = Recipients(
    alarms=("sari@bps.go.id",), summary=("tono@bps.go.id",), consultations=("rina@bps.go.id",)
)
OWNERS = Owners(consultation=Service(), queue=Service())


@pytest.mark.parametrize(
    ("template", "part", "shape", "method", "to"),
    [
        (Template.START_LIMIT_BREACHED, "late", LateRequest, "late", "sari@bps.go.id"),
        (Template.DAY_SUMMARY, "report", ReportRequest, "waiting_report", "tono@bps.go.id"),
    ],
)
def test_the_queue_service_is_asked_about_that_day(template, part, shape, method, to):
    """In the shape that it takes; as long as the office file names the address."""
    request = request_of(template, day_of())
    told = replace(JAYAPURA, recipients=OTHERS)
    found = dossier(request, told, OWNERS, CALLER)
    assert found["contact"] == {"name": JAYAPURA.name, "email": to}
    assert found[part].pop("method") == method
    asked = schema(shape).load(found[part])
    assert asked["office"] == "9471"
    days = {key: asked[key] for key in ("service_date", "from_", "to") if key in asked}
    assert set(days.values()) == {MONDAY}
    nobody = replace(JAYAPURA, recipients=Recipients(alarms=(), summary=()))
    assert dossier(request, nobody, OWNERS, CALLER)["contact"] is None


SENT = NotificationSent(**OF, template=Template.MEETING_SCHEDULED, attempt=1)
TAKEN_BACK = NotificationSuppressed(
    **OF, template=Template.MEETING_SCHEDULED, reason=WithheldBecause.OUTDATED
)
INVITED = intent(Template.MEETING_SCHEDULED, meeting_id="meet-1", sequence=0)
OFF = intent(Template.MEETING_CANCELLED, meeting_id="meet-1", sequence=1)


class Core:
    """What the notifier has of one matter: one e-mail, by its facts."""

    def __init__(self, *events: Any) -> None:
        self.log = self.clock = self
        self.facts = [fact(event) for event in events]

    def head(self) -> Any:
        return self

    position = 7

    def view(self, _view: Any) -> Any:
        return SimpleNamespace(name="about", position=lambda: 7, find=self.find)

    def find(self, wanted: Any, *_: Any) -> list[dict[str, str]]:
        assert wanted == {"about": {"$in": ["k1"]}}
        return [{"_id": "n1"}] if self.facts else []

    def stored_facts(self, stream: str) -> list[Fact]:
        assert stream == "notification-n1"
        return self.facts

    def now(self) -> datetime:
        return NOON


OTHER_MEETING = intent(Template.MEETING_SCHEDULED, meeting_id="meet-2", sequence=0)
WAITS = deferral(1, at=NOON)
"""Until a few seconds from now."""


@pytest.mark.parametrize(
    ("facts", "invitation_left"),
    [
        ((INVITED, SENT), True),
        ((INVITED, TAKEN_BACK), False),
        ((INVITED, WAITS), False),  # then it will be withheld
        ((INVITED,), None),
        ((INVITED, deferral(1, at=NOON - timedelta(minutes=1))), None),
        ((OTHER_MEETING, SENT), False),
        ((), False),
    ],
)
def test_only_who_was_invited_is_told_that_a_meeting_is_off(facts, invitation_left):
    """Where an invitation may be leaving at this moment, that is waited for."""
    assert invited(Core(*facts), OFF) is invitation_left


def test_the_consultation_service_is_asked_about_a_consultation():
    """It alone knows the person."""
    found = dossier(intent(), JAYAPURA, OWNERS, CALLER)
    assert found == {"method": "dossier", "caller": CALLER, "consultation_id": "k1"}


@pytest.mark.parametrize(
    "template",
    [
        Template.SLA_APPROACHING,
        Template.SLA_BREACHED,
        Template.SILENCE_LAPSED,
        Template.MEETING_LINK_FAILED,
    ],
)
def test_alarm_about_a_consultation_goes_to_the_office(template):
    """Never to the person, whose contact is left behind."""

    class Answering:
        def dossier(self, _asked: Any) -> Any:
            return DOSSIER

    told = replace(JAYAPURA, recipients=OTHERS)
    owners = Owners(consultation=Answering(), queue=Service())
    found = dossier(intent(template, address_no=0), told, owners, CALLER)
    to = {"name": JAYAPURA.name, "email": "rina@bps.go.id"}
    assert found["contact"] == to
    assert person_of(found) is None  # who is not told of it when the office's mailbox is full
    assert not {"subject_id", "topic", "messages"} & set(found["consultation"])
    (met,) = found["consultation"]["meetings"]
    assert not {"join_url", "place", "cancel_reason"} & set(met)
    request = intent(template, address_no=0, due_at=NOON, meeting_id="meet-1")
    letter = Letters().write(request, found, told)
    assert "KS-1471-2026-000001" in letter.text
    about = intent(template, address_no=0, due_at=NOON, meeting_id="meet-1", sequence=0)
    reason_to_withhold(about, found, NOON)  # finds all it asks for
    gone = dossier(intent(template, address_no=1), told, owners, CALLER)
    assert gone["contact"] is None
