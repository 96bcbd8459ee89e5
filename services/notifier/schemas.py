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


TYPES = EventTypes(
    [
        EventType("notification_requested", 2, events.NotificationRequested),
        EventType("delivery_deferred", 1, events.DeliveryDeferred),
        EventType("notification_sent", 1, events.NotificationSent),
        EventType("notification_failed", 1, events.NotificationFailed),
        EventType("notification_suppressed", 1, events.NotificationSuppressed),
        EventType("alarm_raised", 1, alarms.AlarmRaised),
        *erasure.TYPES,
    ],
    earlier=[
        Earlier("notification_requested", 1, notification_requested_2),
    ],
)
