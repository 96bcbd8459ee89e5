"""Every stored form of this service's events: a chosen name, a version, a class.

A stored form is never edited. A change is a new version beside the old one, with an
upcaster; each keeps a fixture in `tests/fixtures/stored/` that must load for ever.
"""

from typing import Any

from kernel import erasure
from kernel.codec import Earlier, EventType, EventTypes
from offices import decrees
from services.consultation import canned, events, handover, register
from services.consultation.accounts import schemas as accounts
from services.consultation.attachments import events as attachments
from services.consultation.catalogue import schemas as catalogue


def number_assigned_2(data: dict[str, Any]) -> dict[str, Any]:
    """The register counted its facts; since v2 each says which one it was."""
    return {**data, "serial": int(data["number"].rpartition("-")[2])}


def message_posted_2(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 it may have been sent before it came, or by a machine; ask; have attachments."""
    since: dict[str, Any] = {
        "sent_at": None,
        "automatic": False,
        "clarification": False,
        "attachments": [],
    }
    return {**data, **since}


def with_warning(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 of what sets the limit somebody is warned of it."""
    return {**data, "warn_at": None}


def consultation_closed_2(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 a duplicate names the other."""
    return {**data, "duplicate_of": None}


def consultation_reopened_2(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 a close that came by itself can be reversed; before, it was reopened."""
    return {**with_warning(data), "reverses_close": False}


def with_its_link(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 of an appointment a provider may make the link; before, an officer had given it."""
    return {**data, "link_follows": False}


def meeting_link_made_2(data: dict[str, Any]) -> dict[str, Any]:
    """Since v2 a link in place of another is told apart; before, it was told as the first."""
    return {**data, "anew": False}


TYPES = EventTypes(
    [
        EventType("number_assigned", 2, register.NumberAssigned),
        EventType("consultation_submitted", 1, events.ConsultationSubmitted),
        EventType("clarification_requested", 1, events.ClarificationRequested),
        EventType("clarification_ended", 1, events.ClarificationEnded),
        EventType("request_accepted", 2, events.RequestAccepted),
        EventType("consultation_assigned", 1, events.ConsultationAssigned),
        EventType("message_posted", 2, events.MessagePosted),
        EventType("consultation_answered", 1, events.ConsultationAnswered),
        EventType("sla_approaching", 1, events.SlaApproaching),
        EventType("sla_met", 1, events.SlaMet),
        EventType("sla_breached", 1, events.SlaBreached),
        EventType("sla_rejudged", 1, events.SlaRejudged),
        EventType("silence_started", 1, events.SilenceStarted),
        EventType("silence_reminder_due", 1, events.SilenceReminderDue),
        EventType("silence_lapsed", 1, events.SilenceLapsed),
        EventType("contact_bounced", 1, events.ContactBounced),
        EventType("contact_reached", 1, events.ContactReached),
        EventType("contact_corrected", 1, events.ContactCorrected),
        EventType("referral_given", 1, events.ReferralGiven),
        EventType("meeting_scheduled", 2, events.MeetingScheduled),
        EventType("meeting_rescheduled", 2, events.MeetingRescheduled),
        EventType("meeting_link_made", 2, events.MeetingLinkMade),
        EventType("meeting_link_failed", 1, events.MeetingLinkFailed),
        EventType("meeting_cancelled", 1, events.MeetingCancelled),
        EventType("meeting_held", 1, events.MeetingHeld),
        EventType("meeting_missed", 1, events.MeetingMissed),
        EventType("consultation_closed", 2, events.ConsultationClosed),
        EventType("consultation_reopened", 2, events.ConsultationReopened),
        EventType("deadline_recalculated", 2, events.DeadlineRecalculated),
        EventType("canned_answer_saved", 1, canned.CannedAnswerSaved),
        EventType("canned_answer_removed", 1, canned.CannedAnswerRemoved),
        EventType("handover_begun", 1, handover.HandoverBegun),
        EventType("handover_done", 1, handover.HandoverDone),
        *decrees.TYPES,
        *catalogue.TYPES,
        EventType("attachment_uploaded", 1, attachments.AttachmentUploaded),
        EventType("attachment_dropped", 1, attachments.AttachmentDropped),
        *accounts.TYPES,
        *erasure.TYPES,
    ],
    earlier=[
        *catalogue.EARLIER,
        Earlier("number_assigned", 1, number_assigned_2),
        Earlier("message_posted", 1, message_posted_2),
        Earlier("request_accepted", 1, with_warning),
        Earlier("deadline_recalculated", 1, with_warning),
        Earlier("meeting_scheduled", 1, with_its_link),
        Earlier("meeting_rescheduled", 1, with_its_link),
        Earlier("meeting_link_made", 1, meeting_link_made_2),
        Earlier("consultation_closed", 1, consultation_closed_2),
        Earlier("consultation_reopened", 1, consultation_reopened_2),
    ],
)
