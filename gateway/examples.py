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
CLOSE: dict[str, Any] = {"reason": "resolved", "note": "Tautan tabel dinamis sudah diberikan."}
REOPEN: dict[str, Any] = {"reason": "Tautannya tidak dapat dibuka."}
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
