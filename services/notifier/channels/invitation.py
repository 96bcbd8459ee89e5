"""Meetings as calendars take them (RFC 5545, RFC 5546): an invitation, a change, a cancellation.

One `UID` per meeting, `SEQUENCE` as our facts count its changes: a calendar keeps the highest. A
meeting that was cancelled is never taken up again, a new one has a `UID` of its own. `RSVP` is
false: an answer by calendar would be read by nobody; who cannot come answers the e-mail.
"""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vUri

from offices.office import Office
from services.notifier.channels.consultation_words import place
from services.notifier.channels.wording import one_line
from services.notifier.events import NotificationRequested, Template
from services.notifier.outdated import meeting_of

Document = dict[str, Any]

METHODS = {
    Template.MEETING_SCHEDULED: "REQUEST",
    Template.MEETING_RESCHEDULED: "REQUEST",
    Template.MEETING_CANCELLED: "CANCEL",
}
STATUSES = {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}


@dataclass(frozen=True)
class Invitation:
    """What goes with a letter about a meeting; `text` has the line ends of its format."""

    method: str
    text: str


def invitation(
    request: NotificationRequested, dossier: Document, office: Office, sender: Address, to: Address
) -> Invitation | None:
    """Return what goes with a letter, None with most; follows from the notification alone."""
    method = METHODS.get(request.template)
    if method is None:
        return None
    calendar = Calendar()
    calendar.add("prodid", "-//BPS//PST Konsultasi//ID")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_zone(office))
    calendar.add_component(_event(request, dossier, office, sender, to, method))
    return Invitation(method, calendar.to_ical().decode())


def _zone(office: Office) -> Timezone:
    zone = Timezone.from_tzid(office.time_zone)
    zone.pop("COMMENT", None)
    return zone


def _event(
    request: NotificationRequested,
    dossier: Document,
    office: Office,
    sender: Address,
    to: Address,
    method: str,
) -> Event:
    number, zone = dossier["consultation"]["number"], ZoneInfo(office.time_zone)
    meeting = meeting_of(request, dossier["consultation"])
    event = Event()
    event.add("uid", f"{request.params.meeting_id}@{sender.domain}")
    event.add("sequence", request.params.sequence)
    event.add("dtstamp", request.params.happened_at)
    for name in ("start", "end"):
        event.add(f"dt{name}", datetime.fromisoformat(meeting[name]).astimezone(zone))
    event.add("summary", f"Konsultasi statistik [{number}]")
    event.add("status", STATUSES[method])
    event.add("organizer", _somebody(sender))
    attendee = {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "FALSE"}
    event.add("attendee", _somebody(to), attendee)
    link = meeting["join_url"] if meeting["kind"] == "zoom" else None
    event.add("location", link or place(meeting, office))
    event.add("description", _description(number, link, office))
    if link:
        event.add("url", vUri(link))
    return event


def _description(number: str, link: str | None, office: Office) -> str:
    lines = [f"Nomor konsultasi: {number}", office.name]
    if link:
        lines.append(f"Tautan Zoom: {link}")
    lines.append("Tidak dapat hadir? Balas email undangan ini.")
    return "\n".join(lines)


def _somebody(address: Address) -> vCalAddress:
    """A name cannot hold quotes there, which end it."""
    somebody = vCalAddress(f"mailto:{address.addr_spec}")
    shown = one_line(address.display_name).replace('"', "'")
    if shown:
        somebody.params["CN"] = shown
    return somebody
