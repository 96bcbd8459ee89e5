"""Published events: what other services and other systems may rely on.

No personal data crosses here: ids, codes, numbers, times. Fields are only ever added;
consumers ignore what they do not know. A golden example of each version lies in
`tests/fixtures/events/`.
"""

from marshmallow import INCLUDE, Schema, fields

from contracts.common import Timestamp

TYPE_PREFIX = "id.go.bps.pst"
CONTENT_TYPE = "application/cloudevents+json"


class _Data(Schema):
    class Meta:
        unknown = INCLUDE

    office = fields.String(required=True)


class ConsultationSubmitted(_Data):
    """A person asks; no clock runs yet."""

    number = fields.String(required=True)
    type = fields.String(required=True)
    channel = fields.String(required=True)
    subject_id = fields.String(required=True)


class ClarificationRequested(_Data):
    """The request is not clear, for these reasons: the limit waits; asked with that message."""

    message_id = fields.String(load_default=None, allow_none=True)  # added later
    missing = fields.List(fields.String(), required=True)


class ClarificationEnded(_Data):
    """The user wrote, or an officer knows enough; a limit that stood still runs on."""

    by = fields.String(required=True)


class RequestAccepted(_Data):
    """The request is clear and complete: three working days start."""

    due_at = Timestamp(required=True)
    calendar_version = fields.String(required=True)


class ConsultationAssigned(_Data):
    """An officer has it."""

    officer_id = fields.String(required=True)


class MessagePosted(_Data):
    """A message of the conversation, never an internal note.

    `clarification`: an officer asks what is meant; `automatic`: an auto-reply.
    """

    message_id = fields.String(required=True)
    by = fields.String(required=True)
    channel = fields.String(required=True)
    clarification = fields.Boolean(load_default=False)  # added later
    automatic = fields.Boolean(load_default=False)  # added later


class ConsultationAnswered(_Data):
    """The first substantive answer: the limit stops."""

    message_id = fields.String(required=True)


class SlaApproaching(_Data):
    """One working day of the limit is left."""

    due_at = Timestamp(required=True)


class SlaMet(_Data):
    """Answered within the limit."""

    answered_at = Timestamp(required=True)
    due_at = Timestamp(required=True)


class SlaBreached(_Data):
    """The limit passed, once per acceptance; 0 days late when judged at the due time."""

    due_at = Timestamp(required=True)
    late_by_working_days = fields.Integer(required=True)


class SlaRejudged(_Data):
    """What the verdict would be by a calendar that was changed after it; the verdict stands."""

    met = fields.Boolean(required=True)
    due_at = Timestamp(required=True)
    late_by_working_days = fields.Integer(required=True)
    calendar_version = fields.String(required=True)


class SilenceReminderDue(_Data):
    """The n-th reminder (1, 2, 3) before a silent conversation closes."""

    n = fields.Integer(required=True)
    closes_at = Timestamp(required=True)


class SilenceLapsed(_Data):
    """The user was silent for too long; by the office's policy an officer is to close it."""

    silent_since = Timestamp(required=True)
    closes_at = Timestamp(required=True)


class ContactBounced(_Data):
    """What is written on a channel does not reach the user."""

    channel = fields.String(required=True)


class ContactCorrected(_Data):
    """Staff had written the contact down wrong; `message_id`: what goes there once more."""

    message_id = fields.String(required=True, allow_none=True)


class MeetingScheduled(_Data):
    """The user and an officer are going to meet; `sequence` counts the changes.

    `link_follows`: a provider is still to make the link (`meeting_link_made`).
    """

    meeting_id = fields.String(required=True)
    kind = fields.String(required=True)
    start = Timestamp(required=True)
    end = Timestamp(required=True)
    sequence = fields.Integer(required=True)
    link_follows = fields.Boolean(load_default=False)  # added later


class MeetingLinkMade(_Data):
    """Now there is a link, for the meeting as it stood after `sequence`; the API tells it.

    `anew`: in place of one that is gone, which is a change of its own.
    """

    meeting_id = fields.String(required=True)
    sequence = fields.Integer(required=True)
    anew = fields.Boolean(load_default=False)  # added later


class MeetingLinkFailed(_Data):
    """The provider has made no link yet, though asked often; an officer may give one."""

    meeting_id = fields.String(required=True)
    sequence = fields.Integer(required=True)


class MeetingCancelled(_Data):
    """It does not take place."""

    meeting_id = fields.String(required=True)
    sequence = fields.Integer(required=True)


class MeetingEnded(_Data):
    """It took place, or the user did not come."""

    meeting_id = fields.String(required=True)


class ConsultationClosed(_Data):
    """Done, for one of the closed list of reasons."""

    reason = fields.String(required=True)
    closed_by = fields.String(required=True)
    silent_since = Timestamp(required=True, allow_none=True)
    duplicate_of = fields.String(load_default=None, allow_none=True)  # added later
    rating_token_ref = fields.String(required=True)


class ConsultationReopened(_Data):
    """It goes on under the same number; `reverses_close`: the user had answered in time."""

    by = fields.String(required=True)
    reverses_close = fields.Boolean(load_default=False)  # added later


class DeadlineRecalculated(_Data):
    """A computed deadline moved."""

    name = fields.String(required=True)
    old = Timestamp(required=True)
    new = Timestamp(required=True)
    calendar_version = fields.String(required=True)


class CatalogueSearched(_Data):
    """Somebody searched: where the answer came from (live, cache, unavailable, local)."""

    source = fields.String(required=True)
    hits = fields.Integer(required=True)


class AnswerPublished(_Data):
    """An answered question can be found by everybody; also when it was corrected."""

    consultation_id = fields.String(required=True)
    officer_id = fields.String(required=True)
    language = fields.String(required=True)


class AnswerWithdrawn(_Data):
    """It is published no more."""

    officer_id = fields.String(required=True)


class CalendarDayDeclared(_Data):
    """A date counts otherwise from now on, by decree; told for each office."""

    date = fields.Date(required=True)
    kind = fields.String(required=True)
    decree_no = fields.String(required=True)
    name = fields.String(required=True)
    for_all = fields.Boolean(required=True)


class CalendarDayRevoked(_Data):
    """A date counts again as it would without that decree."""

    date = fields.Date(required=True)
    kind = fields.String(required=True)
    decree_no = fields.String(required=True)
    for_all = fields.Boolean(required=True)


class UserRegistered(_Data):
    """Somebody gave a mail address as theirs; not yet shown to be."""

    subject_id = fields.String(required=True)


class EmailVerified(UserRegistered):
    """They have shown it, and are logged in."""


class CodeIssued(UserRegistered):
    """A one-time code is to be sent; made, when it leaves, of the id of its challenge."""

    challenge_id = fields.String(required=True)
    expires_at = Timestamp(required=True)


class LoginWithoutAccount(UserRegistered):
    """Somebody wants to log in with an address that has no account: its owner is to be told."""


class ErasureHeld(UserRegistered):
    """A person asks to be forgotten, which has to wait for a legal hold."""


class ErasureBegun(UserRegistered):
    """A person will be forgotten once they have been told, at `due_at` at the latest."""

    due_at = Timestamp(required=True)


class NotificationSent(_Data):
    """The provider took it."""

    notification_id = fields.String(required=True)
    template = fields.String(required=True)
    channel = fields.String(required=True)
    about = fields.String(required=True)


class NotificationFailed(NotificationSent):
    """Given up after the last try."""

    error_code = fields.String(required=True)


class NotificationSuppressed(NotificationSent):
    """Not sent on purpose."""

    reason = fields.String(required=True)


class ContactPointBounced(_Data):
    """The mail server of a person's address refuses it for good; `about` as in the e-mail's own."""

    subject_id = fields.String(required=True)
    channel = fields.String(required=True)
    about = fields.String(required=True)


class ServiceDayOpened(_Data):
    """An office takes visitors; the subject of what happens to the day names office and date."""

    service_date = fields.Date(required=True)


class TicketIssued(_Data):
    """A visitor took a number. The subject of this and of what follows is the ticket."""

    number = fields.String(required=True)
    lane = fields.String(required=True)
    priority_reason = fields.String(required=True, allow_none=True)
    service_date = fields.Date(required=True)


class TicketRecalled(_Data):
    """The same number, called once more."""

    number = fields.String(required=True)
    stop = fields.String(required=True)
    counter = fields.String(required=True)
    attempt = fields.Integer(required=True)


class TicketCalled(TicketRecalled):
    """A number was called to a counter; so many who came before wait on, and why."""

    overtook = fields.Integer(required=True)
    overtake_reason = fields.String(required=True, allow_none=True)


class TicketMissed(TicketRecalled):
    """Nobody came to any of the calls."""


class TicketReinstated(_Data):
    """They came after all, and wait again."""

    number = fields.String(required=True)
    stop = fields.String(required=True)


class GuestBookSigned(_Data):
    """Somebody is known now, by a subject id; codes only."""

    visit_id = fields.String(required=True)
    subject_id = fields.String(required=True)
    institution_category = fields.String(required=True)
    use = fields.String(required=True)
    services = fields.List(fields.String(), required=True)
    identity_type = fields.String(required=True)


class ServiceStarted(_Data):
    """The consultation began; `waited_s` in service seconds since `t0`, the 10-minute rule."""

    counter = fields.String(required=True)
    officer_id = fields.String(required=True)
    waited_s = fields.Integer(required=True)
    t0 = Timestamp(required=True)
    within_limit = fields.Boolean(required=True)


class StartLimitApproaching(_Data):
    """Seven of the ten minutes are over; whether a desk is free."""

    counter_open = fields.Boolean(required=True)


class StartLimitBreached(_Data):
    """The ten minutes that began at `t0` are over; `ahead` is the ticket whose end began them."""

    t0 = Timestamp(required=True)
    ahead = fields.String(required=True, allow_none=True)


class ReferralGiven(_Data):
    """They were told who else can help."""

    target = fields.String(required=True)


class AtCounter(_Data):
    """What happens at a counter: held, resumed, a finish undone."""

    counter = fields.String(required=True)


class TicketTransferred(AtCounter):
    """Another counter goes on."""

    to_counter = fields.String(required=True)


class ServiceFinished(AtCounter):
    """It is done; `duration_s` without what it was held."""

    officer_id = fields.String(required=True)
    outcome = fields.String(required=True)
    duration_s = fields.Integer(required=True)


class TicketCancelled(_Data):
    """They did not want to wait any longer."""

    number = fields.String(required=True)


class TicketExpired(TicketCancelled):
    """The day ended before their turn."""

    reason = fields.String(required=True)


class ServiceSuspended(_Data):
    """Nobody is served for a declared reason; no ten minutes run."""

    reason_code = fields.String(required=True)


class ServiceResumed(_Data):
    """Service goes on."""


class ServiceDayClosed(_Data):
    """The day is over; how many tickets there were, and how they ended."""

    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class SubjectErased(_Data):
    """A person has been forgotten: drop what you keep about them. Told for each of their offices,
    by every service."""

    subject_id = fields.String(required=True)


EVENTS: dict[tuple[str, str, int], type[_Data]] = {
    ("consultation", "consultation_submitted", 1): ConsultationSubmitted,
    ("consultation", "clarification_requested", 1): ClarificationRequested,
    ("consultation", "clarification_ended", 1): ClarificationEnded,
    ("consultation", "request_accepted", 1): RequestAccepted,
    ("consultation", "consultation_assigned", 1): ConsultationAssigned,
    ("consultation", "message_posted", 1): MessagePosted,
    ("consultation", "consultation_answered", 1): ConsultationAnswered,
    ("consultation", "sla_approaching", 1): SlaApproaching,
    ("consultation", "sla_met", 1): SlaMet,
    ("consultation", "sla_breached", 1): SlaBreached,
    ("consultation", "sla_rejudged", 1): SlaRejudged,
    ("consultation", "silence_reminder_due", 1): SilenceReminderDue,
    ("consultation", "silence_lapsed", 1): SilenceLapsed,
    ("consultation", "contact_bounced", 1): ContactBounced,
    ("consultation", "contact_corrected", 1): ContactCorrected,
    ("consultation", "referral_given", 1): ReferralGiven,
    ("consultation", "meeting_scheduled", 1): MeetingScheduled,
    ("consultation", "meeting_rescheduled", 1): MeetingScheduled,
    ("consultation", "meeting_link_made", 1): MeetingLinkMade,
    ("consultation", "meeting_link_failed", 1): MeetingLinkFailed,
    ("consultation", "meeting_cancelled", 1): MeetingCancelled,
    ("consultation", "meeting_held", 1): MeetingEnded,
    ("consultation", "meeting_missed", 1): MeetingEnded,
    ("consultation", "consultation_closed", 1): ConsultationClosed,
    ("consultation", "consultation_reopened", 1): ConsultationReopened,
    ("consultation", "deadline_recalculated", 1): DeadlineRecalculated,
    ("consultation", "catalogue_searched", 1): CatalogueSearched,
    ("consultation", "answer_published", 1): AnswerPublished,
    ("consultation", "answer_corrected", 1): AnswerPublished,
    ("consultation", "answer_withdrawn", 1): AnswerWithdrawn,
    ("consultation", "calendar_day_declared", 1): CalendarDayDeclared,
    ("consultation", "calendar_day_revoked", 1): CalendarDayRevoked,
    ("consultation", "user_registered", 1): UserRegistered,
    ("consultation", "email_verified", 1): EmailVerified,
    ("consultation", "code_issued", 1): CodeIssued,
    ("consultation", "login_without_account", 1): LoginWithoutAccount,
    ("consultation", "erasure_held", 1): ErasureHeld,
    ("consultation", "erasure_begun", 1): ErasureBegun,
    ("consultation", "subject_erased", 1): SubjectErased,
    ("queue", "service_day_opened", 1): ServiceDayOpened,
    ("queue", "ticket_issued", 1): TicketIssued,
    ("queue", "ticket_called", 1): TicketCalled,
    ("queue", "ticket_recalled", 1): TicketRecalled,
    ("queue", "ticket_missed", 1): TicketMissed,
    ("queue", "ticket_reinstated", 1): TicketReinstated,
    ("queue", "guest_book_signed", 1): GuestBookSigned,
    ("queue", "service_started", 1): ServiceStarted,
    ("queue", "start_limit_approaching", 1): StartLimitApproaching,
    ("queue", "start_limit_breached", 1): StartLimitBreached,
    ("queue", "referral_given", 1): ReferralGiven,
    ("queue", "ticket_transferred", 1): TicketTransferred,
    ("queue", "ticket_held", 1): AtCounter,
    ("queue", "ticket_resumed", 1): AtCounter,
    ("queue", "service_finished", 1): ServiceFinished,
    ("queue", "service_finish_undone", 1): AtCounter,
    ("queue", "ticket_cancelled", 1): TicketCancelled,
    ("queue", "ticket_expired", 1): TicketExpired,
    ("queue", "service_suspended", 1): ServiceSuspended,
    ("queue", "service_resumed", 1): ServiceResumed,
    ("queue", "service_day_closed", 1): ServiceDayClosed,
    ("queue", "subject_erased", 1): SubjectErased,
    ("notifier", "notification_sent", 1): NotificationSent,
    ("notifier", "notification_failed", 1): NotificationFailed,
    ("notifier", "notification_suppressed", 1): NotificationSuppressed,
    ("notifier", "contact_point_bounced", 1): ContactPointBounced,
    ("notifier", "subject_erased", 1): SubjectErased,
}
"""(service, event, version) → shape of its data."""


class Envelope(Schema):
    """CloudEvents 1.0, structured JSON."""

    class Meta:
        unknown = INCLUDE

    specversion = fields.Constant("1.0", required=True)
    id = fields.String(required=True)
    type = fields.String(required=True)
    source = fields.String(required=True)
    subject = fields.String(required=True)
    time = Timestamp(required=True)
    datacontenttype = fields.Constant("application/json")
    dataschema = fields.String(required=True)
    sequence = fields.Integer(required=True)
    position = fields.Integer(required=True)
    recordedtime = Timestamp(required=True)
    correlationid = fields.String(required=True)
    causationid = fields.String(required=True)
    actorkind = fields.String(required=True)
    data = fields.Dict(required=True)
