"""The office file (`deploy/offices/<office>.yaml`) and what is shown of it to everyone."""

from datetime import date, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from contracts.common import each_once
from contracts.service_standard import StandardSchema, words

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_KINDS = ("holiday", "joint_leave", "closure", "working")
STOPS = ("front_office", "desk")
AT_CLOSE = ("expire", "serve")
SILENCE_CLOSE = ("auto", "officer_confirms")

MOST_REMINDERS = 3
"""Of one silence; the published event counts them 1, 2, 3."""


def _day(**kwargs: Any) -> fields.Date:
    return fields.Date(error_messages={"invalid": "Not a date such as 2026-11-25."}, **kwargs)


def _minutes(least: int, most: int) -> fields.Integer:
    return fields.Integer(required=True, validate=validate.Range(min=least, max=most))


class ClockTime(fields.Time):
    """A local wall time, `HH:MM`."""

    default_error_messages = {"invalid": 'Not a time of day such as "08:00".'}  # noqa: RUF012 marshmallow's own way

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", **kwargs)


class SpanSchema(Schema):
    """From one wall time to another on the same day; `name` says what a break is for."""

    start = ClockTime(required=True)
    end = ClockTime(required=True)

    @validates_schema
    def in_order(self, data: dict[str, Any], **_: object) -> None:
        if data["start"] >= data["end"]:
            raise ValidationError({"end": ["Must lie after start."]})


class BreakSchema(SpanSchema):
    """A time inside an interval in which nobody is served."""

    name = words()


class HoursRowSchema(Schema):
    """Hours of some weekdays; without dates they hold always; a `special` row goes first."""

    weekdays = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS)),
        required=True,
        validate=validate.Length(min=1),
    )
    intervals = fields.List(
        fields.Nested(SpanSchema), required=True, validate=validate.Length(min=1)
    )
    breaks = fields.List(fields.Nested(BreakSchema), load_default=list)
    valid_from = _day(load_default=None, allow_none=True)
    valid_until = _day(load_default=None, allow_none=True)
    special = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1))
    to_be_confirmed = fields.Boolean(load_default=False)

    @validates_schema
    def makes_sense(self, data: dict[str, Any], **_: object) -> None:
        _apart("intervals", data["intervals"])
        _apart("breaks", data["breaks"])
        for pause in data["breaks"]:
            if not any(_inside(pause, interval) for interval in data["intervals"]):
                raise ValidationError({"breaks": [f"{pause['name']}: outside the intervals."]})
        if (data["valid_from"] or date.min) > (data["valid_until"] or date.max):
            raise ValidationError({"valid_until": ["Must not lie before valid_from."]})


class CounterSchema(Schema):
    """A place where visitors are called to."""

    counter = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9-]{1,20}\Z"))
    name = words()
    stop = fields.String(required=True, validate=validate.OneOf(STOPS))


class OfficeContactSchema(Schema):
    """How to reach the office."""

    phone = words()
    email = fields.Email(required=True)
    website = words()


class OfficeDocumentSchema(Schema):
    """What `GET /v1/offices/{office}` shows; the gateway adds `open_now`."""

    office = fields.String(required=True, validate=validate.Regexp(r"^[A-Za-z0-9]{1,20}\Z"))
    name = words()
    address = words()
    contact = fields.Nested(OfficeContactSchema, required=True)
    time_zone = fields.String(required=True)
    standard = fields.Nested(StandardSchema, required=True)
    opening_hours = fields.List(
        fields.Nested(HoursRowSchema), required=True, validate=validate.Length(min=1)
    )
    counters = fields.List(fields.Nested(CounterSchema), required=True)

    @validates("time_zone")
    def is_a_zone(self, value: str, **_: object) -> None:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValidationError("Not a time zone such as Asia/Jakarta.") from error


class OverrideSchema(Schema):
    """A date that counts otherwise than the national tables say, and on whose word."""

    date = _day(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(DAY_KINDS))
    decree_no = words()
    name = words()


class PolicySchema(Schema):
    """Values of the rules; times of day are local."""

    limit_working_days = fields.Integer(required=True, validate=validate.Range(min=1, max=60))
    silence_days = fields.Integer(required=True, validate=validate.Range(min=1, max=365))
    reminder_days = fields.List(
        fields.Integer(validate=validate.Range(min=1)),
        required=True,
        validate=validate.Length(max=MOST_REMINDERS),
    )
    reminder_time = ClockTime(required=True)
    silence_close = fields.String(required=True, validate=validate.OneOf(SILENCE_CLOSE))
    reopen_days = fields.Integer(required=True, validate=validate.Range(min=0, max=365))
    attachments_mb = fields.Integer(load_default=200, validate=validate.Range(min=0, max=10_000))

    @validates_schema
    def reminders_come_before_the_end(self, data: dict[str, Any], **_: object) -> None:
        days = [*data["reminder_days"], data["silence_days"]]
        if any(earlier >= later for earlier, later in pairwise(days)):
            raise ValidationError({"reminder_days": ["Must rise and stay below silence_days."]})


class QueuePolicySchema(Schema):
    """Values of the walk-in queue; those in minutes and seconds say so."""

    single_stop = fields.Boolean(required=True)
    tickets_a_day = fields.Integer(required=True, validate=validate.Range(min=1, max=9_999))
    last_ticket_before_close_min = _minutes(0, 240)
    priority_in_a_row = fields.Integer(required=True, validate=validate.Range(min=1, max=99))
    calls = fields.Integer(required=True, validate=validate.Range(min=1, max=9))
    recall_after_s = fields.Integer(required=True, validate=validate.Range(min=0, max=600))
    missed_after_s = fields.Integer(required=True, validate=validate.Range(min=1, max=3_600))
    reinstate_within_min = _minutes(0, 480)
    undo_within_min = _minutes(0, 480)
    start_warning_min = _minutes(1, 240)
    start_limit_min = _minutes(1, 240)
    close_after_min = _minutes(0, 240)
    at_close = fields.String(required=True, validate=validate.OneOf(AT_CLOSE))

    @validates_schema
    def warns_before_the_end(self, data: dict[str, Any], **_: object) -> None:
        if data["start_warning_min"] >= data["start_limit_min"]:
            raise ValidationError({"start_warning_min": ["Must stay below start_limit_min."]})


def _addresses(required: bool = True) -> fields.List[Any]:
    return fields.List(fields.Email(), required=required, validate=each_once)


class RecipientsSchema(Schema):
    """Who of the office gets e-mails; an empty list: nobody.

    `consultations`: about limits and silences of the online consultation; left out, `mail_from`.
    """

    alarms = _addresses()
    summary = _addresses()
    consultations = _addresses(required=False)


class OfficeFileSchema(OfficeDocumentSchema):
    """The whole file: what is shown, and what only the services need."""

    mail_from = fields.Email(required=True)
    recipients = fields.Nested(RecipientsSchema, required=True)
    policy = fields.Nested(PolicySchema, required=True)
    queue = fields.Nested(QueuePolicySchema, required=True)
    calendar = fields.List(fields.Nested(OverrideSchema), required=True)
    webapi_domain = fields.String(load_default=None, validate=validate.Regexp(r"[0-9]{4}\Z"))

    @validates("calendar")
    def one_entry_per_date(self, value: list[dict[str, Any]], **_: object) -> None:
        dates = [entry["date"] for entry in value]
        twice = sorted({day.isoformat() for day in dates if dates.count(day) > 1})
        if twice:
            raise ValidationError(f"More than one entry for {', '.join(twice)}.")


def _apart(field: str, spans: list[dict[str, time]]) -> None:
    ordered = sorted(spans, key=lambda span: span["start"])
    if any(before["end"] > after["start"] for before, after in pairwise(ordered)):
        raise ValidationError({field: ["Must not overlap."]})


def _inside(inner: dict[str, time], outer: dict[str, time]) -> bool:
    return outer["start"] <= inner["start"] and inner["end"] <= outer["end"]
