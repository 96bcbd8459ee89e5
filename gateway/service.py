"""The routes: each method says who may call, what is taken, what is answered, and does it."""

from typing import Any

from werkzeug.wrappers import Response

from contracts.caller import STAFF
from contracts.common import AtQuerySchema
from contracts.consultation import (
    CalendarPathSchema,
    CalendarQuerySchema,
    CalendarSchema,
    CloseSchema,
    ConsultationListSchema,
    ConsultationSchema,
    DueQuerySchema,
    DueSchema,
    HistorySchema,
    ListQuerySchema,
    MessageBodySchema,
    MessageSchema,
    ReopenSchema,
    SubmitSchema,
)
from contracts.errors import Code
from contracts.offices_api import OfficeListQuerySchema, OfficeListSchema, OfficeSchema
from gateway import consultations, docs_page, examples, responses
from gateway.call import Answer, Call
from gateway.correlation import Correlation
from gateway.offices import Offices
from gateway.openapi import ApiDocument
from gateway.routing import route
from gateway.walk_in import WalkInRoutes
from host.rpc import ServiceRpc
from offices.provider import check_offices

PERSONS = ("service_user", *STAFF)
USER = ("service_user",)

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


class GatewayService(WalkInRoutes):
    """Everything the API can do."""

    name = "gateway"
    checks = (check_offices,)
    needs = ("token_public_key",)

    consultation = ServiceRpc("consultation")
    offices = Offices()
    document = ApiDocument()
    correlation = Correlation()

    # offices

    @route("GET", "/v1/offices", query=OfficeListQuerySchema, answers={200: OfficeListSchema})
    def list_offices(self, call: Call) -> Any:
        """The offices that take consultations."""
        return self.offices.page(**call.query)

    @route("GET", "/v1/offices/{office}", answers={200: OfficeSchema})
    def show_office(self, call: Call) -> Any:
        """The published service standard of one office, its opening hours, its counters."""
        return self.offices.show(**call.path)

    # consultations

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
        "POST",
        f"{CONSULTATION}/messages",
        roles=PERSONS,
        body=MessageBodySchema,
        example=examples.MESSAGE,
        answers={201: MessageSchema},
        versioned=True,
        refuses=(Code.WRONG_STATE, Code.CLOSED_FOR_GOOD, Code.SUBJECT_ERASED),
    )
    def post_message(self, call: Call) -> Answer:
        """Say something in a consultation.

        Notes marked `internal` are staff's, and seen by staff only.
        """
        return consultations.posted(self.consultation.post_message(consultations.message(call)))

    @step("accept", STAFF, Code.WRONG_STATE)
    def accept(self, call: Call) -> Answer:
        """Declare the request clear and complete: the three working days start."""
        return consultations.changed(self.consultation.accept(call.request))

    @step("claim", STAFF, Code.WRONG_STATE, Code.ALREADY_ASSIGNED)
    def claim(self, call: Call) -> Answer:
        """Take a consultation on oneself."""
        return consultations.changed(self.consultation.claim(call.request))

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
        """Close a consultation that is done."""
        return consultations.changed(self.consultation.close(call.request))

    @step("withdraw", USER, Code.WRONG_STATE)
    def withdraw(self, call: Call) -> Answer:
        """Take back one's own question."""
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

    # calendar

    @route(
        "GET",
        "/v1/calendar/due",
        query=DueQuerySchema,
        answers={200: DueSchema},
    )
    def calendar_due(self, call: Call) -> Any:
        """When a limit of so many working days ends, and which days do not count."""
        return self.consultation.calendar_due(call.request)

    @route(
        "GET",
        "/v1/calendar/{year}",
        path_schema=CalendarPathSchema,
        query=CalendarQuerySchema,
        answers={200: CalendarSchema},
    )
    def calendar_year(self, call: Call) -> Any:
        """The days of a year on which an office does not work."""
        return self.consultation.calendar_year(call.request)

    # documents

    @route("GET", "/v1/openapi.json")
    def openapi(self, call: Call) -> Response:
        """The description of this API (OpenAPI 3.1)."""
        return responses.from_json(self.document)

    @route("GET", "/")
    def home(self, call: Call) -> Response:
        """Where a person finds something to read."""
        return docs_page.way_to()

    @route("GET", "/docs")
    def docs(self, call: Call) -> Response:
        """The description of this API, to read and to try."""
        return docs_page.page()

    @route("GET", "/docs/assets/{name}")
    def docs_asset(self, call: Call) -> Response:
        """A script, style or image of the page."""
        return docs_page.asset(**call.path)
