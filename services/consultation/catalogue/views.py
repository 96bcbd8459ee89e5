"""Facts → what the index and the report are made from: one document an answer, one a search."""

from typing import Any, assert_never

from kernel.facts import Fact
from kernel.views import View
from services.consultation.catalogue.events import (
    AnswerCorrected,
    AnswerEvent,
    AnswerPublished,
    AnswerWithdrawn,
    CatalogueSearched,
)
from services.consultation.events import ConsultationSubmitted

Document = dict[str, Any]

ANSWER_PREFIX = "answer-"
SEARCH_PREFIX = "search-"

TEXTS = ("topic", "question", "answer", "language")


def answer(document: Document | None, fact: Fact) -> Document:
    """Return a published answer after one more fact; `changed` is its place for who follows.

    Nothing of its texts is left once it is withdrawn.
    """
    event: AnswerEvent = fact.event
    known = document or {}
    changed = {"office": fact.office, "changed": fact.position, "version": fact.sequence}
    match event:
        case AnswerPublished() | AnswerCorrected():
            since = known.get("published_at") or fact.occurred_at
            texts = {name: getattr(event, name) for name in TEXTS}
            return {**changed, **texts, "published_at": since, "updated_at": fact.occurred_at}
        case AnswerWithdrawn():
            return {**changed, "published_at": None}
    assert_never(event)


def _answer_of(fact: Fact) -> str | None:
    is_one = fact.stream.startswith(ANSWER_PREFIX)
    return fact.stream.removeprefix(ANSWER_PREFIX) if is_one else None


ANSWERS = View(
    name="published_answers", key=_answer_of, project=answer, indexes=([("changed", 1)],)
)


def search(document: Document | None, fact: Fact) -> Document:
    """Return a search, its query sealed, and the offices in which a consultation named it.

    Anybody may name anything: a document without `searched_at` is of no search of ours.
    """
    known = document or {"followed_in": []}
    event: CatalogueSearched | ConsultationSubmitted = fact.event
    match event:
        case ConsultationSubmitted():
            return {**known, "followed_in": sorted({*known["followed_in"], fact.office})}
        case CatalogueSearched():
            return {
                **known,
                "office": fact.office,
                "searched_at": fact.occurred_at,
                "source": event.source.value,
                "hits": event.hits,
                "subject_id": event.subject_id,
                "words_of": event.words_of,
                "query": event.query,
            }
    assert_never(event)


def _search_of(fact: Fact) -> str | None:
    match fact.event:
        case CatalogueSearched():
            return fact.stream.removeprefix(SEARCH_PREFIX)
        case ConsultationSubmitted(search_id=search_id):
            return search_id
        case _:
            return None


SEARCHES = View(
    name="searches",
    key=_search_of,
    project=search,
    indexes=([("office", 1), ("searched_at", 1)], [("subject_id", 1)]),
    personal=("query",),
)

VIEWS = (ANSWERS, SEARCHES)
