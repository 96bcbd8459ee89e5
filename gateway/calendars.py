"""The routes of the working-day calendar: part of the gateway's service."""

from typing import Any

from contracts.calendar import (
    CalendarPathSchema,
    CalendarQuerySchema,
    CalendarSchema,
    DeclareDaySchema,
    DueQuerySchema,
    DueSchema,
    RevokeDaySchema,
)
from gateway import examples
from gateway.call import Answer, Call
from gateway.routing import route
from host.rpc import ServiceRpc

SUPERVISORS = ("supervisor", "admin")


class CalendarRoutes:
    """Which days count, and by whose word."""

    consultation = ServiceRpc("consultation")

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

    @route(
        "POST",
        "/v1/calendar/{year}",
        path_schema=CalendarPathSchema,
        roles=SUPERVISORS,
        body=DeclareDaySchema,
        example=examples.DECREE,
        answers={200: CalendarSchema},
    )
    def declare_day(self, call: Call) -> Answer:
        """Have a date count otherwise, by decree.

        Of one's own office, or, for administrators, of all. Every open limit is reckoned anew; a
        user is told when theirs moves later. Answers the year as it now stands.
        """
        return _year(self.consultation.declare_day(call.request))

    @route(
        "POST",
        "/v1/calendar/{year}/revoke",
        path_schema=CalendarPathSchema,
        roles=SUPERVISORS,
        body=RevokeDaySchema,
        example=examples.REVOCATION,
        answers={200: CalendarSchema},
    )
    def revoke_day(self, call: Call) -> Answer:
        """Have a date count again as it did before a decree."""
        return _year(self.consultation.revoke_day(call.request))


def _year(result: dict[str, Any]) -> Answer:
    replayed = {"Idempotency-Replayed": "true"} if result["replayed"] else {}
    return Answer({n: value for n, value in result.items() if n != "replayed"}, headers=replayed)
