"""The routes of the online consultation: part of the gateway's service."""

from typing import Any

from werkzeug.wrappers import Response

from contracts.caller import STAFF
from contracts.common import AtQuerySchema
from contracts.consultation import (
    AfterQuerySchema,
    AssignSchema,
    ClarificationSchema,
    CloseSchema,
    ConsultationListSchema,
    ConsultationSchema,
    ContactSchema,
    ContactShownSchema,
    HistoryItemSchema,
    HistorySchema,
    LimitSchema,
    ListQuerySchema,
    MessageBodySchema,
    MessageSchema,
    ReferSchema,
    ReopenSchema,
    SubmitSchema,
    WithdrawSchema,
)
from contracts.errors import Code
from gateway import consultations, examples
from gateway.call import Answer, Call
from gateway.conversations import Conversations
from gateway.offices import Offices
from gateway.routing import route
from host.rpc import ServiceRpc

PERSONS = ("service_user", *STAFF)

CONSULTATION = "/v1/consultations/{consultation_id}"


def step(name: str, roles: tuple[str, ...], *refuses: Code, **declared: Any) -> Any:
    """Declare what moves one consultation on, and answers with it."""
    return route(
        "POST",
        f"{CONSULTATION}/{name}",
        roles=roles,
        answers={200: ConsultationSchema},
        versioned=True,
        refuses=refuses,
        **declared,
    )


class OnlineRoutes:
    """From the question to the close."""

    consultation = ServiceRpc("consultation")
    offices = Offices()
    conversations = Conversations()

    @route(
        "POST",
        "/v1/consultations",
        roles=PERSONS,
        body=SubmitSchema,
        example=examples.SUBMIT,
        answers={201: ConsultationSchema},
        versioned=True,
        refuses=(Code.SUBJECT_ERASED,),
    )
    def submit(self, call: Call) -> Answer:
        """Open a consultation.

        A service user speaks for themselves; staff name the person in `contact` and the
        `channel` on which the question came.
        """
        return consultations.submitted(self.consultation.submit(consultations.submission(call)))

    @route(
        "GET",
        "/v1/consultations",
        roles=PERSONS,
        query=ListQuerySchema,
        answers={200: ConsultationListSchema},
    )
    def list_consultations(self, call: Call) -> Any:
        """The consultations of the caller, or of the offices of staff; newest first."""
        return self.consultation.list_consultations(call.request)

    @route(
        "GET",
        CONSULTATION,
        roles=PERSONS,
        query=AtQuerySchema,
        answers={200: ConsultationSchema},
        versioned=True,
    )
    def show_consultation(self, call: Call) -> Answer:
        """One consultation with its messages, as it is or as it stood at a time."""
        return consultations.shown(self.consultation.get(call.request))

    @route("GET", f"{CONSULTATION}/history", roles=PERSONS, answers={200: HistorySchema})
    def show_history(self, call: Call) -> Any:
        """Every fact about one consultation, oldest first."""
        return self.consultation.history(call.request)

    @route(
        "GET",
        f"{CONSULTATION}/stream",
        roles=PERSONS,
        query=AfterQuerySchema,
        answers={200: HistoryItemSchema},
        events=True,
    )
    def stream_consultation(self, call: Call) -> Response:
        """What happens in one consultation, as server-sent events.

        Every event is named after its type and has the item of the history as its data; its id is
        the version. It begins after the version `after`, or that of `Last-Event-ID`; who has none,
        or one that is not there, hears everything from the beginning. Internal notes are told to
        officers only. A comment at least every 15 seconds shows that the stream lives; it stays
        open while the service is away.
        """
        return self.conversations.stream(call)

    @route("GET", f"{CONSULTATION}/limit", roles=PERSONS, answers={200: LimitSchema})
    def show_limit(self, call: Call) -> Any:
        """The limit explained.

        How many minutes were with the office and with the user, how many outside the hours of
        service, and which days did not count.
        """
        return self.consultation.limit(call.request)

    @route(
        "POST",
        f"{CONSULTATION}/messages",
        roles=PERSONS,
        body=MessageBodySchema,
        example=examples.MESSAGE,
        answers={201: MessageSchema},
        versioned=True,
        refuses=(
            Code.WRONG_STATE,
            Code.CLOSED_FOR_GOOD,
            Code.ATTACHMENT_UNUSABLE,
            Code.SUBJECT_ERASED,
        ),
    )
    def post_message(self, call: Call) -> Answer:
        """Say something in a consultation.

        Notes marked `internal` are staff's, and seen by staff only. Staff also write down what a
        user said by e-mail, WhatsApp, telephone or in person: `on_behalf`, with its `channel` and
        when it was sent. It counts as the user's own: sent before the consultation closed by
        itself, it undoes that.
        """
        asked = consultations.message(call, self.offices.now())
        posted = self.consultation.post_message(asked)
        if call.body["internal"]:  # of which nothing is published
            self.conversations.change(posted["consultation_id"])
        return consultations.posted(posted)

    @step("accept", STAFF, Code.WRONG_STATE)
    def accept(self, call: Call) -> Answer:
        """Declare the request clear and complete: the three working days start."""
        return consultations.changed(self.consultation.accept(call.request))

    @step(
        "clarifications",
        STAFF,
        Code.WRONG_STATE,
        Code.SUBJECT_ERASED,
        body=ClarificationSchema,
        example=examples.CLARIFICATION,
    )
    def ask_clarification(self, call: Call) -> Answer:
        """Ask the user what is missing.

        Until they answer the limit does not run, and the days of silence do.
        """
        return consultations.changed(self.consultation.ask_clarification(call.request))

    @step("claim", STAFF, Code.WRONG_STATE, Code.ALREADY_ASSIGNED)
    def claim(self, call: Call) -> Answer:
        """Take a consultation on oneself."""
        return consultations.changed(self.consultation.claim(call.request))

    @step(
        "assign",
        STAFF,
        Code.WRONG_STATE,
        Code.ALREADY_ASSIGNED,
        body=AssignSchema,
        example=examples.ASSIGN,
    )
    def assign(self, call: Call) -> Answer:
        """Have an officer take it.

        Officers hand on what is theirs or nobody's; supervisors decide for everybody.
        """
        return consultations.changed(self.consultation.assign(call.request))

    @route("GET", f"{CONSULTATION}/contact", roles=STAFF, answers={200: ContactShownSchema})
    def show_contact(self, call: Call) -> Any:
        """How to reach the person, as by telephone where no letter arrives."""
        return self.consultation.contact(call.request)

    @step(
        "contact",
        STAFF,
        Code.WRONG_STATE,
        Code.EMAIL_TAKEN,
        Code.SUBJECT_ERASED,
        body=ContactSchema,
        example=examples.CONTACT,
    )
    def correct_contact(self, call: Call) -> Answer:
        """Correct a contact that staff wrote down wrong.

        All of it is given anew. What awaits an answer goes there once more, and is waited for only
        once it has arrived. Who has an account of their own corrects it there (`PATCH /v1/me`).
        """
        return consultations.changed(self.consultation.correct_contact(call.request))

    @step(
        "referrals",
        STAFF,
        Code.WRONG_STATE,
        Code.SUBJECT_ERASED,
        body=ReferSchema,
        example=examples.CONSULTATION_REFERRAL,
    )
    def refer(self, call: Call) -> Answer:
        """Tell the user who else can help."""
        return consultations.changed(self.consultation.refer(call.request))

    @step(
        "close",
        STAFF,
        Code.WRONG_STATE,
        Code.NOT_ANSWERED,
        Code.SUBJECT_ERASED,
        body=CloseSchema,
        example=examples.CLOSE,
    )
    def close(self, call: Call) -> Answer:
        """Close a consultation that is done.

        `user_silent` is for offices whose officers confirm it when the days of silence are over.
        """
        return consultations.changed(self.consultation.close(call.request))

    @step(
        "withdraw",
        PERSONS,
        Code.WRONG_STATE,
        Code.SUBJECT_ERASED,
        body=WithdrawSchema,
        example=examples.WITHDRAW,
    )
    def withdraw(self, call: Call) -> Answer:
        """Take back one's own question.

        Staff do it for a user who said so by telephone, e-mail or in person, with a `note` of that.
        """
        return consultations.changed(self.consultation.withdraw(call.request))

    @step(
        "reopen",
        PERSONS,
        Code.WRONG_STATE,
        Code.CLOSED_FOR_GOOD,
        Code.SUBJECT_ERASED,
        body=ReopenSchema,
        example=examples.REOPEN,
    )
    def reopen(self, call: Call) -> Answer:
        """Go on with a closed consultation, under the same number."""
        return consultations.changed(self.consultation.reopen(call.request))
