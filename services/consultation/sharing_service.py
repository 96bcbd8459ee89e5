"""Entrypoints of shared work: kept answers, the cases of who is absent, what came of all."""

from itertools import cycle
from typing import Any

import eventlet

from contracts import sharing as shapes
from contracts.common import schema
from contracts.consultation_report import ReportRequest
from contracts.errors import Code, Rejected
from host import lists
from host.caller import Caller
from host.rpc import rpc
from kernel.clock import derive_id, new_id
from services.consultation import canned, commands, guards, queries, views
from services.consultation.entrypoints import CONSULTATION, Answer, Entrypoints, Request

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
        """Hand on the open cases of an officer; `ReassignRequest`. The limits run on unchanged."""
        asked = schema(shapes.ReassignRequest).load(request)
        office, caller = self._of_office(asked)
        if not guards.supervises(caller):
            raise Rejected(Code.WRONG_ROLE, "A supervisor hands on the cases of others.")
        lists.caught_up(self.core, self.core.view(views.LIST))
        found = queries.open_cases(self.core, office, asked["from_officer"])
        pairs = list(zip(found[:TOGETHER], cycle(asked["to_officers"]), strict=False))

        def hand_on(pair: tuple[Any, str]) -> Answer | None:
            row, officer = pair
            return self._hand_on(row, officer, caller)

        items = [one for one in eventlet.GreenPool(SIDE_BY_SIDE).imap(hand_on, pairs) if one]
        answer: Answer = {"items": items, "remaining": len(found) - len(pairs)}
        return answer

    @rpc
    def report(self, request: Request) -> Answer:
        """Return what became of the consultations of a time; `ReportRequest`."""
        asked = schema(ReportRequest).load(request)
        office, _ = self._of_office(asked)
        return queries.figures(self.core, self.offices[office], asked["from_"], asked["to"])

    def _hand_on(self, row: dict[str, Any], officer: str, caller: Caller) -> Answer | None:
        key, office = row["consultation_id"], self.offices[row["office"]]
        command = commands.Assign(
            caller=caller, now=self.core.clock.now(), office=office, officer_id=officer
        )
        wish = derive_id(caller.command_id or new_id(), key)
        meta = caller.meta(office.id, wish).caused(wish)
        try:
            self.core.commands.handle(CONSULTATION, key, command, meta)
        except Rejected:  # closed, say, while we were at it
            return None
        return {"consultation_id": key, "number": row["number"], "officer_id": officer}

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
