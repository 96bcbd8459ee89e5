"""Facts → the documents that lists and letters are answered from."""

from typing import Any

from host.person_streams import HELD
from kernel.facts import Fact
from kernel.views import View
from services.consultation import resource
from services.consultation.accounts.views import PEOPLE
from services.consultation.attachments.views import FILES
from services.consultation.catalogue import views as catalogue
from services.consultation.events import ConsultationReopened

Document = dict[str, Any]


def _consultation_of(fact: Fact) -> str | None:
    return (
        fact.stream.removeprefix(resource.PREFIX)
        if fact.stream.startswith(resource.PREFIX)
        else None
    )


def _row(document: Document | None, fact: Fact) -> Document:
    """A summary, its place in the list, when its limit ends, and what reports count of it."""
    row = resource.summary(document, fact)
    if document is None:
        counted = {"reopened": 0, "reversed_closes": 0, "clarified_s": 0, "paused_s": 0}
        row |= {"opened": fact.position, "paused_since": None, "asked_since": None, **counted}
    row |= _counted(row, fact)
    row["waits_until"] = _due_at(row) if _runs(row) else None
    return row


def _counted(row: Document, fact: Fact) -> Document:
    match fact.event:
        case ConsultationReopened(reverses_close=True):
            counted = {"reversed_closes": row["reversed_closes"] + 1}
        case ConsultationReopened():
            counted = {"reopened": row["reopened"] + 1}
        case _:
            counted = {}
    pause = _clocked(row, "paused", _stands_still(row), fact)
    asked = _clocked(row, "asked", row["clarification"] is not None, fact)
    return {**counted, **pause, **asked}


def _stands_still(row: Document) -> bool:
    """Tell whether the user is waited for, or it is closed, before an answer; also late."""
    asked_or_closed = row["clarification"] is not None or row["status"] == "closed"
    return asked_or_closed and row["accepted_at"] is not None and row["answered_at"] is None


COUNTED = {"paused": "paused_s", "asked": "clarified_s"}


def _clocked(row: Document, name: str, runs: bool, fact: Fact) -> Document:
    """Count the seconds for which something lasts, over all its times."""
    since, at = row[f"{name}_since"], fact.occurred_at
    if runs == (since is not None):
        return {}
    if runs:
        return {f"{name}_since": at}
    lasted = max(0, int((at - since).total_seconds()))
    return {f"{name}_since": None, COUNTED[name]: row[COUNTED[name]] + lasted}


def _due_at(row: Document) -> Any:
    return (row["sla"]["rejudged"] or row["sla"])["due_at"]


def _runs(row: Document) -> bool:
    """Tell whether the limit runs, or ran out, and somebody waits for an answer."""
    waits = row["accepted_at"] and not row["answered_at"] and row["status"] != "closed"
    return waits and row["sla"]["state"] != "paused"


LIST = View(
    name="consultations",
    key=_consultation_of,
    project=_row,
    indexes=(
        [("office", 1), ("opened", -1)],
        [("office", 1), ("status", 1), ("opened", -1)],
        [("office", 1), ("officer_id", 1), ("opened", -1)],
        [("office", 1), ("turn", 1), ("opened", -1)],
        [("office", 1), ("waits_until", 1)],
        [("office", 1), ("silence.lapsed_at", 1)],
        [("office", 1), ("submitted_at", 1)],
        [("subject_id", 1), ("opened", -1)],
    ),
    personal=("topic",),
)


VIEWS = (LIST, PEOPLE, HELD, FILES, *catalogue.VIEWS)
