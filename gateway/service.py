"""The routes: each method says who may call, what is taken, what is answered, and does it."""

from typing import Any

from werkzeug.wrappers import Response

from contracts.offices_api import OfficeListQuerySchema, OfficeListSchema, OfficeSchema
from files.opening import check_files
from gateway import docs_page, responses
from gateway.attachments import AttachmentRoutes
from gateway.calendars import CalendarRoutes
from gateway.call import Call
from gateway.catalogue import CatalogueRoutes
from gateway.correlation import Correlation
from gateway.meetings import MeetingRoutes
from gateway.offices import Offices
from gateway.online import OnlineRoutes
from gateway.openapi import ApiDocument
from gateway.people import AccountRoutes
from gateway.routing import route
from gateway.sharing import SharingRoutes
from gateway.walk_in import WalkInRoutes
from offices.provider import check_offices


class GatewayService(
    AccountRoutes,
    OnlineRoutes,
    AttachmentRoutes,
    MeetingRoutes,
    CalendarRoutes,
    SharingRoutes,
    WalkInRoutes,
    CatalogueRoutes,
):
    """Everything the API can do."""

    name = "gateway"
    checks = (check_offices, check_files)
    needs = ("token_public_key", "token_private_key", "files_url")

    offices = Offices()
    document = ApiDocument()
    correlation = Correlation()

    @route("GET", "/v1/offices", query=OfficeListQuerySchema, answers={200: OfficeListSchema})
    def list_offices(self, call: Call) -> Any:
        """The offices that take consultations."""
        return self.offices.page(**call.query)

    @route("GET", "/v1/offices/{office}", answers={200: OfficeSchema})
    def show_office(self, call: Call) -> Any:
        """The published service standard of one office, its opening hours, its counters."""
        return self.offices.show(**call.path)

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
