"""The routes of the walk-in queue: part of the gateway's service."""

from typing import Any

from werkzeug.wrappers import Response

from contracts.caller import STAFF
from contracts.codes import CodesSchema, code_lists
from contracts.common import AtQuerySchema
from contracts.errors import Code
from contracts.queue import (
    BoardSchema,
    CallNextSchema,
    DatesQuerySchema,
    DaySchema,
    FinishSchema,
    GoOnSchema,
    GuestBookSchema,
    IdentitySchema,
    IssuedTicketSchema,
    IssueSchema,
    NobodySchema,
    NoteSchema,
    QueueSchema,
    ReferralSchema,
    SuspendSchema,
    TicketSchema,
    TokenQuerySchema,
    TransferSchema,
    VisitListSchema,
    VisitsQuerySchema,
    WaitingReportSchema,
)
from gateway import accounts, examples, tickets
from gateway.boards import Boards
from gateway.call import Answer, Call
from gateway.routing import route
from host.rpc import ServiceRpc

SUPERVISORS = ("supervisor", "admin")
KIOSK = ("kiosk", *STAFF)

OFFICE = "/v1/offices/{office}"
TICKET = "/v1/tickets/{ticket_id}"


def day_step(name: str, *refuses: Code, **declared: Any) -> Any:
    """Declare what moves a service day on, and answers with it."""
    return route(
        "POST",
        f"{OFFICE}/day/{name}",
        roles=SUPERVISORS,
        answers={200: DaySchema},
        versioned=True,
        refuses=(Code.WRONG_STATE, *refuses),
        **declared,
    )


def ticket_step(name: str, *refuses: Code, roles: tuple[str, ...] = STAFF, **declared: Any) -> Any:
    """Declare what moves one ticket on, and answers with it."""
    return route(
        "POST",
        f"{TICKET}/{name}",
        roles=roles,
        answers={200: TicketSchema},
        versioned=True,
        refuses=(Code.WRONG_STATE, Code.NOT_YOUR_TICKET, *refuses),
        **declared,
    )


ASKED_FOR_S = 1.0
"""No longer does a visitor wait for whose address it is."""


class WalkInRoutes:
    """Numbers, calls, counters, the day."""

    queue = ServiceRpc("queue")
    people = ServiceRpc("consultation", patience_s=ASKED_FOR_S)
    ticket_tokens = tickets.TicketTokens()
    boards = Boards()

    @route("GET", "/v1/codes", answers={200: CodesSchema})
    def show_codes(self, _call: Call) -> Any:
        """The code lists of the guest book and the counters, with labels in two languages."""
        return code_lists()

    @route(
        "POST",
        f"{OFFICE}/tickets",
        roles=KIOSK,
        body=IssueSchema,
        example=examples.TICKET,
        answers={201: IssuedTicketSchema},
        versioned=True,
        refuses=(Code.OFFICE_CLOSED, Code.DAY_FULL),
    )
    def issue_ticket(self, call: Call) -> Answer:
        """Take a number.

        The first of a day within opening hours opens it. `track_token` lets its holder look at
        the ticket and cancel it.
        """
        return tickets.issued(self.queue.issue(call.request), self.ticket_tokens)

    @route(
        "GET",
        TICKET,
        query=TokenQuerySchema,
        answers={200: TicketSchema},
        versioned=True,
        refuses=(Code.WRONG_OFFICE,),
    )
    def show_ticket(self, call: Call) -> Answer:
        """One ticket, for officers and for who holds its token."""
        return tickets.shown(self.queue.ticket(self.ticket_tokens.request(call)))

    @route(
        "POST",
        f"{OFFICE}/counters/{{counter}}/call-next",
        roles=STAFF,
        body=CallNextSchema,
        example=examples.CALL_NEXT,
        answers={200: TicketSchema, 204: NobodySchema},
        versioned=True,
        refuses=(
            Code.OFFICE_CLOSED,
            Code.SERVICE_SUSPENDED,
            Code.COUNTER_BUSY,
            Code.WRONG_COUNTER,
        ),
    )
    def call_next(self, call: Call) -> Answer:
        """Call who is next to a counter, by the lane rule; 204 if nobody waits."""
        return tickets.called(self.queue.call_next(call.request))

    @ticket_step(
        "recall",
        Code.RECALL_TOO_SOON,
        Code.NO_CALLS_LEFT,
        Code.SERVICE_SUSPENDED,
        Code.OFFICE_CLOSED,
    )
    def recall_ticket(self, call: Call) -> Answer:
        """Call the same number again."""
        return tickets.changed(self.queue.recall(call.request))

    @ticket_step("no-show", Code.CALLS_LEFT)
    def miss_ticket(self, call: Call) -> Answer:
        """Nobody came to any of the calls."""
        return tickets.changed(self.queue.miss(call.request))

    @ticket_step("reinstate", Code.TOO_LATE, Code.OFFICE_CLOSED)
    def reinstate_ticket(self, call: Call) -> Answer:
        """They came after all, and are placed after the next one."""
        return tickets.changed(self.queue.reinstate(call.request))

    @route(
        "POST",
        f"{TICKET}/cancel",
        query=TokenQuerySchema,
        answers={200: TicketSchema},
        versioned=True,
        refuses=(Code.WRONG_STATE, Code.WRONG_ROLE, Code.WRONG_OFFICE),
    )
    def cancel_ticket(self, call: Call) -> Answer:
        """Wait no longer; for who holds its token, and officers."""
        return tickets.changed(self.queue.cancel(self.ticket_tokens.request(call)))

    @ticket_step("register")
    def register_visitor(self, call: Call) -> Answer:
        """The visitor stands at the front office."""
        return tickets.changed(self.queue.register(call.request))

    @ticket_step("guest-book", roles=KIOSK, body=GuestBookSchema, example=examples.GUEST_BOOK)
    def sign_guest_book(self, call: Call) -> Answer:
        """Write down who came and what for; the visitor then waits for the desk.

        From a kiosk `identity_checked` is false: no officer has seen the card.
        """
        request = accounts.known(self.people, call)
        return tickets.changed(self.queue.sign_guest_book(request))

    @ticket_step(
        "identity", Code.GUEST_BOOK_MISSING, body=IdentitySchema, example=examples.IDENTITY
    )
    def check_identity(self, call: Call) -> Answer:
        """An officer has seen the card of who signed at the kiosk, where nobody could."""
        return tickets.changed(self.queue.check_identity(call.request))

    @ticket_step("start", Code.SERVICE_SUSPENDED, Code.OFFICE_CLOSED)
    def start_service(self, call: Call) -> Answer:
        """The consultation begins: the ten minutes end."""
        return tickets.changed(self.queue.start(call.request))

    @ticket_step(
        "notes",
        Code.GUEST_BOOK_MISSING,
        Code.SUBJECT_ERASED,
        body=NoteSchema,
        example=examples.NOTE,
    )
    def note_consultation(self, call: Call) -> Answer:
        """Write down what it was about."""
        return tickets.changed(self.queue.note(call.request))

    @ticket_step("referrals", body=ReferralSchema, example=examples.REFERRAL)
    def refer_visitor(self, call: Call) -> Answer:
        """Tell them who else can help."""
        return tickets.changed(self.queue.refer(call.request))

    @ticket_step("transfer", Code.WRONG_COUNTER, body=TransferSchema, example=examples.TRANSFER)
    def transfer_ticket(self, call: Call) -> Answer:
        """Have another counter go on; they go first there.

        Who waits for a counter where nobody comes can be sent on, or back, likewise.
        """
        return tickets.changed(self.queue.transfer(call.request))

    @ticket_step("hold")
    def hold_ticket(self, call: Call) -> Answer:
        """Interrupt the service; the desk is free for others."""
        return tickets.changed(self.queue.hold(call.request))

    @ticket_step("resume", Code.COUNTER_BUSY, Code.WRONG_COUNTER, body=GoOnSchema)
    def resume_ticket(self, call: Call) -> Answer:
        """Go on with what was held, at the same counter or another."""
        return tickets.changed(self.queue.go_on(call.request))

    @ticket_step("finish", body=FinishSchema, example=examples.FINISH)
    def finish_service(self, call: Call) -> Answer:
        """The consultation is done."""
        return tickets.changed(self.queue.finish(call.request))

    @ticket_step(
        "undo-finish",
        Code.TOO_LATE,
        Code.COUNTER_BUSY,
        Code.SERVICE_SUSPENDED,
        Code.OFFICE_CLOSED,
    )
    def undo_finish(self, call: Call) -> Answer:
        """It was finished by mistake; soon by the officer, later by the supervisor."""
        return tickets.changed(self.queue.undo_finish(call.request))

    @route(
        "GET",
        f"{OFFICE}/queue",
        roles=STAFF,
        query=AtQuerySchema,
        answers={200: QueueSchema},
        versioned=True,
    )
    def show_queue(self, call: Call) -> Answer:
        """Who waits and who is served, and every counter; today, or as it stood at a time."""
        return tickets.queue(self.queue.queue(call.request))

    @route("GET", f"{OFFICE}/board", answers={200: BoardSchema}, versioned=True)
    def show_board(self, call: Call) -> Answer:
        """Which number is called where; nothing of anybody."""
        return tickets.queue(self.queue.board(call.request))

    @route("GET", f"{OFFICE}/board/stream", answers={200: BoardSchema}, events=True)
    def stream_board(self, call: Call) -> Response:
        """The board and each change of it, as server-sent events.

        Every event `board` is the whole board, now and after each change; a client too slow for
        all gets the newest. Who comes back with the id of what is still on the board hears of
        the next change, everybody else gets the board at once: what came between is on it, as
        far as it still matters. A comment at least every 15 seconds shows that the stream lives;
        it stays open while the service is away.
        """
        return self.boards.stream(call.path["office"], call.last_event_id, call.address)

    @route(
        "GET",
        f"{OFFICE}/reports/waiting",
        roles=STAFF,
        query=DatesQuerySchema,
        answers={200: WaitingReportSchema},
    )
    def report_waiting(self, call: Call) -> Any:
        """How long people waited, how many within ten minutes, and who overtook whom, and why."""
        return self.queue.waiting_report(call.request)

    @route(
        "GET",
        f"{OFFICE}/visits",
        roles=STAFF,
        query=VisitsQuerySchema,
        answers={200: VisitListSchema},
    )
    def list_visits(self, call: Call) -> Any:
        """The guest book, newest first; a forgotten visitor reads `[dihapus]`."""
        return self.queue.visits(call.request)

    @day_step("open", Code.OFFICE_CLOSED)
    def open_day(self, call: Call) -> Answer:
        """Open the day before the first use does."""
        return tickets.day(self.queue.open_day(call.request))

    @day_step("close")
    def close_day(self, call: Call) -> Answer:
        """End the day: no more numbers; who waits expires, or is still served, by policy."""
        return tickets.day(self.queue.close_day(call.request))

    @day_step(
        "suspend",
        Code.SERVICE_SUSPENDED,
        Code.OFFICE_CLOSED,
        body=SuspendSchema,
        example=examples.SUSPEND,
    )
    def suspend_day(self, call: Call) -> Answer:
        """Serve nobody for a declared reason; no ten minutes run."""
        return tickets.day(self.queue.suspend_day(call.request))

    @day_step("resume")
    def resume_day(self, call: Call) -> Answer:
        """Service goes on."""
        return tickets.day(self.queue.resume_day(call.request))
