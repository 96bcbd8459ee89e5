"""What is asked, when an e-mail leaves, of the services that own it (docs/adr/0009)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from host import held, lists
from host.runtime import Runtime
from kernel.facts import Fact
from offices.office import Office
from services.notifier.events import (
    TO_PERSON,
    DeliveryDeferred,
    NotificationRequested,
    NotificationSent,
    Template,
)
from services.notifier.views import ABOUT

Document = dict[str, Any]

NO_LIMIT = 0


TOLD_TO_OFFICE = ("number", "officer_id", "status", "answered_at", "sla", "silence")
TOLD_OF_MEETING = ("meeting_id", "status", "start", "end", "sequence", "link_state")
"""What an e-mail to the office is made of: nothing of the person, who is not its recipient."""

INVITATIONS = (Template.MEETING_SCHEDULED, Template.MEETING_RESCHEDULED)


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
        consultation["meetings"] = [
            {name: meeting[name] for name in TOLD_OF_MEETING}
            for meeting in answer["consultation"]["meetings"]
        ]
        return {"contact": to, "consultation": consultation}
    return answer


def person_of(dossier: Document) -> str | None:
    """Return the person whose own address an e-mail goes to; None for an office's."""
    subject_id: str | None = dossier.get("subject_id")
    consultation: Document = dossier.get("consultation", {})
    return subject_id or consultation.get("subject_id")


def invited(core: Runtime, request: NotificationRequested) -> bool | None:
    """Tell whether an invitation to the meeting of `request` has left; None if one may just be.

    One that waits for a later try will find the meeting cancelled, and not leave.
    """
    tried = [
        facts
        for facts in _facts_about(core, [request.about]).values()
        if _invites(facts[0].event, request)
    ]
    if any(isinstance(fact.event, NotificationSent) for facts in tried for fact in facts):
        return True
    return None if any(_is_due(facts[-1].event, core.clock.now()) for facts in tried) else False


def _invites(event: object, request: NotificationRequested) -> bool:
    return (
        isinstance(event, NotificationRequested)
        and event.template in INVITATIONS
        and event.params.meeting_id == request.params.meeting_id
    )


def _is_due(event: object, now: datetime) -> bool:
    """Tell whether an e-mail, of which this happened last, may be on its way."""
    if isinstance(event, DeliveryDeferred):
        return event.retry_at <= now
    return isinstance(event, NotificationRequested)


def held_about(core: Runtime, subject_id: str, about: list[str]) -> Document:
    """Return the facts of all e-mails about some matters, by stream."""
    return held.in_clear(core, subject_id, _facts_about(core, about))


def _facts_about(core: Runtime, about: list[str]) -> dict[str, list[Fact]]:
    kept = core.view(ABOUT)
    lists.caught_up(core, kept)
    rows = kept.find({"about": {"$in": about}}, [("about", 1)], NO_LIMIT)
    streams = sorted(f"notification-{row['_id']}" for row in rows)
    return {stream: core.stored_facts(stream) for stream in streams}


def _contact(office: Office, addresses: tuple[str, ...], number: int | None) -> Document | None:
    """Return one of the office's own addresses; none if its file names fewer by now."""
    if number is None or number >= len(addresses):
        return None
    return {"name": office.name, "email": addresses[number]}
