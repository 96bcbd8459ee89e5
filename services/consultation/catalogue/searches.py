"""A search is written down once, in a stream of its own; it decides nothing."""

from services.consultation.catalogue.commands import RecordSearch
from services.consultation.catalogue.events import CatalogueSearched


def decide(command: RecordSearch, known: bool) -> list[CatalogueSearched]:
    """Return the fact, once."""
    if known:
        return []
    return [
        CatalogueSearched(
            source=command.source,
            hits=command.hits,
            subject_id=command.subject_id,
            words_of=command.words_of,
            query=command.query,
        )
    ]


def initial() -> bool:
    """Nothing is known of it."""
    return False


def evolve(_known: bool, _fact: object) -> bool:
    """It is written down."""
    return True
