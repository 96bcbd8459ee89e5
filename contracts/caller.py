"""Who asks and under which ids: travels with every RPC request as `caller`."""

from marshmallow import EXCLUDE, Schema, fields, validate

ROLES = ("service_user", "officer", "supervisor", "admin", "kiosk", "system")
STAFF = ("officer", "supervisor", "admin")
ANONYMOUS = "anonymous"
"""The id of who calls, without a token, what everybody may."""


class CallerSchema(Schema):
    """Stamped by the gateway after it has checked the token.

    `id` is the token's `sub`: for a `service_user` the subject id of the person.
    `command_id` names the wish, so that a repeat has no further effect; `request_hash`
    is the SHA-256 of the body (hex), to notice a key used again for another request.
    """

    class Meta:
        unknown = EXCLUDE

    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    id = fields.String(required=True)
    offices = fields.List(fields.String(), load_default=list)
    correlation_id = fields.String(required=True)
    command_id = fields.String(load_default=None, allow_none=True)
    request_hash = fields.String(load_default=None, allow_none=True)
    expected_version = fields.Integer(load_default=None, allow_none=True)
