"""Accounts: shapes of the calls about people, and of what is answered."""

from marshmallow import Schema, fields, validate

from contracts.caller import STAFF
from contracts.common import (
    Body,
    EmailAddress,
    PhoneNumber,
    ServiceRequest,
    Timestamp,
    code_word,
    line,
    prose,
)

SOURCES = ("consultation", "guest_book")


class RegisterSchema(Body):
    """Give an address as one's own. `notice_version`: the privacy notice that was read."""

    name = line(required=True)
    email = EmailAddress(required=True)
    phone = PhoneNumber(load_default=None, allow_none=True)
    institution = line(load_default=None, allow_none=True)
    notice_version = code_word(required=True)


class LoginSchema(Body):
    """Ask for a code."""

    email = EmailAddress(required=True)


def _code() -> fields.String:
    six_digits = validate.Regexp(r"[0-9]{6}\Z", error="Six digits.")
    return fields.String(required=True, validate=six_digits)


class OneTimeCodeSchema(Body):
    """The code that came by e-mail."""

    code = _code()


class VerifySchema(LoginSchema):
    """The address, and the code that went there."""

    code = _code()


class CorrectSchema(Body):
    """What is to be corrected; `null` takes it out. A new address counts once its code is back."""

    name = line()
    phone = PhoneNumber(allow_none=True)
    institution = line(allow_none=True)
    email = EmailAddress()


class HoldSchema(Body):
    """What a person's data is needed for; `reference` is the matter's number."""

    reference = code_word(required=True)
    reason = prose(1000, load_default=None, allow_none=True)


class ReleaseSchema(Body):
    """The matter that is over."""

    reference = code_word(required=True)


class RegisterRequest(ServiceRequest, RegisterSchema):
    """`register_user`"""


class LoginRequest(ServiceRequest, LoginSchema):
    """`log_in`"""


class VerifyRequest(ServiceRequest, VerifySchema):
    """`verify_code`"""


class CorrectRequest(ServiceRequest, CorrectSchema):
    """`correct_me`"""


class CodeRequest(ServiceRequest, OneTimeCodeSchema):
    """`confirm_email`"""


class PersonRequest(ServiceRequest):
    """`me`, `ask_erasure`, `export`: of who asks"""


class SubjectRequest(ServiceRequest):
    """`account_letter`: whom an e-mail is to reach; `challenge_id`: with which code, if any."""

    subject_id = fields.String(required=True)
    challenge_id = fields.String(load_default=None, allow_none=True)


class NoteRequest(ServiceRequest):
    """`note_address`: somebody left an address with the office; any text may come."""

    office = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(load_default=None, allow_none=True)
    phone = fields.String(load_default=None, allow_none=True)


class KnownRequest(ServiceRequest):
    """`known_in`: which offices a person has visited"""

    subject_id = fields.String(required=True)


class HoldRequest(ServiceRequest, HoldSchema):
    """`place_hold`; `visited`: the offices that know the person by a visit"""

    subject_id = fields.String(required=True)
    visited = fields.List(fields.String(), load_default=[])


class ReleaseRequest(ServiceRequest, ReleaseSchema):
    """`lift_hold`"""

    subject_id = fields.String(required=True)


class AboutRequest(ServiceRequest):
    """`export` of the notifier: of which matters."""

    about = fields.List(fields.String(), required=True)


# What is answered.


class AcceptedSchema(Schema):
    """Taken, whether or not anything comes of it; it is told by e-mail only."""


class UserSchema(Schema):
    """Who is logged in."""

    user_id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class TokenSchema(Schema):
    """A bearer token for so many seconds, and whose it is."""

    access_token = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    user = fields.Nested(UserSchema, required=True)


class MeSchema(UserSchema):
    """What an account says of a person. `email_pending`: to be theirs when its code is back."""

    email = fields.String(required=True)
    email_verified = fields.Boolean(required=True)
    email_bounced = fields.Boolean(required=True)
    email_pending = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    institution = fields.String(required=True, allow_none=True)
    notice_version = fields.String(required=True, allow_none=True)
    registered_at = Timestamp(required=True, allow_none=True)
    version = fields.Integer(required=True)


class ExportSchema(Schema):
    """Everything held about a person: service → stream → its facts, the person's words in clear.

    The fact of an uploaded attachment has a `url`: the file itself is got there.
    """

    subject_id = fields.String(required=True)
    services = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.List(fields.Dict())),
        required=True,
    )


class HoldsSchema(Schema):
    """What stands against forgetting a person, and how far a request to forget them has come."""

    subject_id = fields.String(required=True)
    holds = fields.List(fields.String(), required=True)
    erasure = fields.String(required=True)
    version = fields.Integer(required=True)


NOTERS = ("kiosk", *STAFF)
"""Who may leave somebody's address with the office."""
