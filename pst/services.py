"""The services whose logs, views and dates the tool looks after."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from kernel.codec import EventTypes
from kernel.views import View
from services.consultation.schemas import TYPES as CONSULTATION
from services.consultation.views import VIEWS as CONSULTATION_VIEWS
from services.notifier.schemas import TYPES as NOTIFIER
from services.notifier.views import VIEWS as NOTIFIER_VIEWS
from services.queue.schemas import TYPES as QUEUE
from services.queue.views import VIEWS as QUEUE_VIEWS


@dataclass(frozen=True)
class Service:
    """What the tool needs to know of a service."""

    name: str
    types: EventTypes
    views: Sequence[View] = ()


SERVICES = {
    found.name: found
    for found in (
        Service("consultation", CONSULTATION, CONSULTATION_VIEWS),
        Service("queue", QUEUE, QUEUE_VIEWS),
        Service("notifier", NOTIFIER, NOTIFIER_VIEWS),
    )
}


def service(name: str) -> Service:
    """Return a service; raise `BadParameter` for an unknown one."""
    if name not in SERVICES:
        known = ", ".join(SERVICES)
        raise click.BadParameter(f"there is no service named {name!r}; known: {known}")
    return SERVICES[name]


service_argument = click.argument("service", metavar="SERVICE", type=click.Choice(list(SERVICES)))
