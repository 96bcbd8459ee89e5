"""Every stored form of this service's events: a chosen name, a version, a class.

A stored form is never edited. A change is a new version beside the old one, with an
upcaster; each keeps a fixture in `tests/fixtures/stored/` that must load for ever.
"""

from typing import Any

from kernel import erasure
from kernel.codec import Earlier, EventType, EventTypes
from services.notifier import alarms, events


def notification_requested_2(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 there are e-mails to the office, about a service day."""
    of_day = {"service_date": None, "sequence": None, "address_no": None}
    return {**data, "params": {**data["params"], **of_day}}


def notification_requested_3(data: dict[str, Any]) -> dict[str, Any]:
    """Since v3 there are one-time codes."""
    return {**data, "params": {**data["params"], "challenge_id": None}}


def notification_requested_4(data: dict[str, Any]) -> dict[str, Any]:
    """Since v4 there are e-mails about a meeting."""
    return {**data, "params": {**data["params"], "meeting_id": None}}


TYPES = EventTypes(
    [
        EventType("notification_requested", 4, events.NotificationRequested),
        EventType("delivery_deferred", 1, events.DeliveryDeferred),
        EventType("notification_sent", 1, events.NotificationSent),
        EventType("notification_failed", 1, events.NotificationFailed),
        EventType("notification_suppressed", 1, events.NotificationSuppressed),
        EventType("contact_point_bounced", 1, events.ContactPointBounced),
        EventType("alarm_raised", 1, alarms.AlarmRaised),
        *erasure.TYPES,
    ],
    earlier=[
        Earlier("notification_requested", 1, notification_requested_2),
        Earlier("notification_requested", 2, notification_requested_3),
        Earlier("notification_requested", 3, notification_requested_4),
    ],
)
