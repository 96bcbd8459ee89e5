"""The stored forms of this part; `services/consultation/schemas.py` joins them to the others."""

from kernel.codec import EventType
from services.consultation.catalogue import events

TYPES = (
    EventType("answer_published", 1, events.AnswerPublished),
    EventType("answer_corrected", 1, events.AnswerCorrected),
    EventType("answer_withdrawn", 1, events.AnswerWithdrawn),
    EventType("catalogue_searched", 1, events.CatalogueSearched),
)
