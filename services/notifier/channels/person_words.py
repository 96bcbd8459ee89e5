"""What the e-mails about an account say, as words for their templates."""

from datetime import datetime
from typing import Any

from offices.office import Office
from services.notifier.channels.wording import clock

Document = dict[str, Any]


def words(dossier: Document, office: Office) -> Document:
    """Return the words; `dossier` is what the consultation service answers for a person."""
    until = dossier["valid_until"]
    at = None if until is None else datetime.fromisoformat(until)
    return {
        "name": dossier["contact"]["name"],
        "code": dossier["code"],
        "until": {
            locale: None if at is None else clock(at, office.time_zone, locale)
            for locale in ("id", "en")
        },
        "office": office,
        "contact": office.document["contact"],
        "complaints": office.document["standard"]["complaints"]["online"],
    }
