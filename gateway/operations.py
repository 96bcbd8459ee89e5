"""One call after the other, as OpenAPI describes it."""

from collections.abc import Iterable
from http import HTTPStatus
from itertools import groupby
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema

from contracts.attachments import MEDIA_TYPES
from contracts.errors import Code
from gateway import figures, headers
from gateway.declaration import Declaration
from gateway.errors import PROBLEM_JSON, PROBLEMS, status_of
from gateway.sse import MEDIA_TYPE

FILE = "application/octet-stream"
BYTES = {"type": "string", "format": "binary"}


class Operations:
    """Writes the operations of one document."""

    def __init__(self, spec: APISpec, converter: OpenAPIConverter) -> None:
        self._spec = spec
        self._property = converter.field2property
        self._known: set[str] = set()

    def add(self, name: str, doc: str, declared: Declaration) -> None:
        """Add one, described by the docstring of its method."""
        summary, _, description = doc.partition("\n\n")
        operation = {
            "operationId": name,
            "summary": summary.strip(),
            "description": " ".join(description.split()),
            "tags": [declared.path.split("/")[2]],
            "security": [{"bearer": []}] if declared.roles else [],
            "x-roles": list(declared.roles),
            "parameters": [
                *self._in_path(declared),
                *self._in_query(declared),
                *_headers(declared),
            ],
            "responses": self._responses(declared),
        }
        if declared.writes:
            operation["requestBody"] = _request_body(declared)
        self._spec.path(declared.path, operations={declared.method.lower(): operation})

    def _in_path(self, declared: Declaration) -> Iterable[dict[str, Any]]:
        known = declared.path_schema().fields if declared.path_schema else {}
        for name in declared.parameters:
            schema = self._property(known[name]) if name in known else {"type": "string"}
            yield {"in": "path", "name": name, "required": True, "schema": schema}

    def _in_query(self, declared: Declaration) -> Iterable[dict[str, Any]]:
        for name, field in declared.query().fields.items():
            schema = _never_null(self._property(field))
            name = field.data_key or name
            yield {"in": "query", "name": name, "required": field.required, "schema": schema}

    def _responses(self, declared: Declaration) -> dict[str, Any]:
        answers = {str(s): _answer(declared, s, shape) for s, shape in declared.answers.items()}
        by_status = groupby(sorted(declared.codes, key=status_of), key=status_of)
        return answers | {str(status): self._problem(list(codes)) for status, codes in by_status}

    def _problem(self, codes: list[Code]) -> str:
        """Name the response in which one of `codes` is told; written down when first named."""
        name = ".".join(codes)
        if name not in self._known:
            self._known.add(name)
            self._spec.components.response(name, _problem(codes))
        return name


def _headers(declared: Declaration) -> Iterable[dict[str, Any]]:
    yield _header(
        headers.CORRELATION_ID,
        "Found again in logs and events; an unusable one is replaced.",
    )
    if declared.writes:
        yield _header(
            headers.IDEMPOTENCY_KEY,
            "Names this wish, so that a repeat has no further effect.",
            pattern=headers.KEY_PATTERN,
        )
    if declared.conditional:
        yield _header(
            headers.IF_MATCH,
            "The version, as in `ETag`, that the wish is for.",
            pattern=headers.IF_MATCH_PATTERN,
        )
    if declared.events:
        yield _header(
            headers.LAST_EVENT_ID,
            "The `id` of the last event that was received; an unknown one is ignored.",
        )


def _header(name: str, description: str, **schema: str) -> dict[str, Any]:
    schema = {"type": "string", **schema}
    return {"in": "header", "name": name, "description": description, "schema": schema}


def _request_body(declared: Declaration) -> dict[str, Any]:
    if declared.takes_file:
        told = f"The file as it is, of at most {declared.takes_file} bytes."
        return {"required": True, "description": told, "content": {FILE: {"schema": BYTES}}}
    required = any(field.required for field in declared.body().fields.values())
    content: dict[str, Any] = {"schema": declared.body}
    if declared.example:
        content["example"] = declared.example
    return {"required": required, "content": {"application/json": content}}


def _answer(declared: Declaration, status: int, shape: type[Schema]) -> dict[str, Any]:
    told = {headers.CORRELATION_ID: _told("The id of this call.")}
    if declared.writes:
        told["Idempotency-Replayed"] = _told("`true` on a repeat.", required=False)
    if status == HTTPStatus.NO_CONTENT:
        return {"description": (shape.__doc__ or "").strip(), "headers": told}
    if declared.versioned:
        told["ETag"] = _told('The version, as `"3"`.')
    if status == 201:
        told["Location"] = _told("Where it is.")
    if declared.gives_file:
        told["Content-Disposition"] = _told("`attachment`, and the name of the file.")
    return {
        "description": (shape.__doc__ or "").strip().partition("\n")[0],
        "content": _content(declared, shape),
        "headers": told,
    }


def _content(declared: Declaration, shape: type[Schema]) -> dict[str, Any]:
    if declared.gives_file:
        return {kind: {"schema": BYTES} for kind in MEDIA_TYPES}
    if declared.events:
        return _events(shape)
    table = {figures.MEDIA_TYPE: {"schema": {"type": "string"}}} if declared.csv else {}
    return {"application/json": {"schema": shape}, **table}


def _events(shape: type[Schema]) -> dict[str, Any]:
    told = f"The `data` of each event is a `{shape.__name__.removesuffix('Schema')}` in JSON."
    return {MEDIA_TYPE: {"schema": {"type": "string", "description": told}}}


def _problem(codes: list[Code]) -> dict[str, Any]:
    told = {headers.CORRELATION_ID: _told("The id of this call.")}
    if {Code.RATE_LIMITED, Code.UNAVAILABLE} & set(codes):
        told["Retry-After"] = _told("Seconds to wait.", kind="integer")
    if Code.UNAUTHENTICATED in codes:
        told["WWW-Authenticate"] = _told("The scheme: Bearer.")
    only = {"properties": {"code": {"enum": [str(code) for code in codes]}}}
    problem = {"allOf": [{"$ref": "#/components/schemas/Problem"}, only]}
    return {
        "description": "; ".join(f"`{code}`: {PROBLEMS[code][1].lower()}" for code in codes),
        "content": {PROBLEM_JSON: {"schema": problem}},
        "headers": told,
    }


def _told(description: str, *, kind: str = "string", required: bool = True) -> dict[str, Any]:
    return {"description": description, "required": required, "schema": {"type": kind}}


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query says "not given" by silence."""
    if isinstance(schema.get("type"), list):
        (schema["type"],) = (kind for kind in schema["type"] if kind != "null")
    if "enum" in schema:
        schema["enum"] = [choice for choice in schema["enum"] if choice is not None]
    if schema.get("default", ...) is None:
        del schema["default"]
    return schema
