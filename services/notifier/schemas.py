"""Every stored form of this service's events: a chosen name, a version, a class.

A stored form is never edited. A change is a new version beside the old one, with an
upcaster; each keeps a fixture in `tests/fixtures/stored/` that must load for ever.
"""

from kernel import erasure
from kernel.codec import EventType, EventTypes
from services.notifier import events

TYPES = EventTypes(
    [
        EventType("notification_requested", 1, events.NotificationRequested),
        EventType("delivery_deferred", 1, events.DeliveryDeferred),
        EventType("notification_sent", 1, events.NotificationSent),
        EventType("notification_failed", 1, events.NotificationFailed),
        EventType("notification_suppressed", 1, events.NotificationSuppressed),
        *erasure.TYPES,
    ]
)
