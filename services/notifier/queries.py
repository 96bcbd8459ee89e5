"""What is asked, when an e-mail leaves, of the services that own it (docs/adr/0009)."""

from dataclasses import dataclass
from typing import Any

from host import held, lists
from host.runtime import Runtime
from offices.office import Office
from services.notifier.events import TO_PERSON, NotificationRequested, Template
from services.notifier.views import ABOUT

Document = dict[str, Any]

NO_LIMIT = 0


TOLD_TO_OFFICE = ("number", "officer_id", "status", "answered_at", "sla", "silence")
"""What an e-mail to the office is made of: nothing of the person, who is not its recipient."""


@dataclass(frozen=True)
class Owners:
    """The services that are asked, by RPC; each raises `Rejected` or `Unavailable`."""

    consultation: Any
    queue: Any


def dossier(
    request: NotificationRequested, office: Office, owners: Owners, caller: Document
) -> Document:
    """Return what the e-mail tells, and to whom as `contact`: null when there is no address."""
    day, number = str(request.params.service_date), request.params.address_no
    match request.template:
        case Template.START_LIMIT_BREACHED:
            asked = {"caller": caller, "office": office.id, "service_date": day}
            to = _contact(office, office.recipients.alarms, number)
            return {"contact": to, "late": owners.queue.late(asked)}
        case Template.DAY_SUMMARY:
            asked = {"caller": caller, "office": office.id, "from": day, "to": day}
            to = _contact(office, office.recipients.summary, number)
            return {"contact": to, "report": owners.queue.waiting_report(asked)}
    if request.template in TO_PERSON:
        whom = {"subject_id": request.about, "challenge_id": request.params.challenge_id}
        letter: Document = owners.consultation.account_letter({"caller": caller, **whom})
        return letter
    asked = {"caller": caller, "consultation_id": request.about}
    answer: Document = owners.consultation.dossier(asked)
    if request.params.address_no is not None:  # to the office, about a consultation
        to = _contact(office, office.recipients.consultations, number)
        consultation = {name: answer["consultation"][name] for name in TOLD_TO_OFFICE}
        return {"contact": to, "consultation": consultation}
    return answer


def person_of(dossier: Document) -> str | None:
    """Return the person whose own address an e-mail goes to; None for an office's."""
    subject_id: str | None = dossier.get("subject_id")
    consultation: Document = dossier.get("consultation", {})
    return subject_id or consultation.get("subject_id")


def held_about(core: Runtime, subject_id: str, about: list[str]) -> Document:
    """Return the facts of all e-mails about some matters, by stream."""
    kept = core.view(ABOUT)
    lists.caught_up(core, kept)
    rows = kept.find({"about": {"$in": about}}, [("about", 1)], NO_LIMIT)
    streams = sorted(f"notification-{row['_id']}" for row in rows)
    found = {stream: core.stored_facts(stream) for stream in streams}
    return held.in_clear(core, subject_id, found)


def _contact(office: Office, addresses: tuple[str, ...], number: int | None) -> Document | None:
    """Return one of the office's own addresses; none if its file names fewer by now."""
    if number is None or number >= len(addresses):
        return None
    return {"name": office.name, "email": addresses[number]}
