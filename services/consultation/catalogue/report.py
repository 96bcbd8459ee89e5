"""The report of searches: what the log says of what people looked for before they asked."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from services.consultation.catalogue.events import Source

Document = dict[str, Any]

MISSED_MAX = 200


def searches(office: str, rows: Iterable[Document]) -> tuple[Document, list[Document]]:
    """Return the counts, in all and by source, and the searches that found nothing.

    Not among these are those that could not ask: nothing says that there is nothing.
    """
    by_source: dict[str, Counter[str]] = {}
    missed = []
    for row in rows:
        counts = by_source.setdefault(row["source"], Counter())
        counts["searches"] += 1
        counts["followed"] += office in row["followed_in"]
        if row["hits"] == 0:
            counts["found_nothing"] += 1
            if row["source"] != Source.UNAVAILABLE:
                missed.append(row)
    total = sum(by_source.values(), Counter[str]())
    ranked = [{"source": name, **_shown(by_source[name])} for name in sorted(by_source)]
    return {**_shown(total), "by_source": ranked}, missed


def commonest(queries: Iterable[str]) -> list[Document]:
    """Return queries with their counts, the commonest first; case and blanks make no other."""
    counts = Counter(" ".join(query.casefold().split()) for query in queries)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"query": query, "searches": count} for query, count in ranked[:MISSED_MAX]]


def _shown(counts: Counter[str]) -> Document:
    return {name: counts[name] for name in ("searches", "found_nothing", "followed")}
