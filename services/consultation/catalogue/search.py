"""One search: the office's own answers, then what BPS publishes."""

from datetime import datetime

from offices.office import Office
from services.consultation.catalogue.channels.rows import Item
from services.consultation.catalogue.events import Source
from services.consultation.catalogue.index import AnswerIndex, Found
from services.consultation.catalogue.lookup import Looked, Lookup

ANSWERS_MAX = 10
ITEMS_MAX = 60
"""Three lists of ten, of two domains."""


class Search:
    """Searches for the service; without `lookup` (no key is configured) the answers only."""

    def __init__(self, index: AnswerIndex, lookup: Lookup | None) -> None:
        self._index = index
        self._lookup = lookup

    def find(self, office: Office, asked: str, now: datetime) -> Looked:
        """Return what was found; never raises for what is away."""
        answers = self._index.search(office.id, asked, ANSWERS_MAX)
        own = [_item(office, found) for found in answers]
        if self._lookup is None:
            return Looked(source=Source.LOCAL, items=own)
        looked = self._lookup.look(office.webapi_domain, asked, now)
        return Looked(
            source=looked.source,
            items=[*own, *looked.items[:ITEMS_MAX]],
            cached_at=looked.cached_at,
            incomplete=looked.incomplete,
        )


def _item(office: Office, found: Found) -> Item:
    entry = found.entry
    return {
        "kind": "answered_question",
        "title": entry.topic,
        "url": f"/v1/answers/{entry.answer_id}",
        "released_on": office.calendar.local_date(entry.published_at).isoformat(),
        "snippet": found.snippet,
    }
