"""Entrypoints of shared work: kept answers, the cases of who is absent, what came of all."""

from functools import partial
from itertools import cycle

import eventlet

from contracts import sharing as shapes
from contracts.common import schema
from contracts.consultation_report import ReportRequest
from contracts.errors import Code, Rejected
from host import lists
from host.caller import Caller
from host.rpc import rpc
from kernel.clock import derive_id, new_id
from kernel.deadlines import Deadline
from services.consultation import canned, commands, guards, queries, views
from services.consultation.entrypoints import CONSULTATION, Answer, Entrypoints, Request
from services.consultation.handover import (
    HANDOVER,
    BeginHandover,
    Case,
    FinishHandover,
    HandoverDone,
)

SIDE_BY_SIDE = 8

TOGETHER = 200
"""So many cases are handed on in one call, which ends well before its caller loses patience."""


class SharingService(Entrypoints):
    """What officers of one office have in common."""

    @rpc
    def canned_answers(self, request: Request) -> Answer:
        """Return all of an office; `OfficeRequest`."""
        office, _ = self._of_office(schema(shapes.OfficeRequest).load(request))
        return self._canned(office)

    @rpc
    def save_canned(self, request: Request) -> Answer:
        """Keep an answer; `SaveCannedRequest`. Answers it as `answer`."""
        asked = schema(shapes.SaveCannedRequest).load(request)
        office, caller = self._of_office(asked)
        command_id = caller.command_id or new_id()
        command = canned.SaveCannedAnswer(
            now=self.core.clock.now(),
            canned_id=asked["canned_id"] or derive_id(command_id, "canned"),
            title=asked["title"],
            text_id=asked["text_id"],
            text_en=asked["text_en"],
            officer_id=caller.id,
            new=asked["canned_id"] is None,
        )
        meta = caller.meta(office, command_id)
        outcome = self.core.commands.handle(canned.CANNED, office, command, meta)
        (fact,) = outcome.facts
        answer = schema(shapes.CannedAnswerSchema).dump(fact.event)
        return {"answer": answer, "replayed": outcome.replayed}

    @rpc
    def remove_canned(self, request: Request) -> Answer:
        """Offer an answer no more; `RemoveCannedRequest`. Answers those that are left."""
        asked = schema(shapes.RemoveCannedRequest).load(request)
        office, caller = self._of_office(asked)
        command = canned.RemoveCannedAnswer(
            now=self.core.clock.now(), canned_id=asked["canned_id"], officer_id=caller.id
        )
        meta = caller.meta(office, new_id())
        outcome = self.core.commands.handle(canned.CANNED, office, command, meta)
        return {**self._canned(office), "replayed": outcome.replayed}

    @rpc
    def reassign(self, request: Request) -> Answer:
        """Hand on the open cases of an officer; `ReassignRequest`. The limits run on unchanged.

        A repeat of the same command answers as the first did, and hands on nothing else.
        """
        asked = schema(shapes.ReassignRequest).load(request)
        office, caller = self._of_office(asked)
        if not guards.supervises(caller):
            raise Rejected(Code.WRONG_ROLE, "A supervisor hands on the cases of others.")
        key = caller.command_id or new_id()
        planned = self._planned(office, key, asked["from_officer"], asked["to_officers"])
        begun = self.core.commands.handle(HANDOVER, key, planned, caller.meta(office, key))
        done = self._carry_out(key, office, caller)
        words = {"items": done.cases, "remaining": begun.facts[0].event.remaining}
        answer: Answer = schema(shapes.ReassignedSchema).dump(words)
        return {**answer, "replayed": begun.replayed}

    def handover_came_due(self, deadline: Deadline) -> None:
        """Carry on what a process began that is no more; what is done decides nothing."""
        by = self.core.commands.state(HANDOVER, deadline.key).state.by
        office, correlation_id = deadline.office, deadline.correlation_id
        supervisor = Caller(
            role="supervisor", id=by, offices=(office,), correlation_id=correlation_id
        )
        self._carry_out(deadline.key, office, supervisor)

    @rpc
    def report(self, request: Request) -> Answer:
        """Return what became of the consultations of a time; `ReportRequest`."""
        asked = schema(ReportRequest).load(request)
        office, _ = self._of_office(asked)
        return queries.figures(self.core, self.offices[office], asked["from_"], asked["to"])

    def _planned(
        self, office: str, key: str, from_officer: str, to_officers: list[str]
    ) -> BeginHandover:
        """Return what is to go to whom, the longest open first; of a repeat it does not matter."""
        found = []
        if self.core.commands.state(HANDOVER, key).state.begun is None:
            lists.caught_up(self.core, self.core.view(views.LIST))
            found = queries.open_cases(self.core, office, from_officer)
        cases = tuple(
            Case(consultation_id=row["consultation_id"], number=row["number"], officer_id=officer)
            for row, officer in zip(found[:TOGETHER], cycle(to_officers), strict=False)
        )
        return BeginHandover(
            now=self.core.clock.now(),
            from_officer=from_officer,
            cases=cases,
            remaining=len(found) - len(cases),
        )

    def _carry_out(self, key: str, office: str, caller: Caller) -> HandoverDone:
        """Hand on what was begun, if it is not done; return what went."""
        known = self.core.commands.state(HANDOVER, key).state
        if known.begun is None:
            raise AssertionError(f"handover {key} was never begun")
        if known.done is not None:
            return known.done
        whose = known.begun.from_officer
        hand_on = partial(self._hand_on, key, whose, caller)
        tried = eventlet.GreenPool(SIDE_BY_SIDE).imap(hand_on, known.begun.cases)
        command = FinishHandover(now=self.core.clock.now(), cases=tuple(c for c in tried if c))
        meta = caller.meta(office, key).caused(derive_id(key, "done"))
        done = self.core.commands.handle(HANDOVER, key, command, meta).state.done
        return done or HandoverDone(cases=command.cases)

    def _hand_on(self, key: str, from_officer: str, caller: Caller, case: Case) -> Case | None:
        """Return the case if it went, now or when this was tried before."""
        office = self.offices[self.core.commands.glance(CONSULTATION, case.consultation_id).office]
        command = commands.Assign(
            caller=caller,
            now=self.core.clock.now(),
            office=office,
            officer_id=case.officer_id,
            from_officer=from_officer,
        )
        wish = derive_id(key, case.consultation_id)
        meta = caller.meta(office.id, key).caused(wish)
        try:
            outcome = self.core.commands.handle(CONSULTATION, case.consultation_id, command, meta)
        except Rejected:  # closed, say, while we were at it
            return None
        return case if outcome.facts else None

    def _of_office(self, asked: Request) -> tuple[str, Caller]:
        caller, office = Caller.of(asked["caller"]), asked["office"]
        if office not in self.offices:
            raise Rejected(Code.NOT_FOUND, "There is no such office.")
        guards.check_access(caller, office, "")
        return office, caller

    def _canned(self, office: str) -> Answer:
        known = self.core.commands.state(canned.CANNED, office).state
        answer: Answer = schema(shapes.CannedAnswersSchema).dump({"items": known.answers.values()})
        return answer
