"""Sharing the work of an office: answers that are kept, and cases handed on in bulk."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from contracts.common import (
    TEXT_MAX,
    Body,
    ServiceRequest,
    caller_id,
    each_once,
    line,
    prose,
)


class CannedAnswerBodySchema(Body):
    """An answer that officers write again and again; the English text may be missing."""

    title = line(required=True)
    text_id = prose(TEXT_MAX, required=True)
    text_en = prose(TEXT_MAX, load_default=None, allow_none=True)


class ReassignSchema(Body):
    """Whose open cases are handed to whom: to several, in turn."""

    from_officer = caller_id(required=True)
    to_officers = fields.List(
        caller_id(), required=True, validate=[validate.Length(min=1, max=50), each_once]
    )

    @validates_schema
    def to_somebody_else(self, data: dict[str, Any], **_: object) -> None:
        """Refuse who is absent."""
        if data["from_officer"] in data["to_officers"]:
            raise ValidationError({"to_officers": ["Must not name from_officer."]})


class OfficeRequest(ServiceRequest):
    """`canned_answers`: of which office."""

    office = fields.String(required=True)


class SaveCannedRequest(OfficeRequest, CannedAnswerBodySchema):
    """`save_canned`; without `canned_id` a new one."""

    canned_id = fields.String(load_default=None, allow_none=True)


class RemoveCannedRequest(OfficeRequest):
    """`remove_canned`"""

    canned_id = fields.String(required=True)


class ReassignRequest(OfficeRequest, ReassignSchema):
    """`reassign`"""


# What is answered.


class CannedAnswerSchema(Schema):
    """One answer; `officer_id`: who wrote it last."""

    canned_id = fields.String(required=True)
    title = fields.String(required=True)
    text_id = fields.String(required=True)
    text_en = fields.String(required=True, allow_none=True)
    officer_id = fields.String(required=True)


class CannedAnswersSchema(Schema):
    """All answers of an office."""

    items = fields.List(fields.Nested(CannedAnswerSchema), required=True)


class ReassignedItemSchema(Schema):
    """One case, and who has it now."""

    consultation_id = fields.String(required=True)
    number = fields.String(required=True)
    officer_id = fields.String(required=True)


class ReassignedSchema(Schema):
    """What was handed on; `remaining`: so many are left, ask again."""

    items = fields.List(fields.Nested(ReassignedItemSchema), required=True)
    remaining = fields.Integer(required=True)
