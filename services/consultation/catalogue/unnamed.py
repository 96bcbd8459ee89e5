"""The words of who searched without a name: nobody's, until a consultation names the search.

They are sealed twice: inside with a key of their own, outside with one of the office and month. So
those of a month can be given up together, and these alone when whoever asked is forgotten.
"""

from collections.abc import Callable, Iterable
from typing import Any

from host import held
from kernel.codec import EventTypes
from kernel.facts import Fact
from kernel.personal import FORGOTTEN
from kernel.vault import Vault
from services.consultation.catalogue.events import CatalogueSearched
from services.consultation.events import ConsultationSubmitted

SEARCH_PREFIX = "search-"

FactsOf = Callable[[str], Iterable[Fact]]
"""Stream → its facts."""


def sealed(vault: Vault, search_id: str, query: str) -> tuple[str, str]:
    """Return words sealed with a key of their own, and whose that is."""
    whose = f"{SEARCH_PREFIX}{search_id}"
    return vault.seal(whose, query.encode()), whose


def opened(vault: Vault, words_of: str | None, query: str) -> str:
    """Return the words of a search whose outer seal is open; "[dihapus]" if they were given up."""
    if words_of is None or query == FORGOTTEN:
        return query
    plain = vault.open(words_of, query)
    return FORGOTTEN if plain is None else plain.decode()


def named_by(subject_id: str, streams: Iterable[str], facts_of: FactsOf) -> list[Fact]:
    """Return the searches without a name that consultations of a person name.

    `streams` are those that tell of the person. Anybody may name anything: a search of somebody
    who is known is never among these.
    """
    found = []
    for stream in streams:
        for fact in facts_of(stream) if stream.startswith("consultation-") else ():
            event = fact.event
            if isinstance(event, ConsultationSubmitted) and event.subject_id == subject_id:
                named = facts_of(f"{SEARCH_PREFIX}{event.search_id}") if event.search_id else ()
                found += [f for f in named if _is_unnamed(f)]
    return found


def told(fact: Fact, types: EventTypes, vault: Vault) -> dict[str, Any]:
    """Return such a search as it is told to who asked, its words in clear."""
    words = held.told(fact, types, vault, fact.event.subject_id)
    words["data"]["query"] = opened(vault, fact.event.words_of, words["data"]["query"])
    return words


def _is_unnamed(fact: Fact) -> bool:
    return isinstance(fact.event, CatalogueSearched) and fact.event.words_of is not None
