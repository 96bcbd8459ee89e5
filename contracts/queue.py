"""The queue service's RPC: shapes of its requests and of what it answers.

Every method takes one object that also holds `caller` (`contracts/caller.py`). A ticket's id names
its office and local date, so that its day is found without a look-up; to others it is opaque.
"""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from contracts.codes import codes
from contracts.common import (
    TEXT_MAX,
    AtQuerySchema,
    Body,
    Flag,
    PageQuerySchema,
    ServiceRequest,
    Timestamp,
    WrittenEmail,
    code_word,
    in_our_time,
    line,
    prose,
)
from contracts.offices import STOPS

LANES = ("regular", "priority")
PRIORITY_REASONS = codes("priority_reason")
STATUSES = (
    "waiting_front_office",
    "called_front_office",
    "at_front_office",
    "waiting_desk",
    "called_desk",
    "in_service",
    "awaiting_feedback",
    "finished",
    "no_show",
    "cancelled",
    "referred",
    "expired",
)
DAY_STATUSES = ("not_opened", "open", "suspended", "closing", "closed")
OUTCOMES = codes("outcome")
SUSPENSIONS = codes("reason_code")

SEXES = codes("sex")
EDUCATIONS = codes("education")
OCCUPATIONS = codes("occupation")
INSTITUTION_CATEGORIES = codes("institution_category")
USES = codes("use")
SERVICES = codes("services")
MEANS = codes("means")
LONGEST_REPORT = 92
"""Days of one report."""

IDENTITIES = codes("identity_type")


def _one_of(choices: tuple[str, ...], **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(choices), **kwargs)


def _some_of(choices: tuple[str, ...], **kwargs: Any) -> fields.List[Any]:
    several = validate.Length(min=1, max=len(choices))
    return fields.List(_one_of(choices), validate=several, **kwargs)


# What is asked.


class IssueSchema(Body):
    """Take a number; a priority one says why."""

    lane = _one_of(LANES, load_default="regular")
    priority_reason = _one_of(PRIORITY_REASONS, load_default=None, allow_none=True)
    party_size = fields.Integer(
        strict=True, load_default=1, validate=validate.Range(min=1, max=100)
    )

    @validates_schema
    def only_priority_has_a_reason(self, data: dict[str, Any], **_: object) -> None:
        if (data["lane"] == "priority") != (data["priority_reason"] is not None):
            raise ValidationError({"priority_reason": ["Goes with the lane priority, always."]})


class CallNextSchema(Body):
    """Call who is next at a stop."""

    stop = _one_of(STOPS, required=True)


class GuestBookSchema(Body):
    """Who came, and what for. Without an e-mail the deviation is recorded with a reason."""

    name = line(required=True)
    email = WrittenEmail(load_default=None, allow_none=True)
    no_email_reason = code_word(load_default=None, allow_none=True)
    phone = line(40, load_default=None, allow_none=True)
    sex = _one_of(SEXES, required=True)
    birth_year = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1900, max=2100)
    )
    education = _one_of(EDUCATIONS, required=True)
    occupation = _one_of(OCCUPATIONS, required=True)
    institution = line(load_default=None, allow_none=True)
    institution_category = _one_of(INSTITUTION_CATEGORIES, required=True)
    identity_type = _one_of(IDENTITIES, required=True)
    identity_checked = Flag(required=True)
    purpose = prose(TEXT_MAX, required=True)
    use = _one_of(USES, required=True)
    services = _some_of(SERVICES, required=True)
    means = _some_of(MEANS, required=True)
    notice_version = code_word(required=True)

    @validates_schema
    def no_email_has_a_reason(self, data: dict[str, Any], **_: object) -> None:
        if (data["email"] is None) != (data["no_email_reason"] is not None):
            raise ValidationError({"no_email_reason": ["Goes with a missing e-mail, always."]})


class IdentitySchema(Body):
    """Which card an officer has seen; its number is never asked for."""

    identity_type = _one_of(IDENTITIES, required=True)


class NoteSchema(Body):
    """What it was about; seen by officers only."""

    text = prose(TEXT_MAX, required=True)


class ReferralSchema(Body):
    """Who else can help."""

    target = code_word(required=True)


class TransferSchema(Body):
    """Which counter goes on."""

    counter = line(20, required=True)


class GoOnSchema(Body):
    """At which counter; without it at the one before."""

    counter = line(20, load_default=None, allow_none=True)


class FinishSchema(Body):
    """What it came to."""

    outcome = _one_of(OUTCOMES, load_default="served")


class SuspendSchema(Body):
    """Why nobody is served."""

    reason_code = _one_of(SUSPENSIONS, required=True)


class TokenQuerySchema(Schema):
    """The token that was given with the number, for who has no other."""

    token = line(200, load_default=None)


class DatesQuerySchema(Schema):
    """From one local date to another, both included."""

    from_ = fields.Date(required=True, data_key="from", validate=in_our_time)
    to = fields.Date(required=True, validate=in_our_time)

    @validates_schema
    def a_quarter_at_most(self, data: dict[str, Any], **_: object) -> None:
        if not 0 <= (data["to"] - data["from_"]).days < LONGEST_REPORT:
            raise ValidationError({"to": [f"Must lie up to {LONGEST_REPORT - 1} days after from."]})


class VisitsQuerySchema(DatesQuerySchema, PageQuerySchema):
    """Of which dates, newest first."""


class OfOffice(ServiceRequest):
    """`board`, `open_day`, `resume_day`, `close_day`: which office."""

    office = fields.String(required=True)


class LateRequest(OfOffice):
    """`late`: on which local date."""

    service_date = fields.Date(required=True, validate=in_our_time)


class QueueRequest(OfOffice, AtQuerySchema):
    """`queue`"""


class ReportRequest(OfOffice, DatesQuerySchema):
    """`waiting_report`"""


class VisitsRequest(OfOffice, VisitsQuerySchema):
    """`visits`"""


class IssueRequest(OfOffice, IssueSchema):
    """`issue`"""


class CallNextRequest(OfOffice, CallNextSchema):
    """`call_next`"""

    counter = fields.String(required=True)


class SuspendRequest(OfOffice, SuspendSchema):
    """`suspend_day`"""


class OfTicket(ServiceRequest):
    """`ticket`, `recall`, `miss`, `reinstate`, `cancel`, `register`, `start`, `hold`,
    `undo_finish`.

    `holds_token`: the gateway has found the ticket's own token with the call.
    """

    ticket_id = fields.String(required=True)
    holds_token = Flag(load_default=False)


class GuestBookRequest(OfTicket, GuestBookSchema):
    """`sign_guest_book`; `subject_id`: who has the address, if the gateway could ask."""

    subject_id = fields.String(load_default=None, allow_none=True)


class IdentityRequest(OfTicket, IdentitySchema):
    """`check_identity`"""


class NoteRequest(OfTicket, NoteSchema):
    """`note`"""


class ReferralRequest(OfTicket, ReferralSchema):
    """`refer`"""


class TransferRequest(OfTicket, TransferSchema):
    """`transfer`"""


class GoOnRequest(OfTicket, GoOnSchema):
    """`go_on`"""


class FinishRequest(OfTicket, FinishSchema):
    """`finish`"""


# What is answered.


class WaitSchema(Schema):
    """How long others have waited: half of them at most `p50_s`, nine of ten `p90_s`.

    As an estimate: seconds from taking the number to the desk, as this office's log had it that
    morning for the lane and the hour. Null when it knew too little, and once nobody waits for it:
    it has begun, or they have gone.
    """

    p50_s = fields.Integer(required=True)
    p90_s = fields.Integer(required=True)


class TicketSchema(Schema):
    """One visitor's number, and how far they are."""

    ticket_id = fields.String(required=True)
    office = fields.String(required=True)
    service_date = fields.Date(required=True)
    number = fields.String(required=True)
    lane = _one_of(LANES, required=True)
    priority_reason = _one_of(PRIORITY_REASONS, required=True, allow_none=True)
    party_size = fields.Integer(required=True)
    status = _one_of(STATUSES, required=True)
    held = fields.Boolean(required=True)
    stop = _one_of(STOPS, required=True)
    ahead = fields.Integer(required=True, allow_none=True)
    estimated_wait = fields.Nested(WaitSchema, required=True, allow_none=True)
    counter = fields.String(required=True, allow_none=True)
    to_counter = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The only counter that calls it: it was transferred there."},
    )
    officer_id = fields.String(required=True, allow_none=True)
    identity_checked = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Null until the guest book is signed."},
    )
    attempts = fields.Integer(required=True)
    issued_at = Timestamp(required=True)
    called_at = Timestamp(required=True, allow_none=True)
    started_at = Timestamp(required=True, allow_none=True)
    finished_at = Timestamp(required=True, allow_none=True)
    waited_s = fields.Integer(required=True, allow_none=True)
    t0 = Timestamp(required=True, allow_none=True)
    within_limit = fields.Boolean(required=True, allow_none=True)
    outcome = _one_of(OUTCOMES, required=True, allow_none=True)
    referrals = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)


class NobodySchema(Schema):
    """Nobody waits."""


class IssuedTicketSchema(TicketSchema):
    """A new number, and the token with which its holder can look at it and cancel it."""

    track_token = fields.String(required=True)


class CounterStateSchema(Schema):
    """A counter, and who is there."""

    counter = fields.String(required=True)
    stop = _one_of(STOPS, required=True)
    ticket_id = fields.String(required=True, allow_none=True)
    number = fields.String(required=True, allow_none=True)


class DaySchema(Schema):
    """One office on one local date."""

    office = fields.String(required=True)
    service_date = fields.Date(required=True)
    day_status = _one_of(DAY_STATUSES, required=True)
    version = fields.Integer(required=True)


class QueueSchema(DaySchema):
    """Who waits, in the order of their row, who is served, and every counter."""

    waiting = fields.List(fields.Nested(TicketSchema), required=True)
    serving = fields.List(fields.Nested(TicketSchema), required=True)
    counters = fields.List(fields.Nested(CounterStateSchema), required=True)


class ShownCallSchema(Schema):
    """A number on the board."""

    number = fields.String(required=True)
    counter = fields.String(required=True)
    stop = _one_of(STOPS, required=True)
    called_at = Timestamp(required=True)


class WaitingCountsSchema(Schema):
    """How many wait, by lane."""

    regular = fields.Integer(required=True)
    priority = fields.Integer(required=True)


class BoardSchema(DaySchema):
    """What hangs on the wall: numbers and counters, nothing of anybody."""

    now_serving = fields.List(fields.Nested(ShownCallSchema), required=True)
    recent_calls = fields.List(fields.Nested(ShownCallSchema), required=True)
    waiting = fields.Nested(WaitingCountsSchema, required=True)
    updated_at = Timestamp(required=True)


class LateTicketSchema(Schema):
    """Whose ten minutes are over. `counter`: where they were called; `ahead`: who went before."""

    number = fields.String(required=True)
    lane = _one_of(LANES, required=True)
    t0 = Timestamp(required=True)
    counter = fields.String(required=True, allow_none=True)
    ahead = fields.String(required=True, allow_none=True)


class DeskSchema(Schema):
    """A desk: whose number is there, and whether anybody was called to it today."""

    counter = fields.String(required=True)
    number = fields.String(required=True, allow_none=True)
    used = fields.Boolean(required=True)


class LateSchema(Schema):
    """Who waits too long at this moment, one of a lane, and what could be done about it.

    `version` of the day; `breached`: so many have waited too long in all, whatever came of them.
    """

    at = Timestamp(required=True)
    version = fields.Integer(required=True)
    late = fields.List(fields.Nested(LateTicketSchema), required=True)
    desks = fields.List(fields.Nested(DeskSchema), required=True)
    waiting = fields.Nested(WaitingCountsSchema, required=True)
    breached = fields.Integer(required=True)


class LongestWaitSchema(WaitSchema):
    """How long people waited, in service seconds from `t0` to the beginning."""

    max_s = fields.Integer(required=True)


class WaitsSchema(Schema):
    """Of those whose service began: how many within the ten minutes, and how long they waited."""

    started = fields.Integer(required=True)
    within_limit = fields.Integer(required=True)
    share_within_limit = fields.Float(required=True, allow_none=True)
    wait = fields.Nested(LongestWaitSchema, required=True, allow_none=True)


class HourSchema(WaitsSchema):
    """What began in one local hour of the day."""

    hour = fields.Integer(required=True)


class CounterWaitsSchema(WaitsSchema):
    """What began at one counter."""

    counter = fields.String(required=True)


class OvertakesSchema(Schema):
    """For one reason: so many calls, which so many who came before saw pass."""

    reason = fields.String(required=True)
    calls = fields.Integer(required=True)
    overtaken = fields.Integer(required=True)


class EstimatesSchema(Schema):
    """Of those who began: how many had been told an estimate, and waited no longer than its p90."""

    told = fields.Integer(required=True)
    kept = fields.Integer(required=True)
    share_kept = fields.Float(required=True, allow_none=True)


class WaitingReportSchema(WaitsSchema):
    """How long people waited in a time, from the log.

    `breached`: tickets whose ten minutes ran out, also of who was never served; `without_email`:
    visits with a reason recorded instead; `without_guest_book`: visitors who were served and have
    not signed, which only a single stop lets happen.
    """

    office = fields.String(required=True)
    from_ = fields.Date(required=True, data_key="from")
    to = fields.Date(required=True)
    days = fields.Integer(required=True)
    tickets = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    breached = fields.Integer(required=True)
    without_email = fields.Integer(required=True)
    without_guest_book = fields.Integer(required=True)
    estimates = fields.Nested(EstimatesSchema, required=True)
    overtakes = fields.List(fields.Nested(OvertakesSchema), required=True)
    by_hour = fields.List(fields.Nested(HourSchema), required=True)
    by_counter = fields.List(fields.Nested(CounterWaitsSchema), required=True)


class VisitSchema(Schema):
    """One visit of the guest book; what was personal of a forgotten visitor reads `[dihapus]`."""

    visit_id = fields.String(required=True)
    ticket_id = fields.String(required=True)
    number = fields.String(required=True)
    office = fields.String(required=True)
    service_date = fields.String(required=True, metadata={"format": "date"})
    signed_at = Timestamp(required=True)
    subject_id = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    no_email_reason = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    sex = fields.String(required=True)
    birth_year = fields.String(required=True)
    education = fields.String(required=True)
    occupation = fields.String(required=True)
    institution = fields.String(required=True, allow_none=True)
    institution_category = _one_of(INSTITUTION_CATEGORIES, required=True)
    identity_type = _one_of(IDENTITIES, required=True)
    identity_checked = fields.Boolean(required=True)
    purpose = fields.String(required=True)
    use = _one_of(USES, required=True)
    services = fields.List(_one_of(SERVICES), required=True)
    means = fields.List(_one_of(MEANS), required=True)
    notice_version = fields.String(required=True)
    codes_version = fields.String(required=True)
    counter = fields.String(required=True, allow_none=True)
    officer_id = fields.String(required=True, allow_none=True)
    started_at = Timestamp(required=True, allow_none=True)
    finished_at = Timestamp(required=True, allow_none=True)
    outcome = _one_of(OUTCOMES, required=True, allow_none=True)
    referrals = fields.List(fields.String(), required=True)
    notes = fields.List(fields.String(), required=True)


class VisitListSchema(Schema):
    """One page."""

    items = fields.List(fields.Nested(VisitSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
