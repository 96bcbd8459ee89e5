"""The catalogue's entrypoints, part of the consultation service: validate, stamp, hand over."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from contracts import catalogue as shapes
from contracts.caller import ANONYMOUS
from contracts.common import schema
from contracts.errors import Rejected, Unavailable
from host.caller import Caller
from host.entrypoints import EventSourced
from host.rpc import rpc
from host.side_by_side import side_by_side
from kernel.aggregate import Aggregate, Outcome
from kernel.clock import derive_id, new_id
from offices.office import Office
from services.consultation import guards
from services.consultation.catalogue import commands, decider, queries, searches, state, unnamed
from services.consultation.catalogue.lookup import Looked
from services.consultation.catalogue.provider import Catalogue

Request = dict[str, Any]
Answer = dict[str, Any]

log = structlog.get_logger()

ANSWER = Aggregate("answer", decider.decide, state.evolve, state.State)
SEARCH = Aggregate("search", searches.decide, searches.evolve, searches.initial)

RECORD_S = 0.3
"""So long a search waits to be written down; it is answered all the same."""


class CatalogueCalls:
    """Search before you ask, and the answers that can be found.

    The service it is part of gives it `core`, `office` and the aggregate of its consultations.
    """

    core: EventSourced
    office: Callable[[str], Office]
    consultations: Aggregate[Any]
    catalogue = Catalogue()

    @rpc
    def search(self, request: Request) -> Answer:
        """Look for what may answer a question; `SearchRequest`. Says so when much is away."""
        asked = schema(shapes.SearchRequest).load(request)
        caller, office = Caller.of(asked["caller"]), self.office(asked["office"])
        found = self.catalogue.find(office, asked["q"], self.core.clock.now())
        search_id = self._written_down(caller, office, asked["q"], found)
        answer: Answer = schema(shapes.SearchSchema).dump({**vars(found), "search_id": search_id})
        return answer

    @rpc
    def publish_answer(self, request: Request) -> Answer:
        """Have everybody find a question and its answer; `PublishAnswerRequest`."""
        asked = schema(shapes.PublishAnswerRequest).load(request)
        caller, about = Caller.of(asked.pop("caller")), asked["consultation_id"]
        known = self.core.commands.state(self.consultations, about).state
        guards.check_access(caller, known.office, known.subject_id)
        command = commands.PublishAnswer(
            caller=caller,
            now=self.core.clock.now(),
            office=self.office(known.office),
            answered=known.answered,
            theirs=queries.known_of_asker(self.core, about, known.subject_id),
            **asked,
        )
        key = derive_id("answer", about)  # one a consultation
        outcome = self._of_answer(key, caller, command)
        return {"answer": queries.answer(self.core, key), "replayed": outcome.replayed}

    @rpc
    def withdraw_answer(self, request: Request) -> Answer:
        """Publish an answer no more; `WithdrawAnswerRequest`."""
        asked = schema(shapes.WithdrawAnswerRequest).load(request)
        caller, key = Caller.of(asked.pop("caller")), asked.pop("answer_id")
        known = self.core.commands.glance(ANSWER, key)
        guards.check_access(caller, known.office, "")
        command = commands.WithdrawAnswer(
            caller=caller,
            now=self.core.clock.now(),
            office=self.office(known.office),
            **asked,
        )
        outcome = self._of_answer(key, caller, command)
        gone = {"answer_id": key, "version": outcome.version}
        return {"answer": gone, "replayed": outcome.replayed}

    @rpc
    def published_answer(self, request: Request) -> Answer:
        """Return an answer for everybody; `AnswerRequest`."""
        asked = schema(shapes.AnswerRequest).load(request)
        return queries.answer(self.core, asked["answer_id"])

    @rpc
    def searches_report(self, request: Request) -> Answer:
        """Return what people looked for, for officers; `SearchReportRequest`."""
        asked = schema(shapes.SearchReportRequest).load(request)
        office = self.office(asked["office"])
        guards.check_access(Caller.of(asked["caller"]), office.id, "")
        return queries.searches_report(self.core, office, asked["from_"], asked["to"])

    def _of_answer(
        self, key: str, caller: Caller, command: commands.Command
    ) -> Outcome[state.State]:
        meta = caller.meta(command.office.id, new_id())
        return self.core.commands.handle(ANSWER, key, command, meta)

    def _written_down(
        self, caller: Caller, office: Office, asked: str, found: Looked
    ) -> str | None:
        """Return the id of the search, None when it could not be written down in time.

        Broken off in the midst of a commit others would have to wait: it goes on by itself.
        """
        record = partial(self._record, caller, office, asked, found)
        return side_by_side([record], RECORD_S, end_late=False)[0]

    def _record(self, caller: Caller, office: Office, asked: str, found: Looked) -> str | None:
        search_id, now = new_id(), self.core.clock.now()
        query, words_of = asked, None
        if (subject_id := _searcher(caller)) is None:
            subject_id = _month(office, now)
            query, words_of = unnamed.sealed(self.core.vault, search_id, asked)
        command = commands.RecordSearch(
            now=now,
            subject_id=subject_id,
            words_of=words_of,
            query=query,
            source=found.source,
            hits=len(found.items),
        )
        try:
            self.core.commands.handle(SEARCH, search_id, command, caller.meta(office.id, new_id()))
        except (Rejected, Unavailable) as error:
            log.warning("search_not_recorded", error=str(error.code))
            return None
        return search_id


def _searcher(caller: Caller) -> str | None:
    """Return whose words they are, None for nobody's known."""
    return caller.id if caller.role == "service_user" and caller.id != ANONYMOUS else None


def _month(office: Office, now: datetime) -> str:
    """Return for whom the unknown searchers of a month stand, by office.

    What they looked for can be given up together: `pst vault forget searches-1471-2026-11`.
    """
    return f"searches-{office.id}-{office.calendar.local_date(now):%Y-%m}"
