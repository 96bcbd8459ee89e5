"""The history as people read it: one sentence a fact, in Indonesian and in English."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from kernel.facts import Fact
from services.consultation.attachments.events import AttachmentDropped, AttachmentUploaded
from services.consultation.events import (
    ClarificationEnded,
    ClarificationRequested,
    CloseReason,
    ConsultationAnswered,
    ConsultationAssigned,
    ConsultationClosed,
    ConsultationReopened,
    ConsultationSubmitted,
    ContactBounced,
    ContactCorrected,
    ContactReached,
    DeadlineRecalculated,
    Event,
    MeetingCancelled,
    MeetingHeld,
    MeetingLinkFailed,
    MeetingLinkMade,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
    MessagePosted,
    Party,
    ReferralGiven,
    RequestAccepted,
    SilenceLapsed,
    SilenceReminderDue,
    SilenceStarted,
    SlaApproaching,
    SlaBreached,
    SlaMet,
    SlaRejudged,
)

WHO = {
    Party.USER: ("Pengguna", "The user"),
    Party.OFFICER: ("Petugas", "An officer"),
    Party.SYSTEM: ("Sistem", "The system"),
}

BECAUSE = {
    CloseReason.RESOLVED: ("selesai", "resolved"),
    CloseReason.USER_SILENT: ("pengguna tidak merespons", "the user did not respond"),
    CloseReason.WITHDRAWN: ("ditarik pengguna", "withdrawn by the user"),
    CloseReason.OUT_OF_SCOPE: ("di luar layanan", "out of scope"),
    CloseReason.DUPLICATE: ("pertanyaan ganda", "a duplicate"),
    CloseReason.SPAM: ("bukan permintaan layanan", "spam"),
}


@dataclass(frozen=True)
class Told:
    """What people read."""

    id: str
    en: str


def told(fact: Fact, time_zone: str) -> Told:
    """Tell one fact; times are the office's."""
    words = _Words(ZoneInfo(time_zone))
    event: Event = fact.event
    match event:
        case ConsultationSubmitted():
            return Told(f"Pertanyaan diajukan ({event.number})", f"Submitted as {event.number}")
        case ClarificationRequested():
            return Told("Petugas meminta kejelasan", "An officer asked for clarification")
        case ClarificationEnded():
            return _cleared_up(event)
        case RequestAccepted():
            at = words.moment(event.due_at)
            return Told(
                f"Permintaan lengkap; dijawab paling lambat {at.id}",
                f"Accepted; to be answered by {at.en}",
            )
        case ConsultationAssigned():
            officer = event.officer_id
            return Told(f"Ditangani petugas {officer}", f"Assigned to officer {officer}")
        case MessagePosted():
            return _message(event)
        case ConsultationAnswered():
            return Told("Pertanyaan dijawab", "Answered")
        case SlaApproaching():
            return Told("Batas waktu tinggal satu hari kerja", "One working day of the limit left")
        case SlaMet():
            return Told("Dijawab dalam batas waktu", "Answered within the limit")
        case SlaBreached():
            at = words.moment(event.due_at)
            return Told(f"Batas waktu {at.id} terlampaui", f"The limit of {at.en} has passed")
        case SlaRejudged():
            return _rejudged(event)
        case SilenceStarted():
            at = words.moment(event.closes_at)
            return Told(
                f"Menunggu pengguna sampai {at.id}", f"The user is waited for until {at.en}"
            )
        case SilenceReminderDue():
            return Told(f"Pengingat ke-{event.n} dikirim", f"Reminder {event.n}")
        case SilenceLapsed():
            return Told("Masa tunggu pengguna berakhir", "The user was silent for too long")
        case AttachmentUploaded():
            return Told("Berkas diunggah", "A file was uploaded")
        case AttachmentDropped():
            return Told("Berkas tidak dipakai dan dihapus", "A file was not used, and is dropped")
        case ContactBounced():
            return Told("Pesan tidak sampai ke pengguna", "What we write does not arrive")
        case ContactReached():
            return Told("Pesan sampai ke pengguna", "What we write arrives again")
        case ContactCorrected():
            return Told("Kontak diperbaiki petugas", "An officer corrected the contact")
        case ReferralGiven():
            return Told(f"Dirujuk: {event.target}", f"Referred to: {event.target}")
        case MeetingScheduled():
            at = words.moment(event.start)
            return Told(f"Pertemuan dijadwalkan {at.id}", f"A meeting is set for {at.en}")
        case MeetingRescheduled():
            at = words.moment(event.start)
            return Told(f"Pertemuan dipindahkan ke {at.id}", f"The meeting is moved to {at.en}")
        case MeetingLinkMade():
            return Told("Tautan pertemuan sudah dibuat", "The link of the meeting is made")
        case MeetingLinkFailed():
            return Told("Tautan pertemuan belum dapat dibuat", "No link could be made so far")
        case MeetingCancelled():
            return Told("Pertemuan dibatalkan", "The meeting is cancelled")
        case MeetingHeld():
            return Told("Pertemuan berlangsung", "The meeting took place")
        case MeetingMissed():
            return Told("Pengguna tidak hadir", "The user did not come")
        case ConsultationClosed():
            reason = BECAUSE[event.reason]
            return Told(f"Ditutup: {reason[0]}", f"Closed: {reason[1]}")
        case ConsultationReopened():
            return _reopened(event)
        case DeadlineRecalculated():
            at = words.moment(event.new)
            return Told(f"Batas waktu menjadi {at.id}", f"The limit is now {at.en}")
    assert_never(event)


def _cleared_up(event: ClarificationEnded) -> Told:
    if event.by is Party.SYSTEM:
        return Told("Kejelasan tidak lagi ditunggu", "Clarification is waited for no more")
    who = WHO[event.by]
    return Told(f"{who[0]} memberi kejelasan", f"{who[1]} cleared it up")


def _message(event: MessagePosted) -> Told:
    if event.internal:
        return Told("Catatan internal", "An internal note")
    if event.automatic:
        return Told("Balasan otomatis", "An automatic reply")
    if event.by is Party.USER and event.officer_id is not None:
        return Told(
            f"Petugas mencatat pesan pengguna ({event.channel})",
            f"An officer wrote down what the user said ({event.channel})",
        )
    who = WHO[event.by]
    return Told(f"{who[0]} menulis", f"{who[1]} wrote")


def _rejudged(event: SlaRejudged) -> Told:
    if event.met:
        return Told(
            "Menurut kalender baru: dalam batas waktu", "By the new calendar: within the limit"
        )
    return Told("Menurut kalender baru: terlambat", "By the new calendar: late")


def _reopened(event: ConsultationReopened) -> Told:
    if event.reverses_close:
        return Told(
            "Penutupan otomatis dibatalkan: balasan dikirim sebelumnya",
            "The automatic close is undone: the reply was sent before it",
        )
    return Told("Dibuka kembali", "Reopened")


@dataclass(frozen=True)
class _Words:
    zone: ZoneInfo

    def moment(self, at: datetime) -> Told:
        """Write e.g. `Rabu, 25 November 2026 pukul 15.30 WIB`."""
        indonesian = "EEEE, d MMMM y 'pukul' HH.mm z"
        return Told(
            format_datetime(at, indonesian, tzinfo=self.zone, locale="id"),
            format_datetime(at, "EEEE, d MMMM y HH:mm z", tzinfo=self.zone, locale="en"),
        )
