"""The consultation service's entrypoints: validate, stamp, hand over. Rules are in `decider.py`."""

from collections.abc import Callable
from typing import Any

from contracts import consultation as shapes
from contracts.common import schema
from contracts.errors import Code, Rejected
from host.entrypoints import EventSourced, on_deadline
from host.rpc import rpc
from host.runtime import Wiring
from kernel.aggregate import Aggregate, Outcome
from kernel.caller import Caller
from kernel.clock import derive_id, new_id
from kernel.deadlines import Deadline
from offices.calendar import national_calendar
from offices.office import Office
from offices.provider import Offices, check_offices
from services.consultation import commands, decider, queries, register, state, views
from services.consultation.events import Classification, CloseReason
from services.consultation.reactions import react
from services.consultation.schemas import TYPES

Request = dict[str, Any]
Answer = dict[str, Any]

CONSULTATION = Aggregate("consultation", decider.decide, state.evolve, state.State)
REGISTER = Aggregate("register", register.decide, register.evolve, register.initial)


class ConsultationService:
    """Online consultations, from the question to the close."""

    name = "consultation"
    checks = (check_offices,)
    needs = ("mongo_url", "master_key")
    wiring = Wiring("consultation", TYPES, react, views.VIEWS)

    core = EventSourced()
    offices = Offices()

    @rpc
    def submit(self, request: Request) -> Answer:
        """Open a consultation; `SubmitRequest`."""
        asked = schema(shapes.SubmitRequest).load(request)
        caller = Caller.of(asked.pop("caller"))
        office = self._office(asked.pop("office"))
        if caller.is_staff:
            decider.check_access(caller, office.id, "")
        command_id = caller.command_id or new_id()
        contact = asked.pop("contact") or {}
        kind = asked.pop("classification")
        command = commands.Submit(
            caller=caller,
            now=self.core.clock.now(),
            office=office,
            number=self._number(office, caller, command_id),
            subject_id=derive_id(command_id, "subject") if caller.is_staff else caller.id,
            message_id=derive_id(command_id, "message"),
            classification=Classification(**kind) if kind else None,
            contact_name=contact.get("name"),
            contact_email=contact.get("email"),
            contact_phone=contact.get("phone"),
            **asked,
        )
        consultation_id = derive_id(command_id, "consultation")
        meta = caller.meta(office.id, command_id)
        outcome = self.core.commands.handle(CONSULTATION, consultation_id, command, meta)
        return self._answer(consultation_id, caller, outcome)

    @rpc
    def accept(self, request: Request) -> Answer:
        """Declare the request clear and complete; the limit starts. `OneRequest`."""
        return self._handle(
            schema(shapes.OneRequest).load(request), commands.Accept, with_office=True
        )

    @rpc
    def claim(self, request: Request) -> Answer:
        """Take it; `OneRequest`."""
        return self._handle(schema(shapes.OneRequest).load(request), commands.Claim)

    @rpc
    def post_message(self, request: Request) -> Answer:
        """Add one message; `PostMessageRequest`. Answers it, and the consultation's version."""
        asked = schema(shapes.PostMessageRequest).load(request)
        command_id = asked["caller"]["command_id"] or new_id()
        asked["message_id"] = derive_id(command_id, "message")
        key, outcome = self._decided(asked, commands.PostMessage, with_office=True)
        return {
            "message": queries.message(self.core, outcome.facts),
            "consultation_id": key,
            "version": outcome.version,
            "replayed": outcome.replayed,
        }

    @rpc
    def close(self, request: Request) -> Answer:
        """End it; `CloseRequest`."""
        asked = schema(shapes.CloseRequest).load(request)
        asked["reason"] = CloseReason(asked["reason"])
        return self._handle(asked, commands.Close)

    @rpc
    def withdraw(self, request: Request) -> Answer:
        """The user needs it no more; `OneRequest`."""
        return self._handle(schema(shapes.OneRequest).load(request), commands.Withdraw)

    @rpc
    def reopen(self, request: Request) -> Answer:
        """Go on with a closed one; `ReopenRequest`."""
        return self._handle(
            schema(shapes.ReopenRequest).load(request), commands.Reopen, with_office=True
        )

    @rpc
    def get(self, request: Request) -> Answer:
        """Return it as it is, or as it stood `at`; `GetRequest`."""
        asked = schema(shapes.GetRequest).load(request)
        return queries.get(self.core, Caller.of(asked["caller"]), **_less(asked, "caller"))

    @rpc
    def history(self, request: Request) -> Answer:
        """Return every fact; `OneRequest`."""
        asked = schema(shapes.OneRequest).load(request)
        return queries.history(self.core, Caller.of(asked["caller"]), asked["consultation_id"])

    @rpc
    def list_consultations(self, request: Request) -> Answer:
        """Return one page, newest first; `ListRequest`."""
        asked = schema(shapes.ListRequest).load(request)
        return queries.page(self.core, Caller.of(asked["caller"]), **_less(asked, "caller"))

    @rpc
    def dossier(self, request: Request) -> Answer:
        """Return it with how to reach its person, for the notifier only; `OneRequest`."""
        asked = schema(shapes.OneRequest).load(request)
        return queries.dossier(self.core, Caller.of(asked["caller"]), asked["consultation_id"])

    @rpc
    def calendar_due(self, request: Request) -> Answer:
        """Return when a limit of so many working days ends; `DueRequest`."""
        asked = schema(shapes.DueRequest).load(request)
        calendar = self._office(asked["office"]).calendar
        due = calendar.due(asked["start"], asked["working_days"])
        answer: Answer = schema(shapes.DueSchema).dump(due)
        return answer

    @rpc
    def calendar_year(self, request: Request) -> Answer:
        """Return the days off of a year; `CalendarRequest`."""
        asked = schema(shapes.CalendarRequest).load(request)
        office = asked["office"]
        calendar = self._office(office).calendar if office else national_calendar()
        words = {
            "year": asked["year"],
            "calendar_version": calendar.version,
            "days": calendar.days_off(asked["year"]),
        }
        answer: Answer = schema(shapes.CalendarSchema).dump(words)
        return answer

    @on_deadline
    def come_due(self, deadline: Deadline) -> None:
        """A date of the clock; the decider alone judges whether it still applies."""
        command = commands.timed(deadline.name, deadline.data, self.core.clock.now())
        self.core.commands.handle(CONSULTATION, deadline.key, command, deadline.meta())

    def _handle(
        self, asked: Request, command: Callable[..., commands.Asked], *, with_office: bool = False
    ) -> Answer:
        key, outcome = self._decided(asked, command, with_office=with_office)
        return self._answer(key, Caller.of(asked["caller"]), outcome)

    def _decided(
        self, asked: Request, command: Callable[..., commands.Asked], *, with_office: bool
    ) -> tuple[str, Outcome[state.State]]:
        """Make the command of what was asked, and have it decided."""
        words = _less(asked, "caller", "consultation_id")
        caller, key = Caller.of(asked["caller"]), asked["consultation_id"]
        known = self.core.commands.glance(CONSULTATION, key)
        decider.check_access(caller, known.office, known.subject_id)
        if with_office:
            words["office"] = self.offices[known.office]
        wish = command(caller=caller, now=self.core.clock.now(), **words)
        meta = caller.meta(known.office, new_id())
        return key, self.core.commands.handle(CONSULTATION, key, wish, meta)

    def _answer(self, key: str, caller: Caller, outcome: Outcome[state.State]) -> Answer:
        return {**queries.get(self.core, caller, key), "replayed": outcome.replayed}

    def _office(self, office: str) -> Office:
        if office not in self.offices:
            raise Rejected(
                Code.VALIDATION_FAILED,
                "There is no such office.",
                {"office": [f"Must be one of: {', '.join(sorted(self.offices))}."]},
            )
        return self.offices[office]

    def _number(self, office: Office, caller: Caller, command_id: str) -> str:
        """Take a number; under an id derived from the command, so that a repeat gets the same.

        A repeat after the turn of the year takes one of the new year, and leaves it unused.
        """
        now = self.core.clock.now()
        year = office.calendar.local_date(now).year
        wish = register.AssignNumber(now=now, office=office.id, year=year)
        meta = caller.meta(office.id, command_id).caused(derive_id(command_id, "number"))
        outcome = self.core.commands.handle(REGISTER, f"{office.id}-{year}", wish, meta)
        number: str = outcome.facts[0].event.number
        return number


def _less(asked: Request, *names: str) -> Request:
    return {k: v for k, v in asked.items() if k not in names}
