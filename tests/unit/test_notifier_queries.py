"""Who is asked for what, when an e-mail to the office leaves; and where it goes."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.common import schema
from contracts.queue import LateRequest, ReportRequest
from offices.office import Recipients
from services.notifier.events import Template
from services.notifier.queries import Owners, dossier
from tests.unit.notification import intent
from tests.unit.office_letters import JAYAPURA, day_of, request_of
from tests.unit.service_day import MONDAY

CALLER = {"role": "system", "id": "notifier", "correlation_id": "c-1"}


class Service:
    """Answers with what it was asked."""

    def __getattr__(self, method: str) -> Any:
        return lambda asked: {"method": method, **asked}


OTHERS = Recipients(alarms=("sari@bps.go.id",), summary=("tono@bps.go.id",))
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


def test_the_consultation_service_is_asked_about_a_consultation():
    """It alone knows the person."""
    found = dossier(intent(), JAYAPURA, OWNERS, CALLER)
    assert found == {"method": "dossier", "caller": CALLER, "consultation_id": "k1"}
