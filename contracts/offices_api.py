"""What the gateway answers about offices."""

from marshmallow import Schema, fields, validate

from contracts.common import line
from contracts.offices import OfficeContactSchema, OfficeDocumentSchema


class OfficeSchema(OfficeDocumentSchema):
    """The published service standard, the opening hours, and whether it is open now."""

    open_now = fields.Boolean(required=True)


class OfficeSummarySchema(Schema):
    """A row of the list of offices."""

    office = fields.String(required=True)
    name = fields.String(required=True)
    address = fields.String(required=True)
    contact = fields.Nested(OfficeContactSchema, required=True)
    time_zone = fields.String(required=True)
    open_now = fields.Boolean(required=True)


class OfficeListSchema(Schema):
    """One page of offices, by their ids."""

    items = fields.List(fields.Nested(OfficeSummarySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class OfficeListQuerySchema(Schema):
    """How many; `cursor` comes from the page before."""

    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(min=1, max=200))
    cursor = line(200, load_default=None)
