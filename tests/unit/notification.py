"""Facts, commands and a dossier of a notification, for the tests of the notifier."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kernel.aggregate import Aggregate
from kernel.facts import Fact
from offices.office import load_offices
from services.notifier import commands, decider, state
from services.notifier.events import (
    DeliveryDeferred,
    NotificationRequested,
    NotificationSent,
    Params,
    Template,
)
from services.notifier.state import Owed
from tests.support import NOON, fact

NOTIFICATION = Aggregate("notification", decider.decide, state.evolve, state.State)

OFFICE = load_offices(Path(__file__).parents[2] / "deploy/offices")["1471"]

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
"""Thursday 15:30 local."""

CLOSES = datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)
"""Monday 23:59:59 local, seven days after NOON."""

QUESTION = "Di mana saya menemukan angka inflasi bulanan Pekanbaru sejak 2020?\nTerima kasih."
ANSWER = """Selamat siang, Siti.

Tabelnya ada di https://pekanbarukota.bps.go.id/id/statistics-table/2/MTMyIzI=/inflasi.html, \
dari tahun 2020 sampai bulan lalu.

- 2020–2023: tahun dasar 2018
- sejak 2024: tahun dasar 2022"""

TABLE = {"attachment_id": "a1", "name": "inflasi 2020-2025.xlsx", "size": 34_210}


def message(id: str, by: str, text: str, **changes: Any) -> dict[str, Any]:
    """Return a message as the consultation service tells it."""
    words = {"message_id": id, "by": by, "text": text, "attachments": []}
    return {**words, "internal": False, "automatic": False, **changes}


MEETING = {
    "meeting_id": "meet-1",
    "kind": "zoom",
    "status": "scheduled",
    "start": "2026-11-25T03:00:00.000Z",
    "end": "2026-11-25T03:45:00.000Z",
    "sequence": 0,
    "officer_id": "budi",
    "join_url": "https://example.com/j/92674392836?pwd=abc",
    "link_state": "made",
    "place": None,
    "cancel_reason": None,
}

DOSSIER: dict[str, Any] = {
    "consultation": {
        "number": "KS-1471-2026-000001",
        "topic": "Inflasi Pekanbaru",
        "status": "in_progress",
        "officer_id": "budi",
        "answered_at": None,
        "clarification": {"missing": ["period", "region"], "asked_at": "2026-11-23T05:00:00.000Z"},
        "sla": {"state": "running", "due_at": "2026-11-26T08:30:00.000Z", "rejudged": None},
        "silence": {
            "running": True,
            "closes_at": "2026-11-30T16:59:59.000Z",
            "lapsed_at": None,
        },
        "meetings": [MEETING],
        "referrals": [
            {
                "target": "library",
                "url": "https://perpustakaan.bps.go.id/",
                "reason": "Publikasi sebelum 1980 hanya ada di perpustakaan.",
                "given_at": "2026-11-23T05:00:00.000Z",
            },
        ],
        "messages": [
            message("m1", "user", QUESTION),
            message("m2", "officer", ANSWER, attachments=[TABLE]),
            message("m3", "user", "Apakah bisa per kecamatan?"),
        ],
    },
    "contact": {"name": "Siti Rahma", "email": "siti@example.com", "phone": None},
    "duplicate_number": None,
}
"""What the consultation service answers, as far as the notifier reads it."""

OF = {"notification_id": "n1", "channel": "email", "about": "k1"}


def dossier(contact: Any = DOSSIER["contact"], **consultation: Any) -> dict[str, Any]:
    """Return the dossier with some words changed."""
    return {
        **DOSSIER,
        "consultation": {**DOSSIER["consultation"], **consultation},
        "contact": contact,
    }


def meeting(**changes: Any) -> dict[str, Any]:
    """Return the dossier with words of its meeting changed."""
    return dossier(meetings=[{**MEETING, **changes}])


def intent(template: Template = Template.CONSULTATION_SUBMITTED, **params: Any) -> Any:
    """Return the fact's event by which an e-mail is owed."""
    words = Params(**{"happened_at": NOON, **params})
    return NotificationRequested(**OF, template=template, params=words)


def owed(request: NotificationRequested) -> Owed:
    """Return what is owed by an intent recorded at noon."""
    return Owed(request=request, since=NOON)


def requested(**changes: Any) -> Fact:
    """An e-mail is owed."""
    return fact(intent(**changes))


def deferred(attempt: int, code: str = "smtp_unreachable") -> Fact:
    """The n-th try failed for now."""
    return fact(deferral(attempt, code))


def deferral(attempt: int, code: str = "smtp_unreachable", at: datetime = NOON) -> DeliveryDeferred:
    """Return what follows from an n-th try that failed at `at`."""
    return DeliveryDeferred(
        **OF,
        template=Template.CONSULTATION_SUBMITTED,
        attempt=attempt,
        error_code=code,
        retry_at=at + decider.BACK_OFF[attempt - 1],
    )


def sent(attempt: int = 1) -> NotificationSent:
    """Return what follows from a try that worked."""
    return NotificationSent(**OF, template=Template.CONSULTATION_SUBMITTED, attempt=attempt)


def report(attempt: int, result: commands.Result) -> commands.ReportDelivery:
    """What came of the n-th try."""
    return commands.ReportDelivery(now=NOON, attempt=attempt, result=result)


LATER = commands.Refused("smtp_unreachable", permanent=False)
NEVER = commands.Refused("smtp_550", permanent=True)
