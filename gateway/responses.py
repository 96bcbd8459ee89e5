"""Answers and problems as HTTP responses."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from contracts.errors import PstError
from gateway.call import Answer
from gateway.errors import PROBLEM_JSON, document_of, headers_of, status_of
from gateway.headers import CORRELATION_ID

_EVERYWHERE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
API_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def from_answer(answer: Answer) -> Response:
    """Write `answer` as JSON; 204 says nothing."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return Response(status=answer.status, headers={**API_HEADERS, **answer.headers})
    return _json(answer.status, answer.payload, "application/json", answer.headers)


def from_problem(problem: PstError, correlation_id: str) -> Response:
    """Write `problem` as its document."""
    document = document_of(problem, correlation_id)
    return _json(status_of(problem.code), document, PROBLEM_JSON, headers_of(problem))


def from_json(document: bytes) -> Response:
    """Send a document that is JSON already."""
    return Response(document, headers=API_HEADERS, content_type="application/json")


def finish(response: Response, correlation_id: str) -> Response:
    """Add what every response carries."""
    response.headers[CORRELATION_ID] = correlation_id
    response.headers.extend(_EVERYWHERE)
    return response


def encode(value: Any) -> bytes:
    """Write JSON in UTF-8; half a surrogate pair, which UTF-8 cannot say, as its escape."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def _json(status: int, payload: Any, kind: str, headers: Mapping[str, str]) -> Response:
    return Response(encode(payload), status, {**API_HEADERS, **headers}, content_type=kind)
