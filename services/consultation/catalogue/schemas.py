"""The stored forms of this part; `services/consultation/schemas.py` joins them to the others."""

from typing import Any

from kernel.codec import Earlier, EventType
from services.consultation.catalogue import events

TYPES = (
    EventType("answer_published", 1, events.AnswerPublished),
    EventType("answer_corrected", 1, events.AnswerCorrected),
    EventType("answer_withdrawn", 1, events.AnswerWithdrawn),
    EventType("catalogue_searched", 2, events.CatalogueSearched),
)


def with_words_of(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 the words of who gave no name have a key of their own."""
    return {**data, "words_of": None}


EARLIER = (Earlier("catalogue_searched", 1, with_words_of),)
