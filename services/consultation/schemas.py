"""Every stored form of this service's events: a chosen name, a version, a class.

A stored form is never edited. A change is a new version beside the old one, with an
upcaster; each keeps a fixture in `tests/fixtures/stored/` that must load for ever.
"""

from typing import Any

from kernel.codec import Earlier, EventType, EventTypes
from services.consultation import events, register


def number_assigned_2(data: dict[str, Any]) -> dict[str, Any]:
    """The register counted its facts; since v2 each says which one it was."""
    return {**data, "serial": int(data["number"].rpartition("-")[2])}


TYPES = EventTypes(
    [
        EventType("number_assigned", 2, register.NumberAssigned),
        EventType("consultation_submitted", 1, events.ConsultationSubmitted),
        EventType("request_accepted", 1, events.RequestAccepted),
        EventType("consultation_assigned", 1, events.ConsultationAssigned),
        EventType("message_posted", 1, events.MessagePosted),
        EventType("consultation_answered", 1, events.ConsultationAnswered),
        EventType("sla_met", 1, events.SlaMet),
        EventType("sla_breached", 1, events.SlaBreached),
        EventType("silence_started", 1, events.SilenceStarted),
        EventType("silence_reminder_due", 1, events.SilenceReminderDue),
        EventType("consultation_closed", 1, events.ConsultationClosed),
        EventType("consultation_reopened", 1, events.ConsultationReopened),
        EventType("deadline_recalculated", 1, events.DeadlineRecalculated),
    ],
    earlier=[
        Earlier("number_assigned", 1, number_assigned_2),
    ],
)
