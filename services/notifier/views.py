"""Facts → which e-mails there are about a matter: a consultation, a service day, a person."""

from typing import Any

from kernel.facts import Fact
from kernel.views import View
from services.notifier.events import NotificationRequested


def notification_of(fact: Fact) -> str | None:
    """Return which e-mail begins here."""
    event = fact.event
    return event.notification_id if isinstance(event, NotificationRequested) else None


def matter(_document: dict[str, Any] | None, fact: Fact) -> dict[str, Any]:
    """Return what it is about."""
    return {"about": fact.event.about}


ABOUT = View(name="about", key=notification_of, project=matter, indexes=([("about", 1)],))

VIEWS = (ABOUT,)
