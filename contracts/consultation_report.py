"""The report of the online consultation."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from contracts.common import ServiceRequest, in_our_time
from contracts.consultation import CLOSE_REASONS

LONGEST = 366
FORMATS = ("json", "csv")


class ReportQuerySchema(Schema):
    """Of what was submitted from one local date to another, both included, a year at most."""

    from_ = fields.Date(required=True, data_key="from", validate=in_our_time)
    to = fields.Date(required=True, validate=in_our_time)
    format = fields.String(load_default="json", validate=validate.OneOf(FORMATS))

    @validates_schema
    def a_year_at_most(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a time that is longer, or ends before it begins."""
        if not 0 <= (data["to"] - data["from_"]).days < LONGEST:
            raise ValidationError({"to": [f"Must lie up to {LONGEST - 1} days after from."]})


class ReportRequest(ServiceRequest, ReportQuerySchema):
    """`report`"""

    office = fields.String(required=True)


# What is answered.


class SpreadSchema(Schema):
    """Of so many, in seconds: half, nine of ten, all took no longer."""

    n = fields.Integer(required=True)
    p50_s = fields.Integer(required=True)
    p90_s = fields.Integer(required=True)
    max_s = fields.Integer(required=True)


class LimitFiguresSchema(Schema):
    """The limit as it was judged then; `rejudged`: so many have a second verdict by now."""

    judged = fields.Integer(required=True)
    met = fields.Integer(required=True)
    breached = fields.Integer(required=True)
    share_within = fields.Float(required=True, allow_none=True)
    rejudged = fields.Integer(required=True)


ClosedFiguresSchema = Schema.from_dict(
    {reason: fields.Integer(required=True) for reason in CLOSE_REASONS}, name="ClosedFiguresSchema"
)


class FiguresSchema(Schema):
    """What became of the consultations of a group.

    `closed`: by reason, of those that are closed now. `reversed_closes`: closed by themselves
    though the user had written in time, which was undone. `paused_share`: of the time from the
    acceptance to the answer, by the clock on the wall. `first_answer`: from the acceptance, without
    pauses. `clarification`: how long users were waited for to make their request clear.
    """

    submitted = fields.Integer(required=True)
    accepted = fields.Integer(required=True)
    answered = fields.Integer(required=True)
    open = fields.Integer(required=True)
    reopened = fields.Integer(required=True)
    reversed_closes = fields.Integer(required=True)
    closed = fields.Nested(ClosedFiguresSchema, required=True)
    silence_closures = fields.Integer(required=True)
    limit = fields.Nested(LimitFiguresSchema, required=True)
    paused_share = fields.Float(required=True, allow_none=True)
    first_answer = fields.Nested(SpreadSchema, required=True, allow_none=True)
    clarification = fields.Nested(SpreadSchema, required=True, allow_none=True)


class TypeFiguresSchema(FiguresSchema):
    """Of one type."""

    type = fields.String(required=True)


class MonthFiguresSchema(FiguresSchema):
    """Of one month of submission, such as `2026-11`, by local dates."""

    month = fields.String(required=True)


class ConsultationReportSchema(FiguresSchema):
    """Of all, of each type, of each month."""

    office = fields.String(required=True)
    from_ = fields.Date(required=True, data_key="from")
    to = fields.Date(required=True)
    by_type = fields.List(fields.Nested(TypeFiguresSchema), required=True)
    by_month = fields.List(fields.Nested(MonthFiguresSchema), required=True)
