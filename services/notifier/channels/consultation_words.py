"""What the e-mails about a consultation say beside its number and topic, as words for templates."""

from datetime import datetime
from typing import Any

from contracts.common import rfc3339
from offices.office import Office
from services.notifier.channels.wording import clock, day_and_time, moment, one_line, short_day
from services.notifier.commands import CONFIRMED, NEW_LINK, REPLIED_IN_TIME
from services.notifier.events import NotificationRequested, Template
from services.notifier.outdated import meeting_of

Document = dict[str, Any]

MISSING = {
    "topic": "topik yang dimaksud",
    "region": "wilayah",
    "period": "periode atau tahun",
    "indicator": "indikator atau variabel",
    "detail": "tingkat rincian",
    "purpose": "tujuan penggunaan",
    "attachment": "lampiran",
    "identity": "identitas Anda",
    "contact": "kontak yang dapat dihubungi",
    "other": "keterangan lain",
}

REFERRED_TO = {
    "library": "Perpustakaan BPS",
    "product_sales": "penjualan produk statistik BPS",
    "recommendation": "rekomendasi kegiatan statistik",
    "website": "situs web BPS",
    "public_information": "layanan informasi publik (PPID)",
    "skd_survey": "Survei Kebutuhan Data (SKD)",
}
"""A word that is missing here is said as its code."""


def of_letter(request: NotificationRequested, dossier: Document, office: Office) -> Document:
    """Return what the template of a letter to the user may use beside what all may."""
    consultation = dossier["consultation"]
    match request.template:
        case Template.CLARIFICATION_REQUESTED:
            codes = consultation["clarification"]["missing"]
            missing = [MISSING.get(code, code) for code in codes]
            return {"missing": missing, **_closing(consultation, office)}
        case Template.CONSULTATION_ANSWERED | Template.SILENCE_REMINDER_DUE:
            return _closing(consultation, office)
        case Template.CONSULTATION_REOPENED:
            in_time = request.params.reason == REPLIED_IN_TIME
            return {"replied_in_time": in_time, "due_at": _due_at(consultation)}
        case Template.REFERRAL_GIVEN:
            return {"referral": _referral(request, consultation)}
        case Template.MEETING_MISSED:
            met = _meeting(request, consultation, office)
            return {"meeting": met, **_closing(consultation, office)}
        case Template.MEETING_SCHEDULED | Template.MEETING_RESCHEDULED | Template.MEETING_CANCELLED:
            met = _meeting(request, consultation, office)
            return {"meeting": met, "new_link": request.params.reason == NEW_LINK}
        case Template.CLOSED_BY_SILENCE:
            return {"confirmed": request.params.reason == CONFIRMED}
        case Template.CLOSED_BY_OFFICER:
            return {"duplicate_number": dossier["duplicate_number"]}
    return {}


def to_office(request: NotificationRequested, dossier: Document, office: Office) -> Document:
    """Return the words of a letter to the office: the number, an officer, dates, nothing more."""
    consultation, params = dossier["consultation"], request.params
    at = params.due_at or params.silent_since
    if request.template is Template.MEETING_LINK_FAILED:
        at = datetime.fromisoformat(meeting_of(request, consultation)["start"])
    if at is None:
        raise ValueError("a letter to the office without its date")
    return {
        "office": office,
        "number": consultation["number"],
        "officer": consultation["officer_id"],
        "id": {"at": moment(at, office.time_zone)},
        "en": {"at": day_and_time(at, office.time_zone)},
    }


def _closing(consultation: Document, office: Office) -> Document:
    """Return until when the user is waited for, and what becomes of it then.

    `closes_at` is None while no silence runs, as before a meeting.
    """
    closes_at = consultation["silence"]["closes_at"]
    by_itself = office.policy.silence_close == "auto"
    words = {"id": "ditutup otomatis", "en": "closes by itself"}
    if not by_itself:
        words = {"id": "dapat ditutup oleh petugas", "en": "may be closed by an officer"}
    return {
        "closes_at": None if closes_at is None else datetime.fromisoformat(closes_at),
        "closing": {"by_itself": by_itself, **words},
    }


def _due_at(consultation: Document) -> datetime | None:
    """Return where a limit that runs ends."""
    sla = consultation["sla"]
    return datetime.fromisoformat(sla["due_at"]) if sla["state"] == "running" else None


def _referral(request: NotificationRequested, consultation: Document) -> Document:
    """Return the one that was given at the moment the letter is about."""
    given_at = rfc3339(request.params.happened_at)
    referral = next(r for r in consultation["referrals"] if r["given_at"] == given_at)
    return {**referral, "to": REFERRED_TO.get(referral["target"], referral["target"])}


def _meeting(request: NotificationRequested, consultation: Document, office: Office) -> Document:
    meeting, zone = meeting_of(request, consultation), office.time_zone
    start, end = (datetime.fromisoformat(meeting[name]) for name in ("start", "end"))
    on = office.calendar.local_date(start)
    return {
        "by_zoom": meeting["kind"] == "zoom",
        "link": meeting["join_url"],
        "reason": meeting["cancel_reason"],
        "place": place(meeting, office),
        "id": {"start": moment(start, zone), "end": clock(end, zone)},
        "en": {"start": day_and_time(start, zone), "end": clock(end, zone, "en")},
        "short": f"{short_day(on)} {clock(start, zone)}",
    }


def place(meeting: Document, office: Office) -> str:
    """Return where one goes, on one line."""
    room = one_line(meeting["place"] or "")
    parts = (room, office.name, one_line(office.document["address"]))
    return ", ".join(part for part in parts if part)
