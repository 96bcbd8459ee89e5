"""The working-day calendar, which the consultation service keeps: what is asked and answered.

Every method takes one object that also holds `caller` (`contracts/caller.py`).
"""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from contracts.common import Body, ServiceRequest, Timestamp, in_our_time, line
from contracts.offices import DAY_KINDS


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


class RevokeDaySchema(Body):
    """Which date counts again as it would without a decree; without `office`, for all."""

    date = fields.Date(required=True, validate=in_our_time)
    decree_no = line(100, required=True)
    office = line(20, load_default=None, allow_none=True)


class DeclareDaySchema(RevokeDaySchema):
    """Which date counts otherwise, and by which decree; without `office`, for all.

    `name` is what people read as the reason, else one is made of kind and decree.
    """

    kind = fields.String(required=True, validate=validate.OneOf(DAY_KINDS))
    name = line(100, load_default=None, allow_none=True)


class CalendarRequest(ServiceRequest, CalendarPathSchema, CalendarQuerySchema):
    """`calendar_year`"""


class OverridesRequest(ServiceRequest):
    """`overrides`: of which office."""

    office = fields.String(required=True)


class DeclareDayRequest(ServiceRequest, CalendarPathSchema, DeclareDaySchema):
    """`declare_day`"""


class RevokeDayRequest(ServiceRequest, CalendarPathSchema, RevokeDaySchema):
    """`revoke_day`"""


# What is answered.


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
    """A named date; one that a decree has declared says by which."""

    date = fields.Date(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(DAY_KINDS))
    name = fields.String(required=True)
    decree_no = fields.String(required=True, allow_none=True)


class CalendarSchema(Schema):
    """The days off of one year."""

    year = fields.Integer(required=True)
    calendar_version = fields.String(required=True)
    days = fields.List(fields.Nested(CalendarDaySchema), required=True)


class OverridesSchema(Schema):
    """The dates that an office counts otherwise than the national tables, by file or decree."""

    items = fields.List(fields.Nested(CalendarDaySchema), required=True)
