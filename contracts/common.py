"""Fields that many shapes share."""

from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from marshmallow import Schema, ValidationError, fields

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
