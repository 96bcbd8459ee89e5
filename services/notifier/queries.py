"""What is asked, when an e-mail leaves, of the services that own it (docs/adr/0009)."""

from dataclasses import dataclass
from typing import Any

from offices.office import Office
from services.notifier.events import NotificationRequested, Template

Document = dict[str, Any]


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
    asked = {"caller": caller, "consultation_id": request.about}
    answer: Document = owners.consultation.dossier(asked)
    return answer


def _contact(office: Office, addresses: tuple[str, ...], number: int | None) -> Document | None:
    """Return one of the office's own addresses; none if its file names fewer by now."""
    if number is None or number >= len(addresses):
        return None
    return {"name": office.name, "email": addresses[number]}
