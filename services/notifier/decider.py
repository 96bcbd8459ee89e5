"""The rules of a notification: asked for once, tried until taken, refused for good or too late.

    requested → (deferred →)* sent | failed | suppressed

Nothing here is refused to anybody: what has lost its point decides nothing.
"""

from datetime import datetime, timedelta
from typing import Any, assert_never

from contracts.common import rfc3339
from kernel.personal import FORGOTTEN
from services.notifier.commands import (
    Command,
    Delivered,
    Postponed,
    Refused,
    ReportDelivery,
    RequestNotification,
    Withheld,
)
from services.notifier.events import (
    ContactPointBounced,
    DeliveryDeferred,
    Event,
    NotificationFailed,
    NotificationRequested,
    NotificationSent,
    NotificationSuppressed,
    Template,
    WithheldBecause,
)
from services.notifier.outdated import overtaken
from services.notifier.state import State

EMAIL = "email"
KEPT_APART = "alarms_kept_apart"

BACK_OFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""Waits between the tries; when the try after the last one fails, it is given up."""


def decide(command: Command, state: State) -> list[Event]:
    """Return the facts that follow, none for a repeat or a try that is not due."""
    match command:
        case RequestNotification():
            return [] if state.requested else [_requested(command)]
        case ReportDelivery():
            return _reported(command, state)
    assert_never(command)


def reason_to_withhold(
    request: NotificationRequested, dossier: dict[str, Any], now: datetime
) -> WithheldBecause | None:
    """Return why it must not be sent as things stand `now`; None when it may.

    `dossier` is what the service that owns the matter answers: `{contact, consultation}`, of an
    alarm `{contact, late}`, of a summary `{contact, report}`, to a person `{contact, code}`.
    """
    contact = dossier["contact"]
    if contact is None or not contact["email"]:
        return WithheldBecause.NO_ADDRESS
    if contact["email"] == FORGOTTEN:
        return WithheldBecause.SUBJECT_ERASED
    return WithheldBecause.OUTDATED if _in_vain(request, dossier, now) else None


def _in_vain(request: NotificationRequested, dossier: dict[str, Any], now: datetime) -> bool:
    match request.template:
        case Template.SILENCE_REMINDER_DUE:
            return _reminds_in_vain(request, dossier["consultation"])
        case Template.ONE_TIME_CODE:  # used, too old, or a newer one went out
            return dossier["code"] is None
        case Template.START_LIMIT_BREACHED:  # all are served by now, or the day has ended
            return not dossier["late"]["late"]
    return overtaken(request, dossier.get("consultation"), now)


def _reminds_in_vain(request: NotificationRequested, consultation: dict[str, Any]) -> bool:
    """A reply came, or the close, while the reminder waited for the mail server."""
    closes_at = request.params.closes_at
    if closes_at is None:
        return False
    return bool(consultation["silence"]["closes_at"] != rfc3339(closes_at))


def _bounced(result: Refused, of: dict[str, Any]) -> list[Event]:
    if not result.of_recipient or result.subject_id is None:
        return []
    return [ContactPointBounced(**of, subject_id=result.subject_id)]


def _requested(command: RequestNotification) -> Event:
    return NotificationRequested(
        notification_id=command.notification_id,
        template=command.template,
        channel=EMAIL,
        about=command.about,
        params=command.params,
    )


def _reported(command: ReportDelivery, state: State) -> list[Event]:
    owed = state.owed_at(command.attempt)
    if owed is None:
        return []
    request, result, attempt = owed.request, command.result, command.attempt
    of: dict[str, Any] = {
        "notification_id": request.notification_id,
        "template": request.template,
        "channel": request.channel,
        "about": request.about,
    }
    match result:
        case Delivered():
            return [NotificationSent(**of, attempt=attempt)]
        case Withheld():
            return [NotificationSuppressed(**of, reason=result.reason)]
        case Postponed(until):
            return [DeliveryDeferred(**of, attempt=attempt, error_code=KEPT_APART, retry_at=until)]
        case Refused() if result.permanent or attempt > len(BACK_OFF):
            failed = NotificationFailed(**of, attempt=attempt, error_code=result.error_code)
            return [failed, *_bounced(result, of)]
        case Refused():
            retry_at = command.now + BACK_OFF[attempt - 1]
            code = result.error_code
            return [DeliveryDeferred(**of, attempt=attempt, error_code=code, retry_at=retry_at)]
    assert_never(result)
