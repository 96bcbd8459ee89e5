"""Entrypoints of meetings: validate, stamp, hand over. Rules are in `meetings.py`."""

from datetime import timedelta
from typing import Any

from contracts import consultation as shapes
from contracts.common import schema
from host.rpc import rpc
from kernel.clock import derive_id, new_id
from services.consultation import commands
from services.consultation.entrypoints import Answer, Request, less
from services.consultation.link_service import LinkService


class MeetingService(LinkService):
    """Appointments with the user."""

    @rpc
    def schedule_meeting(self, request: Request) -> Answer:
        """Make an appointment; `ScheduleRequest`. Answers the consultation and `meeting_id`."""
        asked = schema(shapes.ScheduleRequest).load(request)
        command_id = asked["caller"]["command_id"] or new_id()
        asked["meeting_id"] = derive_id(command_id, "meeting")
        asked["makes_links"] = self.provider.makes_links
        answer = self.handled(_timed(asked), commands.ScheduleMeeting)
        return {**answer, "meeting_id": asked["meeting_id"]}

    @rpc
    def reschedule_meeting(self, request: Request) -> Answer:
        """Move it; `RescheduleRequest`."""
        return self._changed(
            _timed(schema(shapes.RescheduleRequest).load(request)), commands.RescheduleMeeting
        )

    @rpc
    def cancel_meeting(self, request: Request) -> Answer:
        """It does not take place; `CancelMeetingRequest`."""
        asked = schema(shapes.CancelMeetingRequest).load(request)
        return self._changed(asked, commands.CancelMeeting)

    @rpc
    def hold_meeting(self, request: Request) -> Answer:
        """It took place; `HeldRequest`."""
        asked = schema(shapes.HeldRequest).load(request)
        command_id = asked["caller"]["command_id"] or new_id()
        asked["message_id"] = derive_id(command_id, "message")
        return self._changed(asked, commands.HoldMeeting)

    @rpc
    def miss_meeting(self, request: Request) -> Answer:
        """The user did not come; `MeetingRequest`."""
        return self._changed(schema(shapes.MeetingRequest).load(request), commands.MissMeeting)

    def _changed(self, asked: Request, command: Any) -> Answer:
        return {**self.handled(asked, command), "meeting_id": asked["meeting_id"]}


def _timed(asked: Request) -> Request:
    end = asked["start"] + timedelta(minutes=asked["duration_min"])
    return {**less(asked, "duration_min"), "end": end}
