"""The consultation service's entrypoints: validate, stamp, hand over. Rules are in `decider.py`."""

from collections.abc import Callable

from contracts import consultation as shapes
from contracts.common import schema
from contracts.errors import Code, Rejected
from files.opening import check_files
from host.caller import Caller
from host.entrypoints import on_deadline, subscribe
from host.heard import origin
from host.rpc import rpc
from host.runtime import Wiring
from kernel.aggregate import Aggregate
from kernel.clock import derive_id, new_id
from kernel.deadlines import Deadline
from offices import decrees
from offices.office import Office
from offices.provider import check_offices
from services.consultation import commands, guards, handover, queries, reaching, register, views
from services.consultation.accounts.events import Source
from services.consultation.accounts.persons import HEARD, STREAMS, heard_as
from services.consultation.accounts.service import AccountEntrypoints
from services.consultation.calendar_service import CalendarService
from services.consultation.catalogue.service import CatalogueCalls
from services.consultation.contact_service import ContactService
from services.consultation.entrypoints import CONSULTATION, Answer, Entrypoints, Request, less
from services.consultation.events import Classification, CloseReason
from services.consultation.link_service import check_provider
from services.consultation.meeting_service import MeetingService
from services.consultation.reactions import react
from services.consultation.schemas import TYPES
from services.consultation.sharing_service import SharingService
from services.consultation.upload_service import UploadService

REGISTER = Aggregate("register", register.decide, register.evolve, register.initial)


class ConsultationService(
    AccountEntrypoints,
    MeetingService,
    CalendarService,
    SharingService,
    UploadService,
    ContactService,
    Entrypoints,
    CatalogueCalls,
):
    """Online consultations, from the question to the close, and the accounts of who asks."""

    name = "consultation"
    checks = (check_offices, check_files, check_provider)
    needs = ("mongo_url", "master_key", "files_url")
    wiring = Wiring("consultation", TYPES, react, views.VIEWS)

    consultations = CONSULTATION

    @rpc
    def submit(self, request: Request) -> Answer:
        """Open a consultation; `SubmitRequest`."""
        asked = schema(shapes.SubmitRequest).load(request)
        caller = Caller.of(asked.pop("caller"))
        office = self.office(asked.pop("office"))
        if caller.is_staff:
            guards.check_access(caller, office.id, "")
        command_id = caller.command_id or new_id()
        contact = asked.pop("contact") or {}
        kind = asked.pop("classification")
        command = commands.Submit(
            caller=caller,
            now=self.core.clock.now(),
            office=office,
            number=self._number(office, caller, command_id),
            subject_id=self._subject(caller, office, contact, command_id),
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
        return self.answer(consultation_id, caller, outcome)

    @rpc
    def accept(self, request: Request) -> Answer:
        """Declare the request clear and complete; the limit starts. `OneRequest`."""
        return self.handled(schema(shapes.OneRequest).load(request), commands.Accept)

    @rpc
    def ask_clarification(self, request: Request) -> Answer:
        """Ask the user what is missing; the limit waits. `ClarificationRequest`."""
        asked = schema(shapes.ClarificationRequest).load(request)
        asked["message_id"] = derive_id(_command_id(asked), "message")
        asked["missing"] = tuple(asked["missing"])
        return self.handled(asked, commands.AskClarification)

    @rpc
    def assign(self, request: Request) -> Answer:
        """Have an officer take it; `AssignRequest`."""
        return self.handled(schema(shapes.AssignRequest).load(request), commands.Assign)

    @rpc
    def refer(self, request: Request) -> Answer:
        """Say who else can help; `ReferralRequest`."""
        return self.handled(schema(shapes.ReferralRequest).load(request), commands.Refer)

    @rpc
    def claim(self, request: Request) -> Answer:
        """Take it; `OneRequest`."""
        return self.handled(schema(shapes.OneRequest).load(request), commands.Claim)

    @rpc
    def post_message(self, request: Request) -> Answer:
        """Add one message; `PostMessageRequest`. Answers it, and the consultation's version."""
        asked = schema(shapes.PostMessageRequest).load(request)
        asked["message_id"] = derive_id(_command_id(asked), "message")
        if asked["sent_at"] is not None and asked["sent_at"] > self.core.clock.now():
            asked["sent_at"] = None  # by a clock that is ahead of ours
        asked["attachments"] = tuple(asked["attachments"])
        key, outcome = self.decided(asked, commands.PostMessage)
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
        if asked["duplicate_of"] is not None:
            self._must_be_another(asked)
        return self.handled(asked, commands.Close)

    @rpc
    def withdraw(self, request: Request) -> Answer:
        """The user needs it no more; `WithdrawRequest`."""
        return self.handled(schema(shapes.WithdrawRequest).load(request), commands.Withdraw)

    @rpc
    def reopen(self, request: Request) -> Answer:
        """Go on with a closed one; `ReopenRequest`."""
        return self.handled(schema(shapes.ReopenRequest).load(request), commands.Reopen)

    @rpc
    def get(self, request: Request) -> Answer:
        """Return it as it is, or as it stood `at`; `GetRequest`."""
        asked = schema(shapes.GetRequest).load(request)
        return queries.get(
            self.core, Caller.of(asked["caller"]), self.offices, **less(asked, "caller")
        )

    @rpc
    def history(self, request: Request) -> Answer:
        """Return every fact; `OneRequest`."""
        asked = schema(shapes.OneRequest).load(request)
        caller = Caller.of(asked["caller"])
        return queries.history(self.core, caller, asked["consultation_id"], self.offices)

    @rpc
    def changes(self, request: Request) -> Answer:
        """Return the facts after a version, 200 at most; `ChangesRequest`."""
        asked = schema(shapes.ChangesRequest).load(request)
        caller, key = Caller.of(asked["caller"]), asked["consultation_id"]
        self.known(caller, key)
        return queries.changes(self.core, caller, key, asked["after"], self.offices)

    @rpc
    def limit(self, request: Request) -> Answer:
        """Return the limit, and where every minute of it went; `OneRequest`."""
        asked = schema(shapes.OneRequest).load(request)
        caller = Caller.of(asked["caller"])
        return queries.limit(self.core, caller, asked["consultation_id"], self.offices)

    @rpc
    def list_consultations(self, request: Request) -> Answer:
        """Return one page, newest first; `ListRequest`."""
        asked = schema(shapes.ListRequest).load(request)
        return queries.page(
            self.core, Caller.of(asked["caller"]), self.offices, **less(asked, "caller")
        )

    @rpc
    def dossier(self, request: Request) -> Answer:
        """Return it with how to reach its person, for the notifier only; `OneRequest`."""
        asked = schema(shapes.OneRequest).load(request)
        return queries.dossier(self.core, Caller.of(asked["caller"]), asked["consultation_id"])

    @on_deadline
    def come_due(self, deadline: Deadline) -> None:
        """A date of the clock; the decider alone judges whether it still applies."""
        if deadline.stream.startswith(f"{decrees.DECREES.category}-"):
            self.decree_came_due(deadline)
        elif deadline.name == handover.CARRY_ON:
            self.handover_came_due(deadline)
        elif deadline.name.startswith(commands.MEETING_LINK):
            self.link_came_due(deadline)
        elif deadline.name == commands.READDRESS:
            self.contact_came_due(deadline)
        elif deadline.stream.startswith(STREAMS):
            self.person_due(deadline)
        else:
            office, now = self.offices[deadline.office], self.core.clock.now()
            command = commands.timed(deadline.name, deadline.data, now, office)
            self.core.commands.handle(CONSULTATION, deadline.key, command, deadline.meta())

    @subscribe(*HEARD, "*.consultation.subject_erased")
    def hear(self, envelope: Answer) -> None:
        """Take in what other services tell; twice, it is one effect."""
        if envelope["event"] == "subject_erased":
            self._end_of_forgotten(envelope)
            return
        self.hear_of_person(envelope)
        if (report := reaching.reported(envelope)) is not None:
            self._report(report, envelope)

    def _report(self, report: Callable[..., commands.Timed], envelope: Answer) -> None:
        """What was written about a consultation arrived or not; other letters are none's."""
        key, channel = envelope["data"]["about"], envelope["data"]["channel"]
        known = self.core.commands.glance(CONSULTATION, key)
        if known.office in self.offices:
            now, office = self.core.clock.now(), self.offices[known.office]
            command = report(now=now, office=office, channel=channel)
            meta = heard_as(envelope, "bounce")
            self.core.commands.handle(CONSULTATION, key, command, meta)

    def _end_of_forgotten(self, envelope: Answer) -> None:
        """Nobody waits for an answer to a person who was forgotten; the vault is believed."""
        subject_id = envelope["data"]["subject_id"]
        if not self.core.vault.forgotten([subject_id]):
            return
        office = self.offices[envelope["data"]["office"]]
        for key in queries.open_of(self.core, office.id, subject_id):
            command = commands.EndOfForgotten(now=self.core.clock.now(), office=office)
            meta = origin(envelope, self.name, derive_id(envelope["id"], key))
            self.core.commands.handle(CONSULTATION, key, command, meta)

    def _must_be_another(self, asked: Request) -> None:
        """Refuse a duplicate of what the officer cannot see, of itself, or of its own duplicate:
        two that name each other, and nobody answers."""
        caller, other = Caller.of(asked["caller"]), asked["duplicate_of"]
        known = self.core.commands.glance(CONSULTATION, other)
        if other == asked["consultation_id"] or known.office not in caller.offices:
            raise _not_the_other("There is no such other consultation.")
        if known.close_reason is CloseReason.SPAM:
            raise _not_the_other("That one was closed as no request: nobody answers it.")
        passed = {other}
        while (after := known.duplicate_of) is not None and after not in passed:
            if after == asked["consultation_id"]:
                raise _not_the_other("That one is a duplicate of this one: answer here.")
            passed.add(after)
            known = self.core.commands.glance(CONSULTATION, after)

    def _subject(self, caller: Caller, office: Office, contact: Request, command_id: str) -> str:
        """Return whose question it is: with an address, that of its account."""
        if not caller.is_staff:
            return caller.id
        known = contact and self.noted(
            caller, office=office.id, source=Source.CONSULTATION, **contact
        )
        return known or derive_id(command_id, "subject")

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


def _command_id(asked: Request) -> str:
    return asked["caller"]["command_id"] or new_id()


def _not_the_other(message: str) -> Rejected:
    return Rejected(Code.VALIDATION_FAILED, message, {"duplicate_of": [message]})
