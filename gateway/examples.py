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
