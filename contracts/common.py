"""Fields that many shapes share."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
import phonenumbers
from email_validator import validate_email
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from contracts.caller import CallerSchema

S = TypeVar("S", bound=Schema)


class Timestamp(fields.AwareDateTime):
    """RFC 3339 in UTC with milliseconds and `Z`; any offset is taken in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=None, **kwargs)

    def _serialize(
        self, value: Any, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | float | None:
        return None if value is None else rfc3339(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError as error:
            raise ValidationError("Not a valid datetime.") from error


class Flag(fields.Boolean):
    """`true` or `false`, and nothing that merely resembles them (1, "yes")."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class EmailAddress(fields.String):
    """An address in one spelling: no blanks around it, NFC, its domain as people read it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "email", "maxLength": 254}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            found = validate_email(str(text).strip(), check_deliverability=False)
        except ValueError as error:  # also what cannot be encoded
            raise ValidationError("Not a valid email address.") from error
        return found.normalized


class WrittenEmail(EmailAddress):
    """An address that somebody leaves with the office: taken, too, where no mail can be sent to it
    (`kantor.local`), if it looks like one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError:
            text = str(value).strip()
            validate.Length(max=254)(text)
            no_control_characters(text)
            return validate.Email()(text)


class PhoneNumber(fields.String):
    """A number in one spelling (E.164); without a country code it is an Indonesian one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            number = phonenumbers.parse(text, "ID")
        except phonenumbers.NumberParseException as error:
            raise ValidationError("Not a phone number.") from error
        if not phonenumbers.is_possible_number(number):
            raise ValidationError("Not a phone number.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


TEXT_MAX = 10_000

TEXT_PATTERN = r"^[^\S\x00-\x08\x0b\x0c\x0e-\x1f]*[^\s\x00-\x1f][^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
"""What the checks of a text come to, for the API document."""


def no_control_characters(text: str) -> None:
    """Refuse what no person types and some databases and mail programs choke on."""
    if any((ord(c) < 32 and c not in "\n\r\t") or 0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValidationError("Contains control characters.")


def line(longest: int = 200, **kwargs: object) -> fields.String:
    """One line of text: 1 to `longest` characters, not only blanks."""
    return prose(longest, **kwargs)


def code_word(**kwargs: Any) -> fields.String:
    """A code of somebody's list: no free text, so nothing personal fits in."""
    words = validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}\Z", error="Not a code.")
    return fields.String(validate=words, **kwargs)


def caller_id(**kwargs: Any) -> fields.String:
    """Who somebody is by their token (`sub`), as an officer whose turn it is to be."""
    words = validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9 ._@:|+=/-]{0,199}\Z", error="Not an id.")
    return fields.String(validate=words, **kwargs)


def prose(longest: int, **kwargs: object) -> fields.String:
    """Several lines of text, likewise."""
    checks = [
        validate.Length(min=1, max=longest),
        validate.Regexp(r"\s*\S", error="Must not be blank."),
        no_control_characters,
    ]
    pattern = {"pattern": TEXT_PATTERN}
    return fields.String(validate=checks, metadata=pattern, **kwargs)  # type: ignore[arg-type]  # passed on


def web_address(**kwargs: Any) -> fields.Url:
    """An address on the web, with its scheme."""
    return fields.Url(
        schemes={"http", "https"},
        validate=[validate.Length(max=2_000), no_control_characters],
        metadata={"pattern": r"^https?://"},
        **kwargs,
    )


def each_once(words: list[str]) -> None:
    """Refuse a list that says something twice."""
    if len(set(words)) != len(words):
        raise ValidationError("Must name each once.")


class Body(Schema):
    """The body of an HTTP call: what is not known is refused."""

    class Meta:
        unknown = RAISE  # said aloud, so that the API document says it, too


class EmptySchema(Body):
    """A call that needs no body: nothing, or `{}`."""


class ServiceRequest(Schema):
    """What the gateway sends: the body of the HTTP call, the id from its path, the caller."""

    class Meta(Body.Meta):
        unknown = EXCLUDE  # a newer gateway may say more

    caller = fields.Nested(CallerSchema, required=True)


FIRST_YEAR, LAST_YEAR = 2000, 2100
"""In between every moment has a local date, and every date its calendar."""


def in_our_time(day: date) -> None:
    """Refuse a date or moment of which no office can know anything."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(f"Must lie between the years {FIRST_YEAR} and {LAST_YEAR}.")


class AtQuerySchema(Schema):
    """As it is, or as it stood at `at`."""

    at = Timestamp(load_default=None, allow_none=True, validate=in_our_time)


class PageQuerySchema(Schema):
    """One page of a list; `cursor` comes from the page before."""

    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(min=1, max=200))
    cursor = line(200, load_default=None)


@cache
def schema(kind: type[S]) -> S:
    """Return the schema itself: it keeps no state, and to make one copies all its fields."""
    return kind()


def plain(value: Any) -> Any:
    """Return what a dataclass, list or mapping holds as JSON, times as the API writes them."""
    words = msgspec.to_builtins(value, builtin_types=(datetime,))
    return _plain(words)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def rfc3339(moment: datetime) -> str:
    """Write `moment` as the API and the events do: `2026-11-25T08:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
