"""Bodies that show how a call is meant; they stand in the API document, ready to be tried."""

from typing import Any

SUBMIT: dict[str, Any] = {
    "office": "1471",
    "type": "data",
    "topic": "Inflasi Pekanbaru",
    "question": "Di mana saya menemukan angka inflasi bulanan Pekanbaru sejak 2020?",
    "contact": {"name": "Siti Rahma", "email": "siti@example.com"},
    "channel": "visit",
}
MESSAGE: dict[str, Any] = {
    "text": "Angkanya ada di pekanbarukota.bps.go.id, menu Inflasi.",
    "internal": False,
}
CLARIFICATION: dict[str, Any] = {
    "text": "Inflasi bulanan atau tahunan? Sejak tahun berapa?",
    "missing": ["period", "detail"],
}
ASSIGN: dict[str, Any] = {"officer_id": "ani"}
CONSULTATION_REFERRAL: dict[str, Any] = {
    "target": "library",
    "url": "https://perpustakaan.bps.go.id",
    "reason": "Publikasi sebelum 1980 hanya ada di perpustakaan.",
}
MEETING: dict[str, Any] = {
    "kind": "zoom",
    "start": "2099-11-25T03:00:00.000Z",
    "duration_min": 45,
    "join_url": "https://zoom.us/j/123456789",
}
RESCHEDULE: dict[str, Any] = {"start": "2099-11-26T03:00:00.000Z", "duration_min": 45}
CANCELLATION: dict[str, Any] = {"reason": "Petugas berhalangan."}
SUMMARY: dict[str, Any] = {"summary": "Kami membahas cara membaca tabel dinamis inflasi."}
DECREE: dict[str, Any] = {
    "date": "2026-12-28",
    "kind": "joint_leave",
    "decree_no": "SKB 3 Menteri 2026",
    "office": "1471",
}
REVOCATION: dict[str, Any] = {
    "date": "2026-12-28",
    "decree_no": "SKB 3 Menteri 2026 perubahan",
    "office": "1471",
}
CANNED: dict[str, Any] = {
    "title": "Inflasi bulanan",
    "text_id": "Tabel inflasi bulanan ada di pekanbarukota.bps.go.id, menu Inflasi.",
    "text_en": "Monthly inflation is at pekanbarukota.bps.go.id, menu Inflation.",
}
REASSIGN: dict[str, Any] = {"from_officer": "budi", "to_officers": ["ani", "cici"]}
CLOSE: dict[str, Any] = {"reason": "resolved", "note": "Tautan tabel dinamis sudah diberikan."}
WITHDRAW: dict[str, Any] = {"note": "Menelepon: data sudah ditemukan sendiri."}
CONTACT: dict[str, Any] = {"name": "Siti Rahma", "email": "siti.rahma@example.com"}
REOPEN: dict[str, Any] = {"reason": "Tautannya tidak dapat dibuka."}
REGISTER: dict[str, Any] = {
    "name": "Siti Rahma",
    "email": "siti@example.com",
    "phone": "0812-3456-7890",
    "institution": "Universitas Riau",
    "notice_version": "2026-1",
}
LOGIN: dict[str, Any] = {"email": "siti@example.com"}
VERIFY: dict[str, Any] = {"email": "siti@example.com", "code": "123456"}
CODE: dict[str, Any] = {"code": "123456"}
CORRECT: dict[str, Any] = {"phone": "+6281234567890", "institution": None}
HOLD: dict[str, Any] = {"reference": "PD-1471-2026-000001", "reason": "Pengaduan masih ditangani."}
RELEASE: dict[str, Any] = {"reference": "PD-1471-2026-000001"}
TICKET: dict[str, Any] = {"lane": "priority", "priority_reason": "elderly"}
CALL_NEXT: dict[str, Any] = {"stop": "desk"}
GUEST_BOOK: dict[str, Any] = {
    "name": "Siti Rahma",
    "email": "siti@example.com",
    "sex": "female",
    "birth_year": 2001,
    "education": "d4_s1",
    "occupation": "student",
    "institution": "Universitas Riau",
    "institution_category": "education_research_domestic",
    "identity_type": "ktp",
    "identity_checked": True,
    "purpose": "Data inflasi untuk skripsi",
    "use": "school_assignment",
    "services": ["consultation"],
    "means": ["visit"],
    "notice_version": "2026-1",
}
IDENTITY: dict[str, Any] = {"identity_type": "sim"}
NOTE: dict[str, Any] = {"text": "Menunjukkan tabel dinamis inflasi."}
REFERRAL: dict[str, Any] = {"target": "library"}
TRANSFER: dict[str, Any] = {"counter": "K-2"}
FINISH: dict[str, Any] = {"outcome": "served"}
SUSPEND: dict[str, Any] = {"reason_code": "power_cut"}
PUBLISH_ANSWER: dict[str, Any] = {
    "topic": "Inflasi bulanan Pekanbaru",
    "question": "Di mana angka inflasi bulanan Pekanbaru sejak 2020?",
    "answer": "Di pekanbarukota.bps.go.id, menu Tabel Statistik, subjek Inflasi.",
    "language": "id",
}
WITHDRAW_ANSWER: dict[str, Any] = {"reason": "Tabel itu sudah dipindahkan."}
