"""What follows from a fact: what is published, and which dates are set. No I/O, only data."""

from datetime import datetime, timedelta

from contracts.offices import MOST_REMINDERS
from kernel.effects import Cancel, Effect, Ignore, Publish, Schedule
from kernel.facts import Fact
from offices import decrees
from offices.decrees import CalendarDayDeclared, CalendarDayRevoked
from services.consultation import canned, handover
from services.consultation.accounts import reactions as accounts
from services.consultation.attachments import reactions as attachments
from services.consultation.attachments.events import AttachmentDropped, AttachmentUploaded
from services.consultation.canned import CannedAnswerRemoved, CannedAnswerSaved
from services.consultation.catalogue import reactions as catalogue
from services.consultation.catalogue.events import (
    AnswerCorrected,
    AnswerPublished,
    AnswerWithdrawn,
    CatalogueSearched,
)
from services.consultation.commands import (
    LIMIT,
    LIMIT_WARNING,
    MEETING_LINK,
    MEETING_OVER,
    READDRESS,
    SILENCE_CLOSE,
    SILENCE_REMINDER,
)
from services.consultation.events import (
    ClarificationEnded,
    ClarificationRequested,
    ConsultationAnswered,
    ConsultationAssigned,
    ConsultationClosed,
    ConsultationReopened,
    ConsultationSubmitted,
    ContactBounced,
    ContactCorrected,
    ContactReached,
    DeadlineRecalculated,
    Event,
    MeetingCancelled,
    MeetingHeld,
    MeetingLinkFailed,
    MeetingLinkMade,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
    MessagePosted,
    Party,
    ReferralGiven,
    RequestAccepted,
    SilenceLapsed,
    SilenceReminderDue,
    SilenceStarted,
    SlaApproaching,
    SlaBreached,
    SlaMet,
    SlaRejudged,
)
from services.consultation.handover import HandoverBegun, HandoverDone
from services.consultation.register import NumberAssigned


def react(fact: Fact) -> list[Effect]:
    """Return the effects of one fact."""
    event: (
        Event
        | NumberAssigned
        | canned.Event
        | handover.Event
        | decrees.Event
        | catalogue.Event
        | accounts.Reacting
    ) = fact.event
    match event:
        case CalendarDayDeclared() | CalendarDayRevoked():
            return decrees.react(fact)
        case HandoverBegun() | HandoverDone():
            return handover.react(fact)
        case CannedAnswerSaved() | CannedAnswerRemoved():
            return [Ignore("the office's own business")]
        case AnswerPublished() | AnswerCorrected() | AnswerWithdrawn() | CatalogueSearched():
            return catalogue.react(fact)
        case NumberAssigned():
            return [Ignore("the consultation carries its number")]
        case SilenceStarted():
            return _silence_dates(event)
        case AttachmentUploaded():
            return attachments.uploaded(event.attachment_id, fact.occurred_at)
        case AttachmentDropped():
            return [Ignore("its bytes go with the next sweep")]
        case MessagePosted():
            return [*_message(fact, event), *attachments.used(event.attachments)]
        case ContactBounced():
            return [_told(fact), *_no_silence()]
        case RequestAccepted():
            return [_told(fact), *_limit_dates(event.due_at, event.warn_at)]
        case DeadlineRecalculated():
            return [_told(fact), *_limit_dates(event.new, event.warn_at)]
        case ConsultationReopened():
            return [_told(fact), *_limit_dates(event.due_at, event.warn_at)]
        case ClarificationEnded():
            return [_told(fact), *_no_silence(), *_limit_dates(event.due_at, event.warn_at)]
        case ClarificationRequested() | ConsultationAnswered():
            return [_told(fact), *_no_limit()]
        case MeetingScheduled() | MeetingRescheduled():
            dates = [_meeting_date(event), *_link_dates(fact, event.meeting_id)]
            return [_told(fact), *_no_silence(), *dates]
        case MeetingLinkMade():
            return [_told(fact), _second_look(fact, event.meeting_id)]
        case MeetingCancelled():
            over = Cancel(f"{MEETING_OVER}{event.meeting_id}")
            return [_told(fact), over, *_link_dates(fact, event.meeting_id)]
        case MeetingHeld():
            over = Cancel(f"{MEETING_OVER}{event.meeting_id}")
            return [_told(fact), over, *_no_silence()]
        case MeetingMissed():
            return [_told(fact), Cancel(f"{MEETING_OVER}{event.meeting_id}")]
        case ContactCorrected():
            known = Schedule(READDRESS, fact.occurred_at, {})
            sent_again = _no_silence() if event.message_id else []
            return [_told(fact), known, *sent_again]
        case ContactReached():
            return [Ignore("the silence that begins has its dates")]
        case ConsultationClosed():
            return [_told(fact), *_no_limit(), *_no_silence()]
        case (
            ConsultationSubmitted()
            | ConsultationAssigned()
            | SlaApproaching()
            | SlaMet()
            | SlaBreached()
            | SlaRejudged()
            | SilenceReminderDue()
            | SilenceLapsed()
            | ReferralGiven()
            | MeetingLinkFailed()
        ):
            return [_told(fact)]
    _: accounts.Reacting = event  # nothing of a consultation is left
    return accounts.react(fact)


def _message(fact: Fact, event: MessagePosted) -> list[Effect]:
    if event.internal:
        return [Ignore("internal notes are published to nobody")]
    if event.by is Party.USER and not event.automatic:
        return [_told(fact), *_no_silence()]
    return [_told(fact)]


def _told(fact: Fact) -> Publish:
    """Published under its own name; `contracts/events.py` says which fields cross over.

    Personal fields are sealed here and no published shape names one.
    """
    fields = {n: getattr(fact.event, n) for n in fact.event.__dataclass_fields__}
    return Publish(fact.name, fields)


def _silence_dates(event: SilenceStarted) -> list[Effect]:
    reminders = [
        Schedule(f"{SILENCE_REMINDER}{n}", at, {"n": n, "closes_at": event.closes_at})
        for n, at in enumerate(event.reminders_at, start=1)
    ]
    return [*reminders, Schedule(SILENCE_CLOSE, event.closes_at, {"closes_at": event.closes_at})]


def _no_silence() -> list[Effect]:
    reminders = range(1, MOST_REMINDERS + 1)
    return [Cancel(SILENCE_CLOSE), *(Cancel(f"{SILENCE_REMINDER}{n}") for n in reminders)]


def _limit_dates(due_at: datetime | None, warn_at: datetime | None) -> list[Effect]:
    """Watch a limit that runs; one that does not has no end."""
    if due_at is None:
        return []
    judged = Schedule(LIMIT, due_at, {"due_at": due_at})
    if warn_at is None:
        return [judged, Cancel(LIMIT_WARNING)]
    return [judged, Schedule(LIMIT_WARNING, warn_at, {"due_at": due_at})]


def _no_limit() -> list[Effect]:
    return [Cancel(LIMIT), Cancel(LIMIT_WARNING)]


SECOND_LOOK = timedelta(minutes=15)
"""By then the provider has done, or dropped, what a process asked of it that was cut off."""


def _link_dates(fact: Fact, meeting_id: str) -> list[Effect]:
    """Have the provider told at once, if one has to do with it: the state knows."""
    words = {"meeting_id": meeting_id}
    at_once = Schedule(f"{MEETING_LINK}{meeting_id}", fact.occurred_at, words)
    return [at_once, _second_look(fact, meeting_id)]


def _second_look(fact: Fact, meeting_id: str) -> Effect:
    at = fact.occurred_at + SECOND_LOOK
    return Schedule(f"{MEETING_LINK}{meeting_id}_again", at, {"meeting_id": meeting_id})


def _meeting_date(event: MeetingScheduled | MeetingRescheduled) -> Effect:
    words = {"meeting_id": event.meeting_id, "sequence": event.sequence}
    return Schedule(f"{MEETING_OVER}{event.meeting_id}", event.end, words)
