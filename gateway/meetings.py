"""The routes of meetings: part of the gateway's service."""

from typing import Any

from contracts.caller import STAFF
from contracts.consultation import (
    CancelMeetingSchema,
    HeldSchema,
    MeetingSchema,
    RescheduleSchema,
    ScheduleSchema,
)
from contracts.errors import Code
from gateway import consultations, examples
from gateway.call import Answer, Call
from gateway.routing import route
from host.rpc import ServiceRpc

MEETINGS = "/v1/consultations/{consultation_id}/meetings"


def step(name: str, *refuses: Code, **declared: Any) -> Any:
    """Declare what moves one meeting on, and answers with it."""
    return route(
        "POST",
        f"{MEETINGS}/{{meeting_id}}/{name}",
        roles=STAFF,
        answers={200: MeetingSchema},
        versioned=True,
        refuses=(Code.WRONG_STATE, *refuses),
        **declared,
    )


class MeetingRoutes:
    """Appointments with the user, at the office or by Zoom."""

    consultation = ServiceRpc("consultation")

    @route(
        "POST",
        MEETINGS,
        roles=STAFF,
        body=ScheduleSchema,
        example=examples.MEETING,
        answers={201: MeetingSchema},
        versioned=True,
        refuses=(Code.WRONG_STATE, Code.OFFICE_CLOSED, Code.SUBJECT_ERASED),
    )
    def schedule_meeting(self, call: Call) -> Answer:
        """Make an appointment; until then no silence runs."""
        return consultations.meeting(self.consultation.schedule_meeting(call.request), 201)

    @step(
        "reschedule",
        Code.OFFICE_CLOSED,
        Code.SUBJECT_ERASED,
        body=RescheduleSchema,
        example=examples.RESCHEDULE,
    )
    def reschedule_meeting(self, call: Call) -> Answer:
        """Move it; a link or place that is not said is as it was."""
        return consultations.meeting(self.consultation.reschedule_meeting(call.request))

    @step("cancel", Code.SUBJECT_ERASED, body=CancelMeetingSchema, example=examples.CANCELLATION)
    def cancel_meeting(self, call: Call) -> Answer:
        """It does not take place."""
        return consultations.meeting(self.consultation.cancel_meeting(call.request))

    @step("held", Code.SUBJECT_ERASED, body=HeldSchema, example=examples.SUMMARY)
    def hold_meeting(self, call: Call) -> Answer:
        """It took place; a summary is the officer's answer to the user."""
        return consultations.meeting(self.consultation.hold_meeting(call.request))

    @step("missed")
    def miss_meeting(self, call: Call) -> Answer:
        """The user did not come: the days of silence count anew."""
        return consultations.meeting(self.consultation.miss_meeting(call.request))
