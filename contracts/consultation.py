"""The consultation service's RPC: shapes of its requests and of what it answers.

Every method takes one object that also holds `caller` (`contracts/caller.py`).
"""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from contracts.common import (
    TEXT_MAX,
    AtQuerySchema,
    Body,
    Flag,
    PageQuerySchema,
    ServiceRequest,
    Timestamp,
    code_word,
    line,
    prose,
)

TYPES = ("data", "metadata", "classification", "methodology", "other")
CHANNELS = ("web", "email", "whatsapp", "phone", "visit")
STATUSES = ("submitted", "needs_clarification", "accepted", "in_progress", "closed")
OFFICER_CLOSES_BECAUSE = ("resolved", "out_of_scope", "duplicate", "spam")
CLOSE_REASONS = (*OFFICER_CLOSES_BECAUSE, "user_silent", "withdrawn")
PARTIES = ("user", "officer", "system")
SLA_STATES = ("not_started", "running", "paused", "met", "breached")


class ContactSchema(Body):
    """How to reach the person for whom an officer opens a consultation."""

    name = line(required=True)
    email = fields.Email(load_default=None, allow_none=True, validate=validate.Length(max=254))
    phone = line(40, load_default=None, allow_none=True)


class ClassificationSchema(Body):
    """A code of a classification: scheme and version are both needed to read it."""

    scheme = code_word(required=True)
    version = code_word(required=True)
    code = code_word(required=True)


class SubmitSchema(Body):
    """Open a consultation; an officer adds `contact` and `channel`."""

    office = line(20, required=True)
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    topic = line(required=True)
    question = prose(TEXT_MAX, required=True)
    search_id = code_word(load_default=None, allow_none=True)
    classification = fields.Nested(ClassificationSchema, load_default=None, allow_none=True)
    contact = fields.Nested(ContactSchema, load_default=None, allow_none=True)
    channel = fields.String(load_default="web", validate=validate.OneOf(CHANNELS))


class MessageBodySchema(Body):
    """One message; `internal` notes are seen by officers only."""

    text = prose(TEXT_MAX, required=True)
    internal = Flag(load_default=False)


class CloseSchema(Body):
    """An officer closes: why, and a note for the record."""

    reason = fields.String(required=True, validate=validate.OneOf(OFFICER_CLOSES_BECAUSE))
    note = prose(TEXT_MAX, load_default=None, allow_none=True)


class ReopenSchema(Body):
    """Why a closed consultation goes on."""

    reason = prose(TEXT_MAX, required=True)


class SubmitRequest(ServiceRequest, SubmitSchema):
    """`submit`"""


class OneRequest(ServiceRequest):
    """`accept`, `claim`, `withdraw`, `history`, `dossier`: which consultation."""

    consultation_id = fields.String(required=True)


class GetRequest(OneRequest, AtQuerySchema):
    """`get`"""


class PostMessageRequest(OneRequest, MessageBodySchema):
    """`post_message`"""


class CloseRequest(OneRequest, CloseSchema):
    """`close`"""


class ReopenRequest(OneRequest, ReopenSchema):
    """`reopen`"""


class ListQuerySchema(PageQuerySchema):
    """Which consultations, newest first."""

    office = line(20, load_default=None)
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    officer = line(100, load_default=None)
    overdue = Flag(load_default=None)


class ListRequest(ServiceRequest, ListQuerySchema):
    """`list_consultations`"""


class DueQuerySchema(Schema):
    """A working-day limit that starts at `start`."""

    office = line(20, required=True)
    start = Timestamp(required=True)
    working_days = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=0, max=366)
    )

    @validates_schema
    def within_the_calendar(self, data: dict, **_: object) -> None:  # type: ignore[type-arg]
        """The holiday tables reach so far; beyond them an answer would be a guess."""
        if not 2000 <= data["start"].year <= 2098:
            raise ValidationError({"start": ["Must lie between the years 2000 and 2098."]})


class DueRequest(ServiceRequest, DueQuerySchema):
    """`calendar_due`"""


class CalendarQuerySchema(Schema):
    """Whose calendar; without `office` the national one."""

    office = line(20, load_default=None)


class CalendarPathSchema(Schema):
    """Which year; the holiday tables reach no further."""

    year = fields.Integer(required=True, strict=True, validate=validate.Range(min=2000, max=2099))


class CalendarRequest(ServiceRequest, CalendarPathSchema, CalendarQuerySchema):
    """`calendar_year`"""


# What is answered.


class MessageSchema(Schema):
    """One message of the conversation."""

    message_id = fields.String(required=True)
    by = fields.String(required=True, validate=validate.OneOf(PARTIES))
    officer_id = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    internal = fields.Boolean(required=True)
    channel = fields.String(required=True)
    sent_at = Timestamp(required=True)


class SlaSchema(Schema):
    """The three-working-day limit."""

    state = fields.String(required=True, validate=validate.OneOf(SLA_STATES))
    due_at = Timestamp(required=True, allow_none=True)
    calendar_version = fields.String(required=True, allow_none=True)
    late_by_working_days = fields.Integer(required=True, allow_none=True)


class SilenceSchema(Schema):
    """The seven days after which a silent conversation closes."""

    running = fields.Boolean(required=True)
    closes_at = Timestamp(required=True, allow_none=True)
    reminders_sent = fields.Integer(required=True)


class ConsultationSchema(Schema):
    """The resource; `messages` is left out of lists."""

    consultation_id = fields.String(required=True)
    number = fields.String(required=True)
    office = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    turn = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(("officer", "user"))
    )
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    topic = fields.String(required=True)
    classification = fields.Nested(ClassificationSchema, required=True, allow_none=True)
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    subject_id = fields.String(required=True)
    officer_id = fields.String(required=True, allow_none=True)
    submitted_at = Timestamp(required=True)
    accepted_at = Timestamp(required=True, allow_none=True)
    answered_at = Timestamp(required=True, allow_none=True)
    closed_at = Timestamp(required=True, allow_none=True)
    close_reason = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(CLOSE_REASONS)
    )
    sla = fields.Nested(SlaSchema, required=True)
    silence = fields.Nested(SilenceSchema, required=True)
    messages = fields.List(fields.Nested(MessageSchema), required=True)
    meetings = fields.List(fields.Dict(), required=True)  # none can be arranged yet
    referrals = fields.List(fields.Dict(), required=True)  # none can be given yet
    version = fields.Integer(required=True)


class ConsultationSummarySchema(ConsultationSchema):
    """A row of a list: the resource without its messages."""

    class Meta:
        exclude = ("messages",)


class ConsultationListSchema(Schema):
    """One page."""

    items = fields.List(fields.Nested(ConsultationSummarySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ActorSchema(Schema):
    """Who did it."""

    kind = fields.String(required=True)
    id = fields.String(required=True)


class HistoryItemSchema(Schema):
    """One fact of the log, in clear for those who may see it."""

    version = fields.Integer(required=True)
    type = fields.String(required=True)
    occurred_at = Timestamp(required=True)
    actor = fields.Nested(ActorSchema, required=True)
    data = fields.Dict(keys=fields.String(), required=True)


class HistorySchema(Schema):
    """Every fact, oldest first."""

    items = fields.List(fields.Nested(HistoryItemSchema), required=True)


class SkippedDaySchema(Schema):
    """A date that did not count, and why."""

    date = fields.Date(required=True)
    reason = fields.String(required=True)


class DueSchema(Schema):
    """When a limit of so many working days ends."""

    due_at = Timestamp(required=True)
    calendar_version = fields.String(required=True)
    skipped = fields.List(fields.Nested(SkippedDaySchema), required=True)


class CalendarDaySchema(Schema):
    """A weekday on which the office does not work."""

    date = fields.Date(required=True)
    kind = fields.String(
        required=True, validate=validate.OneOf(("holiday", "joint_leave", "closure", "working"))
    )
    name = fields.String(required=True)


class CalendarSchema(Schema):
    """The days off of one year."""

    year = fields.Integer(required=True)
    calendar_version = fields.String(required=True)
    days = fields.List(fields.Nested(CalendarDaySchema), required=True)
