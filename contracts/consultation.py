"""The consultation service's RPC: shapes of its requests and of what it answers.

Every method takes one object that also holds `caller` (`contracts/caller.py`).
"""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from contracts.attachments import AttachedSchema, attachment_ids
from contracts.calendar import SkippedDaySchema
from contracts.common import (
    TEXT_MAX,
    AtQuerySchema,
    Body,
    Flag,
    PageQuerySchema,
    ServiceRequest,
    Timestamp,
    WrittenEmail,
    caller_id,
    code_word,
    each_once,
    in_our_time,
    line,
    prose,
    web_address,
)

TYPES = ("data", "metadata", "classification", "methodology", "other")
OTHER_CHANNELS = ("email", "whatsapp", "phone", "visit")
CHANNELS = ("web", *OTHER_CHANNELS)
STATUSES = ("submitted", "needs_clarification", "accepted", "in_progress", "closed")
OFFICER_CLOSES_BECAUSE = ("resolved", "out_of_scope", "duplicate", "spam", "user_silent")
CLOSE_REASONS = (*OFFICER_CLOSES_BECAUSE, "withdrawn")
MISSING = (
    "topic",
    "region",
    "period",
    "indicator",
    "detail",
    "purpose",
    "attachment",
    "identity",
    "contact",
    "other",
)
"""What a request may lack: codes, so that it can be published and counted."""

REFERRED_TO = (
    "library",
    "product_sales",
    "recommendation",
    "website",
    "public_information",
    "skd_survey",
)
MEETING_KINDS = ("zoom", "onsite")
MEETING_STATUSES = ("scheduled", "cancelled", "held", "missed")
LINK_STATES = ("none", "pending", "made", "failed")
TURNS = ("officer", "user")
PARTIES = ("user", "officer", "system")
SLA_STATES = ("not_started", "running", "paused", "met", "breached")


class ContactSchema(Body):
    """How to reach the person for whom an officer opens a consultation."""

    name = line(required=True)
    email = WrittenEmail(load_default=None, allow_none=True)
    phone = line(40, load_default=None, allow_none=True)


class ContactShownSchema(Schema):
    """How to reach the person; null what is not known, or was erased with them."""

    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)


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
    """One message; `internal` notes are seen by officers only.

    `attachments`: ids of files that were uploaded for it. `on_behalf`: staff write down what the
    user said on `channel`, at `sent_at` (now, if that is not given); it counts as the user's own.
    """

    text = prose(TEXT_MAX, required=True)
    internal = Flag(load_default=False)
    on_behalf = Flag(load_default=False)
    channel = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(OTHER_CHANNELS)
    )
    sent_at = Timestamp(load_default=None, allow_none=True, validate=in_our_time)
    attachments = attachment_ids()


class ClarificationSchema(Body):
    """What an officer asks the user, and what is missing."""

    text = prose(TEXT_MAX, required=True)
    missing = fields.List(
        fields.String(validate=validate.OneOf(MISSING)),
        required=True,
        validate=[validate.Length(min=1, max=len(MISSING)), each_once],
    )


class AssignSchema(Body):
    """Which officer is to have it."""

    officer_id = caller_id(required=True)


class ReferSchema(Body):
    """Who else can help, where, and why."""

    target = fields.String(required=True, validate=validate.OneOf(REFERRED_TO))
    url = web_address(load_default=None, allow_none=True)
    reason = prose(2_000, required=True)


class CloseSchema(Body):
    """An officer closes: why, and a note for the record.

    `duplicate_of`: the id of the consultation in which the same is dealt with.
    """

    reason = fields.String(required=True, validate=validate.OneOf(OFFICER_CLOSES_BECAUSE))
    note = prose(TEXT_MAX, load_default=None, allow_none=True)
    duplicate_of = code_word(load_default=None, allow_none=True)

    @validates_schema
    def only_duplicates_have_another(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a name of the other where there is none."""
        if data["duplicate_of"] is not None and data["reason"] != "duplicate":
            raise ValidationError({"duplicate_of": ["Only for the reason duplicate."]})


class WithdrawSchema(Body):
    """The user needs it no more. `note`: how they said so, where staff write it down."""

    note = prose(TEXT_MAX, load_default=None, allow_none=True)


class RescheduleSchema(Body):
    """When: `start`, and for how many minutes; a link or place that is not said is as it was."""

    start = Timestamp(required=True, validate=in_our_time)
    duration_min = fields.Integer(
        strict=True, required=True, validate=validate.Range(min=5, max=480)
    )
    join_url = web_address(load_default=None, allow_none=True)
    place = line(load_default=None, allow_none=True)


class ScheduleSchema(RescheduleSchema):
    """How, when and where to meet; by Zoom without `join_url` where a provider makes the link."""

    kind = fields.String(required=True, validate=validate.OneOf(MEETING_KINDS))


class CancelMeetingSchema(Body):
    """Why it does not take place."""

    reason = prose(2_000, load_default=None, allow_none=True)


class HeldSchema(Body):
    """What came of a meeting: the user gets it as the officer's message, which is an answer."""

    summary = prose(TEXT_MAX, load_default=None, allow_none=True)


class ReopenSchema(Body):
    """Why a closed consultation goes on."""

    reason = prose(TEXT_MAX, required=True)


class SubmitRequest(ServiceRequest, SubmitSchema):
    """`submit`"""


class OneRequest(ServiceRequest):
    """`accept`, `claim`, `contact`, `history`, `limit`, `dossier`: which consultation."""

    consultation_id = fields.String(required=True)


class AfterQuerySchema(Schema):
    """After which version of the consultation."""

    after = fields.Integer(strict=True, load_default=0, validate=validate.Range(min=0, max=10**9))


class ChangesRequest(OneRequest, AfterQuerySchema):
    """`changes`"""


class GetRequest(OneRequest, AtQuerySchema):
    """`get`"""


class PostMessageRequest(OneRequest, MessageBodySchema):
    """`post_message`; how and when it was sent, the gateway or a channel says."""

    channel = fields.String(load_default="web", validate=validate.OneOf(CHANNELS))
    automatic = Flag(load_default=False)


class ClarificationRequest(OneRequest, ClarificationSchema):
    """`ask_clarification`"""


class AssignRequest(OneRequest, AssignSchema):
    """`assign`"""


class ReferralRequest(OneRequest, ReferSchema):
    """`refer`"""


class ScheduleRequest(OneRequest, ScheduleSchema):
    """`schedule_meeting`"""


class MeetingRequest(OneRequest):
    """`miss_meeting`: which meeting."""

    meeting_id = fields.String(required=True)


class RescheduleRequest(MeetingRequest, RescheduleSchema):
    """`reschedule_meeting`"""


class CancelMeetingRequest(MeetingRequest, CancelMeetingSchema):
    """`cancel_meeting`"""


class HeldRequest(MeetingRequest, HeldSchema):
    """`hold_meeting`"""


class CloseRequest(OneRequest, CloseSchema):
    """`close`"""


class WithdrawRequest(OneRequest, WithdrawSchema):
    """`withdraw`"""


class CorrectContactRequest(OneRequest, ContactSchema):
    """`correct_contact`"""


class ReopenRequest(OneRequest, ReopenSchema):
    """`reopen`"""


class ListQuerySchema(PageQuerySchema):
    """Which consultations, newest first.

    `overdue`: the limit has passed without an answer; `to_confirm`: the user was silent for too
    long, and an officer is to close it.
    """

    office = line(20, load_default=None)
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    officer = caller_id(load_default=None)
    unassigned = Flag(load_default=None)
    turn = fields.String(load_default=None, validate=validate.OneOf(TURNS))
    overdue = Flag(load_default=None)
    to_confirm = Flag(load_default=None)

    @validates_schema
    def one_or_none(self, data: dict, **_: object) -> None:  # type: ignore[type-arg]
        """Who asks for an officer's own and for nobody's has made a mistake."""
        if data["officer"] is not None and data["unassigned"] is not None:
            raise ValidationError({"unassigned": ["Must not be given with an officer."]})


class ListRequest(ServiceRequest, ListQuerySchema):
    """`list_consultations`"""


# What is answered.


class MessageSchema(Schema):
    """One message of the conversation.

    `officer_id`: who wrote it, or wrote down what the user said elsewhere.
    """

    message_id = fields.String(required=True)
    by = fields.String(required=True, validate=validate.OneOf(PARTIES))
    officer_id = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    internal = fields.Boolean(required=True)
    channel = fields.String(required=True)
    automatic = fields.Boolean(required=True)
    sent_at = Timestamp(required=True)
    received_at = Timestamp(required=True)
    attachments = fields.List(fields.Nested(AttachedSchema), required=True)


class VerdictSchema(Schema):
    """Where the limit ends and whether it was kept, by the calendar of that version."""

    state = fields.String(required=True, validate=validate.OneOf(SLA_STATES))
    due_at = Timestamp(required=True, allow_none=True)
    calendar_version = fields.String(required=True, allow_none=True)
    late_by_working_days = fields.Integer(required=True, allow_none=True)


class SlaSchema(VerdictSchema):
    """The three-working-day limit, as it was judged then.

    `rejudged`: what it would be by a calendar that was changed after the verdict; null if none was.
    `warned_at`: since when one working day was left.
    """

    warned_at = Timestamp(required=True, allow_none=True)
    rejudged = fields.Nested(VerdictSchema, required=True, allow_none=True)


class ClarificationShownSchema(Schema):
    """What the user was asked, and has not answered yet."""

    missing = fields.List(fields.String(validate=validate.OneOf(MISSING)), required=True)
    asked_at = Timestamp(required=True)


class MeetingSchema(Schema):
    """An appointment; `sequence` counts its changes, as iCalendar does.

    `link_state`: whether a provider makes the link. `failed`: it has not yet, though asked often;
    it goes on being asked, and an officer may give a link instead (`reschedule`).
    """

    meeting_id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(MEETING_KINDS))
    status = fields.String(required=True, validate=validate.OneOf(MEETING_STATUSES))
    cancel_reason = fields.String(required=True, allow_none=True)
    start = Timestamp(required=True)
    end = Timestamp(required=True)
    sequence = fields.Integer(required=True)
    officer_id = fields.String(required=True)
    join_url = fields.String(required=True, allow_none=True)
    link_state = fields.String(required=True, validate=validate.OneOf(LINK_STATES))
    place = fields.String(required=True, allow_none=True)


class ReferralShownSchema(Schema):
    """Who else can help, as an officer said."""

    target = fields.String(required=True, validate=validate.OneOf(REFERRED_TO))
    url = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    officer_id = fields.String(required=True)
    given_at = Timestamp(required=True)


class SilenceSchema(Schema):
    """The seven days after which a silent conversation closes.

    `lapsed_at`: when they were over, where an officer is to confirm the close.
    """

    running = fields.Boolean(required=True)
    closes_at = Timestamp(required=True, allow_none=True)
    reminders_sent = fields.Integer(required=True)
    lapsed_at = Timestamp(required=True, allow_none=True)


class ConsultationSchema(Schema):
    """The resource; what was said and arranged is left out of lists.

    `contact_bounced`: what we write does not reach the user.
    """

    consultation_id = fields.String(required=True)
    number = fields.String(required=True)
    office = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    turn = fields.String(required=True, allow_none=True, validate=validate.OneOf(TURNS))
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
    duplicate_of = fields.String(required=True, allow_none=True)
    clarification = fields.Nested(ClarificationShownSchema, required=True, allow_none=True)
    contact_bounced = fields.Boolean(required=True)
    sla = fields.Nested(SlaSchema, required=True)
    silence = fields.Nested(SilenceSchema, required=True)
    messages = fields.List(fields.Nested(MessageSchema), required=True)
    meetings = fields.List(fields.Nested(MeetingSchema), required=True)
    referrals = fields.List(fields.Nested(ReferralShownSchema), required=True)
    version = fields.Integer(required=True)


class ConsultationSummarySchema(ConsultationSchema):
    """A row of a list: the resource without what was said and arranged."""

    class Meta:
        exclude = ("messages", "meetings", "referrals")


class ConsultationListSchema(Schema):
    """One page."""

    items = fields.List(fields.Nested(ConsultationSummarySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ActorSchema(Schema):
    """Who did it."""

    kind = fields.String(required=True)
    id = fields.String(required=True)


class ToldSchema(Schema):
    """What people read, in Indonesian and in English."""

    id = fields.String(required=True)
    en = fields.String(required=True)


class HistoryItemSchema(Schema):
    """One fact of the log, in clear for those who may see it, and as a sentence."""

    version = fields.Integer(required=True)
    type = fields.String(required=True)
    occurred_at = Timestamp(required=True)
    actor = fields.Nested(ActorSchema, required=True)
    told = fields.Nested(ToldSchema, required=True)
    data = fields.Dict(keys=fields.String(), required=True)


class HistorySchema(Schema):
    """Every fact, oldest first."""

    items = fields.List(fields.Nested(HistoryItemSchema), required=True)


class MinutesSchema(Schema):
    """Where the minutes went; together they are `total`."""

    total = fields.Integer(required=True)
    with_office = fields.Integer(required=True)
    with_user = fields.Integer(required=True)
    outside_hours = fields.Integer(required=True)
    days_off = fields.Integer(required=True)


class DayOffSchema(Schema):
    """A date that did not count, and how many of the minutes were on it."""

    date = fields.Date(required=True)
    reason = fields.String(required=True)
    minutes = fields.Integer(required=True)


class PauseSchema(Schema):
    """The limit stood still, and moved by so many working days; `end` is null while it does."""

    start = Timestamp(required=True)
    end = Timestamp(required=True, allow_none=True)
    working_days = fields.Integer(required=True)


class ExplanationSchema(Schema):
    """Where the time went from the acceptance to the answer, or to now.

    `due_at`, `skipped` and `pauses` are by the calendar of `calendar_version`, which may be newer
    than the one by which the limit was judged.
    """

    accepted_at = Timestamp(required=True)
    until = Timestamp(required=True)
    due_at = Timestamp(required=True)
    calendar_version = fields.String(required=True)
    minutes = fields.Nested(MinutesSchema, required=True)
    days_off = fields.List(fields.Nested(DayOffSchema), required=True)
    pauses = fields.List(fields.Nested(PauseSchema), required=True)
    skipped = fields.List(fields.Nested(SkippedDaySchema), required=True)


class LimitSchema(Schema):
    """The limit of a consultation; `explained` is null as long as the request is not accepted."""

    consultation_id = fields.String(required=True)
    number = fields.String(required=True)
    sla = fields.Nested(SlaSchema, required=True)
    explained = fields.Nested(ExplanationSchema, required=True, allow_none=True)
