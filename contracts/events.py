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


class RequestAccepted(_Data):
    """The request is clear and complete: three working days start."""

    due_at = Timestamp(required=True)
    calendar_version = fields.String(required=True)


class ConsultationAssigned(_Data):
    """An officer has it."""

    officer_id = fields.String(required=True)


class MessagePosted(_Data):
    """A message of the conversation, never an internal note."""

    message_id = fields.String(required=True)
    by = fields.String(required=True)
    channel = fields.String(required=True)


class ConsultationAnswered(_Data):
    """The first substantive answer: the limit stops."""

    message_id = fields.String(required=True)


class SlaMet(_Data):
    """Answered within the limit."""

    answered_at = Timestamp(required=True)
    due_at = Timestamp(required=True)


class SlaBreached(_Data):
    """The limit passed, once per acceptance; 0 days late when judged at the due time."""

    due_at = Timestamp(required=True)
    late_by_working_days = fields.Integer(required=True)


class SilenceReminderDue(_Data):
    """The n-th reminder (1, 2, 3) before a silent conversation closes."""

    n = fields.Integer(required=True)
    closes_at = Timestamp(required=True)


class ConsultationClosed(_Data):
    """Done, for one of the closed list of reasons."""

    reason = fields.String(required=True)
    closed_by = fields.String(required=True)
    silent_since = Timestamp(required=True, allow_none=True)
    rating_token_ref = fields.String(required=True)


class ConsultationReopened(_Data):
    """It goes on under the same number."""

    by = fields.String(required=True)


class DeadlineRecalculated(_Data):
    """A computed deadline moved."""

    name = fields.String(required=True)
    old = Timestamp(required=True)
    new = Timestamp(required=True)
    calendar_version = fields.String(required=True)


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


class SubjectErased(_Data):
    """A person has been forgotten: drop what you keep about them. Told for each of their offices,
    by every service."""

    subject_id = fields.String(required=True)


EVENTS: dict[tuple[str, str, int], type[_Data]] = {
    ("consultation", "consultation_submitted", 1): ConsultationSubmitted,
    ("consultation", "request_accepted", 1): RequestAccepted,
    ("consultation", "consultation_assigned", 1): ConsultationAssigned,
    ("consultation", "message_posted", 1): MessagePosted,
    ("consultation", "consultation_answered", 1): ConsultationAnswered,
    ("consultation", "sla_met", 1): SlaMet,
    ("consultation", "sla_breached", 1): SlaBreached,
    ("consultation", "silence_reminder_due", 1): SilenceReminderDue,
    ("consultation", "consultation_closed", 1): ConsultationClosed,
    ("consultation", "consultation_reopened", 1): ConsultationReopened,
    ("consultation", "deadline_recalculated", 1): DeadlineRecalculated,
    ("consultation", "subject_erased", 1): SubjectErased,
    ("notifier", "notification_sent", 1): NotificationSent,
    ("notifier", "notification_failed", 1): NotificationFailed,
    ("notifier", "notification_suppressed", 1): NotificationSuppressed,
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
