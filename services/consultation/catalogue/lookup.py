"""What BPS publishes about a question: from the Web API, from what it answered before, or not.

Everything together takes no longer than `BUDGET_S`: the lists of all models and domains are asked
for side by side, and who is late is cut off. After some lookups in a row without any answer the Web
API is left alone for a while, and no more than so many wait for it at a time, the next for their
turn: while it is slow, others need the workers of this process.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import structlog
from circuitbreaker import CircuitBreaker
from eventlet.semaphore import Semaphore
from prometheus_client import Counter, Gauge

from host.side_by_side import side_by_side
from kernel.clock import monotonic
from services.consultation.catalogue.cache import Cache, Kept
from services.consultation.catalogue.channels.rows import READING, Item, WebApiFailure
from services.consultation.catalogue.channels.web_api import LANGUAGE
from services.consultation.catalogue.events import Source
from services.consultation.catalogue.words import EMPTY

log = structlog.get_logger()

BUDGET_S = 1.4
"""Two seconds are promised; some of it is left for what comes before and after."""

CACHE_S = 0.4
TURN_S = 0.8
"""So long a lookup waits for its turn; what it is to ask needs time, too."""

BUSY = "busy"
"""The result of a lookup whose turn did not come."""

FAILURES = 3
AT_ONCE = 8

NATIONAL = "0000"
KEYWORD_MAX = 100

ANSWERS = Counter("pst_webapi_answers_total", "Lists asked of the Web API", ["model", "result"])
BREAKER = Gauge("pst_webapi_breaker_open", "1 while the Web API is left alone")

_WORDS = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class Api(Protocol):
    """What is asked; raises `WebApiFailure`."""

    def ask(self, model: str, domain: str, keyword: str) -> list[Item]: ...


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What was found; `incomplete`: something of it could not be asked."""

    source: Source
    items: list[Item] = field(default_factory=list)
    cached_at: datetime | None = None
    incomplete: bool = False


class Lookup:
    """Looks questions up; one a process."""

    def __init__(self, api: Api, cache: Cache, pause_s: float) -> None:
        self._api = api
        self._cache = cache
        self._breaker = CircuitBreaker(FAILURES, pause_s, WebApiFailure, "webapi")
        self._turns = Semaphore(AT_ONCE)
        BREAKER.set_function(lambda: int(not self._breaker.closed))

    def look(self, domain: str, asked: str, now: datetime) -> Looked:
        """Return what the domain of an office and the national one list."""
        keyword = keyword_of(asked)
        if not keyword:
            return Looked(source=Source.LOCAL)
        give_up = monotonic() + BUDGET_S
        domains = list(dict.fromkeys((domain, NATIONAL)))
        kept = self._kept(domains, keyword, now)
        stale = [d for d in domains if not ((known := kept[d]) and known.fresh)]
        lists = self._ask(stale, keyword, give_up - monotonic()) if stale else {}
        self._keep(lists, keyword, now)
        return _together([_one(kept[d], lists.get(d)) for d in domains])

    def _kept(self, domains: Sequence[str], keyword: str, now: datetime) -> dict[str, Kept | None]:
        jobs = [partial(self._cache.get, (keyword, d, LANGUAGE), now) for d in domains]
        found = side_by_side(jobs, CACHE_S, end_late=False)
        return dict(zip(domains, found, strict=True))

    def _ask(self, domains: Sequence[str], keyword: str, seconds: float) -> dict[str, "_Lists"]:
        """Return what each domain answered, one list a model: None for one that failed."""
        none: dict[str, _Lists] = {d: [None] * len(READING) for d in domains}
        give_up = monotonic() + seconds
        if self._breaker.opened or not self._turn_comes():
            return none
        try:
            if self._breaker.opened:  # by others, meanwhile
                return none
            with self._breaker:
                return self._asked(domains, keyword, give_up - monotonic())
        except WebApiFailure:
            return none
        finally:
            self._turns.release()

    def _turn_comes(self) -> bool:
        """Wait a moment for a turn, unless as many wait already, and tell whether it came."""
        if self._turns.balance > -AT_ONCE and self._turns.acquire(timeout=TURN_S):
            return True
        for model in READING:
            ANSWERS.labels(model, BUSY).inc()
        log.warning("webapi_failed", results=[BUSY])
        return False

    def _asked(self, domains: Sequence[str], keyword: str, seconds: float) -> dict[str, "_Lists"]:
        wishes = [(model, domain) for domain in domains for model in READING]
        jobs = [partial(self._list, model, domain, keyword) for model, domain in wishes]
        answers = side_by_side(jobs, seconds, end_late=True)
        lists: dict[str, _Lists] = {d: [] for d in domains}
        results = set()
        for (model, domain), answer in zip(wishes, answers, strict=True):
            listed = answer if isinstance(answer, list) else None
            result = "ok" if listed is not None else str(answer or "late")
            lists[domain].append(listed)
            results.add(result)
            ANSWERS.labels(model, result).inc()
        if failed := sorted(results - {"ok"}):
            log.warning("webapi_failed", results=failed)
        if "ok" not in results:
            raise WebApiFailure("no answer at all")
        return lists

    def _list(self, model: str, domain: str, keyword: str) -> list[Item] | str:
        """Return a list, or in a word why there is none."""
        try:
            return self._api.ask(model, domain, keyword)
        except WebApiFailure as failure:
            return str(failure)

    def _keep(self, lists: "dict[str, _Lists]", keyword: str, now: datetime) -> None:
        """Keep what is whole; nobody waits for it."""
        whole = {d: _flat(found) for d, found in lists.items() if None not in found}
        jobs: list[Callable[[], None]] = [
            partial(self._cache.put, (keyword, d, LANGUAGE), found, now)
            for d, found in whole.items()
        ]
        side_by_side(jobs, 0, end_late=False)


_Lists = list[list[Item] | None]


def keyword_of(asked: str) -> str:
    """Return the words that were asked for, in a form in which equal questions are equal.

    Without those that say nothing, if others are left: titles hold no whole sentences.
    """
    words = _WORDS.findall(unicodedata.normalize("NFC", asked.casefold()))
    telling = [word for word in words if word not in EMPTY]
    return " ".join(telling or words)[:KEYWORD_MAX].strip()


def _one(kept: Kept | None, lists: _Lists | None) -> Looked:
    """Return what is to be said of one domain; what has run out is not all there may be."""
    if lists is not None and any(found is not None for found in lists):
        return Looked(source=Source.LIVE, items=_flat(lists), incomplete=None in lists)
    if kept is not None:
        items, since, old = kept.items, kept.cached_at, not kept.fresh
        return Looked(source=Source.CACHE, items=items, cached_at=since, incomplete=old)
    return Looked(source=Source.UNAVAILABLE, incomplete=True)


def _together(parts: Sequence[Looked]) -> Looked:
    """Return it as one, the office's own first: its source counts, and the age of the oldest."""
    times = [part.cached_at for part in parts if part.cached_at]
    return Looked(
        source=parts[0].source,
        items=[item for part in parts for item in part.items],
        cached_at=min(times, default=None),
        incomplete=any(part.incomplete for part in parts),
    )


def _flat(lists: _Lists) -> list[Any]:
    return [item for found in lists for item in found or ()]
