"""Whether what is written reaches the user, by what the notifier tells of its letters.

What does not is like a bounce: no silence runs about what nobody got. The letters that count are
those with a word that awaits an answer, so that one that arrives tells that the next days count.
"""

from typing import Any

from services.consultation.commands import ReportBounce, ReportReached

TELLING = (
    "consultation_answered",
    "clarification_requested",
    "meeting_missed",
    "silence_reminder_due",
)
"""Templates of the notifier: what awaits the user's answer, or a reminder that something does."""


def reported(envelope: dict[str, Any]) -> type[ReportBounce] | type[ReportReached] | None:
    """Return what an event of the notifier says of the user of a consultation, if anything."""
    data = envelope["data"]
    if envelope["event"] == "contact_point_bounced":
        return ReportBounce
    if data["template"] not in TELLING:
        return None
    match envelope["event"], data:
        case "notification_sent", _:
            return ReportReached
        case ("notification_failed", _) | ("notification_suppressed", {"reason": "no_address"}):
            return ReportBounce
    return None
