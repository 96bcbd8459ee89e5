"""Path, query and body of a call, held against their schemas."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from contracts.errors import Code, Rejected
from gateway.errors import flat, short

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_ERRORS_MAX = 50


class Inputs:
    """Collects what the parts of a call say, and everything that is wrong with them."""

    def __init__(self) -> None:
        self._errors: dict[str, list[str]] = {}

    def take(self, schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return `given` as `schema` has it, defaults filled in, as plain JSON."""
        try:
            plain: dict[str, Any] = schema.dump(schema.load(given))
        except ValidationError as error:
            self._errors |= flat(error.messages)
            return {}
        return plain

    def take_text(self, schema: Schema, given: Iterable[tuple[str, list[str]]]) -> dict[str, Any]:
        """Do the same for a path or a query, where everything is text and may come twice."""
        values = {}
        for name, texts in given:
            if len(texts) > 1:
                self._errors[short(name)] = ["Given more than once."]
            values[name] = _typed(schema.fields.get(name), texts[0])
        return self.take(schema, values)

    def check(self) -> None:
        """Raise `Rejected` (validation_failed) if anything was wrong."""
        if self._errors:
            named = dict(sorted(self._errors.items())[:_ERRORS_MAX])
            raise Rejected(Code.VALIDATION_FAILED, "See `errors`.", named)


def _typed(field: fields.Field[Any] | None, text: str) -> Any:
    """Undo what a URL does to numbers and booleans; what is neither is left for the schema."""
    if isinstance(field, fields.Integer) and _INTEGER.fullmatch(text):
        return int(text)
    if isinstance(field, fields.Boolean) and text in ("true", "false"):
        return text == "true"
    return text
