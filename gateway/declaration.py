"""What a route says of itself: the same words check the calls and make the OpenAPI document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields

from contracts.common import EmptySchema
from contracts.errors import Code

_PARAMETER = re.compile(r"{(\w+)}")

Shapes = Mapping[int, type[Schema]]


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One route.

    No `roles` means that everybody may call it, without a token; no `answers`, that it is a page
    and not part of the API. The answer of a `versioned` one carries an ETag; one of `events` is a
    stream of server-sent events, each of which has the shape of the answer as its data. One of
    `csv` has its answer as comma-separated values, too. One that `takes_file` has any bytes for its
    body, so many at most, and `Call.file` to go through as they come; one that `gives_file` answers
    with bytes. What a `discreet` one comes to leaves on a beat, so that the time it took tells
    nothing.
    """

    method: str
    path: str
    roles: tuple[str, ...] = ()
    path_schema: type[Schema] | None = None
    query: type[Schema] = EmptySchema
    body: type[Schema] = EmptySchema
    example: Mapping[str, Any] | None = None
    answers: Shapes = field(default_factory=dict)
    refuses: tuple[Code, ...] = ()
    versioned: bool = False
    events: bool = False
    csv: bool = False
    takes_file: int = 0
    gives_file: bool = False
    discreet: bool = False

    @property
    def parameters(self) -> list[str]:
        """The names in the path."""
        return _PARAMETER.findall(self.path)

    @property
    def rule(self) -> str:
        """The path as werkzeug writes it: what is a number takes no word, which another has."""
        known = self.path_schema().fields if self.path_schema else {}

        def written(match: re.Match[str]) -> str:
            number = isinstance(known.get(match[1]), fields.Integer)
            return f"<int:{match[1]}>" if number else f"<{match[1]}>"

        return _PARAMETER.sub(written, self.path)

    @property
    def documented(self) -> bool:
        """Tell whether the route belongs to the API, and not to its pages."""
        return bool(self.answers)

    @property
    def writes(self) -> bool:
        """Tell whether the call is a wish, with a body and an idempotency key."""
        return self.method in ("POST", "PATCH")

    @property
    def conditional(self) -> bool:
        """Tell whether the call may insist on a version of what it changes."""
        return self.method == "PATCH" or (self.writes and bool(self.parameters))

    @property
    def codes(self) -> tuple[Code, ...]:
        """Every refusal the call can meet: those of all calls, and its own."""
        met = {Code.MALFORMED_REQUEST, Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE}
        met |= {Code.RATE_LIMITED, Code.UNAVAILABLE, *self.refuses}
        if self.roles:
            met |= {Code.UNAUTHENTICATED, Code.WRONG_ROLE, Code.WRONG_OFFICE}
        if self.parameters:
            met.add(Code.NOT_FOUND)
        if self.writes:
            met |= {Code.UNSUPPORTED_MEDIA_TYPE, Code.IDEMPOTENCY_KEY_REUSED}
            met |= set() if self.takes_file else {Code.MALFORMED_JSON}
        if self.conditional:
            met.add(Code.VERSION_MISMATCH)
        return tuple(code for code in Code if code in met)
