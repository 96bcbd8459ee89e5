"""The one table from refusals to HTTP, and the problem documents (RFC 9457) they become."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from marshmallow import Schema, fields, validate

from contracts.errors import Code, PstError, Rejected

PROBLEM_JSON = "application/problem+json"

_NAME_MAX = 100

AN_HOUR_S = 3600
"""How long to wait after a service, which counts by the hour, has refused one more."""

PROBLEMS: dict[Code, tuple[HTTPStatus, str]] = {
    Code.MALFORMED_REQUEST: (HTTPStatus.BAD_REQUEST, "The request is not readable HTTP"),
    Code.MALFORMED_JSON: (HTTPStatus.BAD_REQUEST, "The body is not readable JSON"),
    Code.UNAUTHENTICATED: (HTTPStatus.UNAUTHORIZED, "A valid bearer token is needed"),
    Code.WRONG_ROLE: (HTTPStatus.FORBIDDEN, "Your role may not do this"),
    Code.WRONG_OFFICE: (HTTPStatus.FORBIDDEN, "You do not work for this office"),
    Code.NOT_FOUND: (HTTPStatus.NOT_FOUND, "There is nothing here"),
    Code.METHOD_NOT_ALLOWED: (HTTPStatus.METHOD_NOT_ALLOWED, "The method is not for this address"),
    Code.WRONG_STATE: (HTTPStatus.CONFLICT, "It is past or before this step"),
    Code.ALREADY_ASSIGNED: (HTTPStatus.CONFLICT, "Another officer has the consultation"),
    Code.NOT_ANSWERED: (HTTPStatus.CONFLICT, "The consultation has no answer yet"),
    Code.CLOSED_FOR_GOOD: (HTTPStatus.CONFLICT, "The consultation was closed too long ago"),
    Code.TOO_MANY: (HTTPStatus.CONFLICT, "There are as many as there can be"),
    Code.ATTACHMENT_UNUSABLE: (HTTPStatus.CONFLICT, "An attachment is not there to be used"),
    Code.ATTACHMENTS_FULL: (HTTPStatus.CONFLICT, "The consultation takes no more files"),
    Code.OFFICE_CLOSED: (HTTPStatus.CONFLICT, "The office takes nobody now"),
    Code.DAY_FULL: (HTTPStatus.CONFLICT, "All numbers of today are given out"),
    Code.SERVICE_SUSPENDED: (HTTPStatus.CONFLICT, "Service is suspended"),
    Code.COUNTER_BUSY: (HTTPStatus.CONFLICT, "Somebody is at this counter"),
    Code.WRONG_COUNTER: (HTTPStatus.CONFLICT, "The counter is not for this"),
    Code.NOT_YOUR_TICKET: (HTTPStatus.CONFLICT, "Another officer has this ticket"),
    Code.RECALL_TOO_SOON: (HTTPStatus.CONFLICT, "The last call was a moment ago"),
    Code.NO_CALLS_LEFT: (HTTPStatus.CONFLICT, "It was called often enough"),
    Code.CALLS_LEFT: (HTTPStatus.CONFLICT, "It was not called often enough"),
    Code.TOO_LATE: (HTTPStatus.CONFLICT, "The time for this is over"),
    Code.GUEST_BOOK_MISSING: (HTTPStatus.CONFLICT, "The guest book is not signed"),
    Code.CODE_INVALID: (HTTPStatus.CONFLICT, "The code is wrong, used or too old"),
    Code.EMAIL_TAKEN: (HTTPStatus.CONFLICT, "The address has an account of its own"),
    Code.LEGAL_HOLD: (HTTPStatus.CONFLICT, "A legal hold stands against it"),
    Code.SUBJECT_ERASED: (HTTPStatus.CONFLICT, "This person has been forgotten"),
    Code.VERSION_MISMATCH: (HTTPStatus.PRECONDITION_FAILED, "The resource has another version"),
    Code.BODY_TOO_LARGE: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"),
    Code.UNSUPPORTED_MEDIA_TYPE: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be JSON"),
    Code.FILE_TYPE_REFUSED: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Files of this type are not taken"),
    Code.VALIDATION_FAILED: (HTTPStatus.UNPROCESSABLE_ENTITY, "Some fields are wrong"),
    Code.IDEMPOTENCY_KEY_REUSED: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The idempotency key belongs to another request",
    ),
    Code.RATE_LIMITED: (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
    Code.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "The service is away for the moment"),
}


class ProblemSchema(Schema):
    """Why a request was not fulfilled; `code` is from a closed list, `detail` is for people."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, validate=validate.OneOf([str(code) for code in Code]))
    detail = fields.String(required=True)
    correlation_id = fields.String(required=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "What is wrong, by field; nested fields as `contact.email`."},
    )


class Refusal(Rejected):
    """A refusal that HTTP wants said in headers, too."""

    def __init__(self, code: Code, detail: str = "", **headers: str) -> None:
        super().__init__(code, detail)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def status_of(code: Code) -> int:
    """Return the HTTP status that `code` is answered with."""
    return int(PROBLEMS[code][0])


def document_of(problem: PstError, correlation_id: str) -> dict[str, Any]:
    """Describe `problem` as RFC 9457 does, in the shape of `ProblemSchema`."""
    status, title = PROBLEMS[problem.code]
    document = {
        "type": f"urn:problem-type:pst:{problem.code}",
        "title": title,
        "status": int(status),
        "code": str(problem.code),
        "detail": getattr(problem, "detail", "") or f"{title}.",
        "correlation_id": correlation_id,
    }
    errors = getattr(problem, "errors", None)
    return document | {"errors": flat(errors)} if errors else document


def headers_of(problem: PstError) -> Mapping[str, str]:
    """Return the headers that go with `problem`."""
    if problem.code is Code.UNAVAILABLE:
        return {"Retry-After": str(getattr(problem, "retry_after", 2))}
    if problem.code is Code.UNAUTHENTICATED:
        return {"WWW-Authenticate": 'Bearer realm="pst"'}
    known = {"Retry-After": str(AN_HOUR_S)} if problem.code is Code.RATE_LIMITED else {}
    return getattr(problem, "headers", known)


def flat(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Return marshmallow's tree of messages as `{"contact.email": [message]}`."""
    if not isinstance(messages, dict):
        return {path or "body": [str(message) for message in messages]}
    found: dict[str, list[str]] = {}
    for name, inner in messages.items():
        step = "" if name == "_schema" else short(str(name))
        found |= flat(inner, ".".join(filter(None, (path, step))))
    return found


def short(name: str) -> str:
    """Return a name that we did not choose, cut to a length that can be shown."""
    return name if len(name) <= _NAME_MAX else f"{name[:_NAME_MAX]}…"
