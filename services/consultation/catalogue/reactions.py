"""What is published of these facts: no text, though officers made it fit for everybody."""

from typing import assert_never

from kernel.effects import Effect, Publish
from kernel.facts import Fact
from services.consultation.catalogue.events import (
    AnswerCorrected,
    AnswerEvent,
    AnswerPublished,
    AnswerWithdrawn,
    CatalogueSearched,
)

Event = AnswerEvent | CatalogueSearched


def react(fact: Fact) -> list[Effect]:
    """Return the effects of one fact."""
    event: Event = fact.event
    match event:
        case AnswerPublished() | AnswerCorrected():
            ids = {"consultation_id": event.consultation_id, "officer_id": event.officer_id}
            return [Publish(fact.name, {**ids, "language": event.language})]
        case AnswerWithdrawn():
            return [Publish(fact.name, {"officer_id": event.officer_id})]
        case CatalogueSearched():
            return [Publish(fact.name, {"source": event.source, "hits": event.hits})]
    assert_never(event)
