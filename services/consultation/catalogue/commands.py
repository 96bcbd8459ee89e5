"""What can be asked of a published answer, and how a search is written down."""

from dataclasses import dataclass
from datetime import datetime

from host.caller import Caller
from offices.office import Office
from services.consultation.catalogue.events import Source


@dataclass(frozen=True, kw_only=True)
class PublishAnswer:
    """An officer approves texts; `answered` tells whether the consultation has an answer.

    `theirs`: what is known of who asked, and must not be in them.
    """

    caller: Caller
    now: datetime
    office: Office
    consultation_id: str
    answered: bool
    theirs: tuple[str, ...] = ()
    topic: str
    question: str
    answer: str
    language: str


@dataclass(frozen=True, kw_only=True)
class WithdrawAnswer:
    """It is not to be found any more."""

    caller: Caller
    now: datetime
    office: Office
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecordSearch:
    """A search was answered. `words_of`: whose key the query is sealed with already, if any."""

    now: datetime
    subject_id: str
    words_of: str | None
    query: str
    source: Source
    hits: int


Command = PublishAnswer | WithdrawAnswer
