"""What happened to published answers and to searches: past tense, frozen, no clock."""

from dataclasses import dataclass
from enum import StrEnum

from kernel.personal import Personal


class Source(StrEnum):
    """Where the items of a search come from, beside the answers of the office."""

    LIVE = "live"
    CACHE = "cache"
    UNAVAILABLE = "unavailable"
    LOCAL = "local"


@dataclass(frozen=True, kw_only=True)
class _Approved:
    """Texts for everybody, and the officer who answers for them: nothing personal is in them."""

    consultation_id: str
    officer_id: str
    topic: str
    question: str
    answer: str
    language: str


@dataclass(frozen=True, kw_only=True)
class AnswerPublished(_Approved):
    """A question and its answer can be found by everybody."""


@dataclass(frozen=True, kw_only=True)
class AnswerCorrected(_Approved):
    """It says something else from now on."""


@dataclass(frozen=True, kw_only=True)
class AnswerWithdrawn:
    """It is published no more."""

    officer_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CatalogueSearched:
    """Somebody looked before asking; `subject_id` may stand for a month's unknown searchers.

    Then `words_of` names the key with which the query is sealed inside, its own.
    """

    source: Source
    hits: int
    subject_id: str
    words_of: str | None
    query: Personal[str]


AnswerEvent = AnswerPublished | AnswerCorrected | AnswerWithdrawn
