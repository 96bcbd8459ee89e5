"""The queue service's entrypoints: validate, stamp, hand over. Rules are in `decider.py`."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import structlog

from contracts import queue as shapes
from contracts.accounts import KnownRequest, PersonRequest
from contracts.codes import CODES_VERSION
from contracts.common import schema
from contracts.errors import Code, Rejected, Unavailable
from host import held, lists
from host.caller import Caller
from host.entrypoints import EventSourced, on_deadline, subscribe
from host.heard import origin
from host.once import Once
from host.rpc import rpc
from host.runtime import Wiring
from kernel.aggregate import Aggregate, Outcome
from kernel.clock import derive_id, new_id
from kernel.deadlines import Deadline
from kernel.view_reading import Reader
from offices import decrees
from offices.office import Office
from offices.provider import DecreedOffices, check_offices
from services.queue import commands, decider, estimates, guards, queries, row, state, views
from services.queue.events import HourEstimate, Lane, Stop, TicketCalled
from services.queue.events import Outcome as ServiceOutcome
from services.queue.evolve import evolve
from services.queue.reactions import react
from services.queue.schemas import TYPES

Request = dict[str, Any]
Answer = dict[str, Any]

log = structlog.get_logger()

DAY = Aggregate("day", decider.decide, evolve, state.State)

PATIENCE_S = 3.0
"""No longer does the first visitor of a day wait for the estimates of the day."""


class QueueService:
    """The walk-in queue, from the kiosk's button to the end of the consultation."""

    name = "queue"
    checks = (check_offices,)
    needs = ("mongo_url", "master_key")
    wiring = Wiring("queue", TYPES, react, views.VIEWS)

    core = EventSourced()
    offices = DecreedOffices()
    once = Once()

    # the day

    @rpc
    def open_day(self, request: Request) -> Answer:
        """Open it before the first use does; `OfOffice`."""
        asked = schema(shapes.OfOffice).load(request)
        office = self._office(asked["office"])
        today = office.calendar.local_date(self.core.clock.now())
        is_none = self._glance(office, today).status is state.DayStatus.NONE
        known = self._estimates(office, today) if is_none else ()
        return self._day(asked, commands.OpenDay, estimates=known)

    @rpc
    def suspend_day(self, request: Request) -> Answer:
        """Nobody can be served; `SuspendRequest`."""
        return self._day(schema(shapes.SuspendRequest).load(request), commands.Suspend)

    @rpc
    def resume_day(self, request: Request) -> Answer:
        """Service goes on; `OfOffice`."""
        return self._day(schema(shapes.OfOffice).load(request), commands.Resume)

    @rpc
    def close_day(self, request: Request) -> Answer:
        """End it; `OfOffice`."""
        return self._day(schema(shapes.OfOffice).load(request), commands.CloseDay)

    @rpc
    def queue(self, request: Request) -> Answer:
        """Return the queue of today, or as it stood `at`, for officers; `QueueRequest`."""
        asked = schema(shapes.QueueRequest).load(request)
        office, at = self._office(asked["office"]), asked["at"]
        guards.staff_of(Caller.of(asked["caller"]), office)
        if at is None:
            found, today = self._today(office)
            return queries.queue(found.state, office, today, found.version)
        day = office.calendar.local_date(at)
        stood, version = queries.stood(self.core.facts(DAY.stream(_key(office, day))), at)
        return queries.queue(stood, office, day, version)

    @rpc
    def board(self, request: Request) -> Answer:
        """Return what hangs on the wall, for everybody; `OfOffice`."""
        asked = schema(shapes.OfOffice).load(request)
        office = self._office(asked["office"])
        found, today = self._today(office)
        return queries.board(found.state, office, today, found.version, self.core.clock.now())

    @rpc
    def late(self, request: Request) -> Answer:
        """Return who waits too long, for the notifier; `LateRequest`."""
        asked = schema(shapes.LateRequest).load(request)
        guards.service(Caller.of(asked["caller"]))
        office = self._office(asked["office"])
        found = self.core.commands.state(DAY, _key(office, asked["service_date"]))
        return queries.late(found.state, office, self.core.clock.now(), found.version)

    @rpc
    def waiting_report(self, request: Request) -> Answer:
        """Return how long people waited, for officers and the notifier; `ReportRequest`."""
        asked = schema(shapes.ReportRequest).load(request)
        caller, office = Caller.of(asked["caller"]), self._office(asked["office"])
        guards.staff_of_or_service(caller, office)
        if caller.role == guards.SYSTEM:  # it tells of a day once, as soon as it has ended
            lists.caught_up(self.core, self._waits())
        return queries.waiting_report(self._waits(), office, asked["from_"], asked["to"])

    @rpc
    def visits(self, request: Request) -> Answer:
        """Return one page of the guest book, for officers; `VisitsRequest`."""
        asked = schema(shapes.VisitsRequest).load(request)
        office, page = self._office(asked["office"]), (asked["limit"], asked["cursor"])
        guards.staff_of(Caller.of(asked["caller"]), office)
        return queries.visits(self.core, office, asked["from_"], asked["to"], page)

    # tickets

    @rpc
    def issue(self, request: Request) -> Answer:
        """Give out the next number; `IssueRequest`."""
        asked = schema(shapes.IssueRequest).load(request)
        caller, office = Caller.of(asked.pop("caller")), self._office(asked.pop("office"))
        now = self.core.clock.now()
        today = office.calendar.local_date(now)
        command_id = caller.command_id or new_id()
        ticket_id = f"{office.id}.{today:%Y%m%d}.{derive_id(command_id, 'ticket')}"
        lane = Lane(asked.pop("lane"))
        opens = row.would_open(office, self._glance(office, today), now)
        command = commands.Issue(
            caller=caller,
            now=now,
            office=office,
            ticket_id=ticket_id,
            lane=lane,
            estimates=self._estimates(office, today) if opens else (),
            **asked,
        )
        outcome = self._handle(office, today, command, caller.meta(office.id, command_id))
        return _ticket(outcome, ticket_id)

    @rpc
    def call_next(self, request: Request) -> Answer:
        """Call who is next to a counter; `CallNextRequest`. Without a ticket if nobody waits."""
        asked = schema(shapes.CallNextRequest).load(request)
        caller, office = Caller.of(asked["caller"]), self._office(asked["office"])
        now = self.core.clock.now()
        command = commands.CallNext(
            caller=caller,
            now=now,
            office=office,
            counter=asked["counter"],
            stop=Stop(asked["stop"]),
        )
        today = office.calendar.local_date(now)
        outcome = self._handle(office, today, command, caller.meta(office.id, new_id()))
        called = [f.event.ticket_id for f in outcome.facts if isinstance(f.event, TicketCalled)]
        return _ticket(outcome, called[0]) if called else {"ticket": None, "replayed": False}

    @rpc
    def ticket(self, request: Request) -> Answer:
        """Return one, for officers of its office and who holds its token; `OfTicket`."""
        asked = schema(shapes.OfTicket).load(request)
        office, day = self._place(asked["ticket_id"])
        if not asked["holds_token"]:
            _sees(Caller.of(asked["caller"]), office)
        found = self.core.commands.state(DAY, _key(office, day))
        return {"ticket": queries.ticket(found.state, asked["ticket_id"])}

    @rpc
    def recall(self, request: Request) -> Answer:
        """Call the same number again; `OfTicket`."""
        return self._step(schema(shapes.OfTicket).load(request), commands.Recall)

    @rpc
    def miss(self, request: Request) -> Answer:
        """Nobody came; `OfTicket`."""
        return self._step(schema(shapes.OfTicket).load(request), commands.Miss)

    @rpc
    def reinstate(self, request: Request) -> Answer:
        """They came after all; `OfTicket`."""
        return self._step(schema(shapes.OfTicket).load(request), commands.Reinstate)

    @rpc
    def cancel(self, request: Request) -> Answer:
        """They do not want to wait any longer; `OfTicket`."""
        asked = schema(shapes.OfTicket).load(request)
        if asked["holds_token"]:
            return self._step(asked, commands.CancelTicket, holds_token=True)
        return self._step(asked, commands.CancelTicket)

    @rpc
    def register(self, request: Request) -> Answer:
        """The visitor stands at the front office; `OfTicket`."""
        return self._step(schema(shapes.OfTicket).load(request), commands.Register)

    @rpc
    def sign_guest_book(self, request: Request) -> Answer:
        """Who came, and what for; `GuestBookRequest`."""
        asked = schema(shapes.GuestBookRequest).load(request)
        kept = ("caller", "ticket_id", "holds_token")
        words = {name: asked.pop(name) for name in tuple(asked) if name not in kept}
        words |= {"services": tuple(words["services"]), "means": tuple(words["means"])}
        words["birth_year"] = str(words["birth_year"])  # sealed, it is a text
        command_id = asked["caller"]["command_id"] or new_id()
        known = words.pop("subject_id")
        return self._step(
            asked,
            commands.SignGuestBook,
            visit_id=derive_id(command_id, "visit"),
            subject_id=known or derive_id(command_id, "subject"),
            words=words | {"codes_version": CODES_VERSION},
        )

    @rpc
    def check_identity(self, request: Request) -> Answer:
        """An officer has seen the card; `IdentityRequest`."""
        return self._step(schema(shapes.IdentityRequest).load(request), commands.CheckIdentity)

    @rpc
    def start(self, request: Request) -> Answer:
        """The consultation begins; `OfTicket`."""
        return self._step(schema(shapes.OfTicket).load(request), commands.Start)

    @rpc
    def note(self, request: Request) -> Answer:
        """Write down what it was about; `NoteRequest`."""
        return self._step(schema(shapes.NoteRequest).load(request), commands.WriteNote)

    @rpc
    def refer(self, request: Request) -> Answer:
        """Tell them who else can help; `ReferralRequest`."""
        return self._step(schema(shapes.ReferralRequest).load(request), commands.Refer)

    @rpc
    def transfer(self, request: Request) -> Answer:
        """Another counter goes on; `TransferRequest`."""
        asked = schema(shapes.TransferRequest).load(request)
        return self._step(asked, commands.Transfer, to_counter=asked.pop("counter"))

    @rpc
    def hold(self, request: Request) -> Answer:
        """Interrupt it; `OfTicket`."""
        return self._step(schema(shapes.OfTicket).load(request), commands.Hold)

    @rpc
    def go_on(self, request: Request) -> Answer:
        """Go on with what was held; `GoOnRequest`."""
        return self._step(schema(shapes.GoOnRequest).load(request), commands.GoOn)

    @rpc
    def finish(self, request: Request) -> Answer:
        """It is done; `FinishRequest`."""
        asked = schema(shapes.FinishRequest).load(request)
        outcome = ServiceOutcome(asked.pop("outcome"))
        return self._step(asked, commands.Finish, outcome=outcome)

    @rpc
    def undo_finish(self, request: Request) -> Answer:
        """It was finished by mistake; `OfTicket`."""
        return self._step(schema(shapes.OfTicket).load(request), commands.UndoFinish)

    # persons

    @rpc
    def export_person(self, request: Request) -> Answer:
        """Return everything that this service holds about who asks; `PersonRequest`."""
        subject_id = schema(PersonRequest).load(request)["caller"]["id"]
        return held.export(self.core, subject_id, queries.concerning)

    @rpc
    def known_in(self, request: Request) -> Answer:
        """Return `{offices}` that a person has visited; `KnownRequest`."""
        subject_id = schema(KnownRequest).load(request)["subject_id"]
        return {"offices": list(held.offices(self.core, subject_id))}

    # what the consultation service tells

    @subscribe(
        "*.consultation.subject_erased",
        "*.consultation.calendar_day_declared",
        "*.consultation.calendar_day_revoked",
    )
    def hear(self, envelope: Request) -> None:
        """Write into this log, too, who was forgotten and what was decreed; twice, it is once."""
        if envelope["event"] == "subject_erased":
            subject_id = envelope["data"]["subject_id"]
            held.tell_erased(self.core, envelope, held.offices(self.core, subject_id))
        else:
            self._take_over(envelope)

    def _take_over(self, envelope: Request) -> None:
        """Have the calendar of an office know a decree."""
        command = decrees.heard(envelope, self.core.clock.now())
        meta = origin(envelope, "consultation", derive_id(envelope["id"], "decree"))
        with suppress(Rejected):  # what is revoked was declared before we were there
            self.core.commands.handle(decrees.DECREES, meta.office, command, meta)
        self.offices.forget()

    @on_deadline
    def come_due(self, deadline: Deadline) -> None:
        """A date of the clock; the decider alone judges whether it still applies."""
        office = self.offices[deadline.office]
        now = self.core.clock.now()
        command = commands.timed(deadline.name, deadline.data, now, office)
        self.core.commands.handle(DAY, deadline.key, command, deadline.meta())

    def _estimates(self, office: Office, today: date) -> tuple[HourEstimate, ...]:
        """Return what the log says of waits, for who may open the day; later they are in the day.

        Nobody waits outside because it cannot be said: then it is unknown on this day.
        """
        try:
            find = partial(self._look_back, office, today)
            found: tuple[HourEstimate, ...] = self.once.get(office.id, today, find, PATIENCE_S)
        except Unavailable as problem:
            log.warning("no_estimates", office=office.id, date=str(today), error=str(problem))
            return ()
        return found

    def _look_back(self, office: Office, today: date) -> tuple[HourEstimate, ...]:
        first, last = today - timedelta(days=estimates.DAYS), today - timedelta(days=1)
        return estimates.hourly(office, today, queries.waits(self._waits(), office, first, last))

    def _glance(self, office: Office, day: date) -> state.State:
        return self.core.commands.glance(DAY, _key(office, day))

    def _waits(self) -> Reader:
        return self.core.view(views.WAITS)

    def _day(self, asked: Request, command: Callable[..., commands.OfDay], **words: Any) -> Answer:
        caller, office = Caller.of(asked.pop("caller")), self._office(asked.pop("office"))
        now = self.core.clock.now()
        today = office.calendar.local_date(now)
        wish = command(caller=caller, now=now, office=office, **asked, **words)
        outcome = self._handle(office, today, wish, caller.meta(office.id, new_id()))
        found = queries.day(outcome.state, office, today, outcome.version)
        return {"day": found, "replayed": outcome.replayed}

    def _step(
        self, asked: Request, command: Callable[..., commands.OfTicket], **words: Any
    ) -> Answer:
        """Make the command of what was asked of a ticket, and have it decided."""
        caller, holds_token = Caller.of(asked.pop("caller")), asked.pop("holds_token")
        office, day = self._place(asked["ticket_id"])
        if not holds_token and caller.role != guards.KIOSK:
            _sees(caller, office)
        now = self.core.clock.now()
        meant = caller.expected_version  # of the ticket: its day has many more
        wish = command(
            caller=caller, now=now, office=office, expected_version=meant, **asked, **words
        )
        meta = replace(caller.meta(office.id, new_id()), expected_version=None)
        outcome = self._handle(office, day, wish, meta)
        return _ticket(outcome, asked["ticket_id"])

    def _handle(
        self, office: Office, day: date, command: commands.Command, meta: Any
    ) -> Outcome[state.State]:
        return self.core.commands.handle(DAY, _key(office, day), command, meta)

    def _today(self, office: Office) -> tuple[Outcome[state.State], date]:
        today = office.calendar.local_date(self.core.clock.now())
        return self.core.commands.state(DAY, _key(office, today)), today

    def _place(self, ticket_id: str) -> tuple[Office, date]:
        """Return the office and the date that a ticket's id names."""
        office, _, rest = ticket_id.partition(".")
        try:
            return self.offices[office], date.fromisoformat(rest.partition(".")[0])
        except (KeyError, ValueError) as error:
            raise Rejected(Code.NOT_FOUND, "There is no such ticket.") from error

    def _office(self, office: str) -> Office:
        if office not in self.offices:
            raise Rejected(Code.NOT_FOUND, "There is no such office.")
        return self.offices[office]


def _sees(caller: Caller, office: Office) -> None:
    """Who is no officer never learns that a ticket exists."""
    if not caller.is_staff:
        raise Rejected(Code.NOT_FOUND, "There is no such ticket.")
    guards.staff_of(caller, office)


def _key(office: Office, day: date) -> str:
    return f"{office.id}-{day.isoformat()}"


def _ticket(outcome: Outcome[state.State], ticket_id: str) -> Answer:
    found = queries.ticket(outcome.state, ticket_id)
    return {"ticket": found, "replayed": outcome.replayed}
