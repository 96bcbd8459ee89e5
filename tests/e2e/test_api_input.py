"""Whatever is written in a request is taken, or refused by name; never a 500."""

import json
from typing import Any

import httpx
import pytest

from contracts.errors import Code
from tests.api import path, problem
from tests.support import QUESTION, Person, Stack

MALFORMED = [
    b"{",
    b'{"text": NaN}',
    b'{"text": 1e999}',
    b'{"text": "a", "text": "b"}',
    b'{"text": "\xff"}',
    b'\xef\xbb\xbf{"text": "a"}',
    b"[" * 200_000,
    b'{"text": ' * 50_000,
    b'{"text": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_json_is_400(officer: Person, known: dict[str, Any], body: bytes) -> None:
    answer = officer.http.post(
        f"/v1{path(known, 'messages')}", content=body, headers={"Content-Type": "application/json"}
    )
    problem(answer, Code.MALFORMED_JSON)


WRONG: list[tuple[Any, str]] = [
    ([], "body"),
    (None, "body"),
    ("text", "body"),
    ({}, "text"),
    ({"text": ""}, "text"),
    ({"text": " \n"}, "text"),
    ({"text": "x" * 11_000}, "text"),
    ({"text": "a\x00b"}, "text"),
    ({"text": "\ud800"}, "text"),
    ({"text": 7}, "text"),
    ({"text": None}, "text"),
    ({"text": [[[[]]]]}, "text"),
    ({"text": "a", "internal": 1}, "internal"),
    ({"text": "a", "internal": "true"}, "internal"),
    ({"text": "a", "mood": "good"}, "mood"),
    ({"text": "a", "\ud800": 1}, "\ud800"),
]


@pytest.mark.parametrize(("body", "field"), WRONG, ids=range(len(WRONG)))
def test_wrong_fields_are_422_by_name(
    officer: Person, known: dict[str, Any], body: Any, field: str
) -> None:
    answer = officer.http.post(
        f"/v1{path(known, 'messages')}",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert field in problem(answer, Code.VALIDATION_FAILED)["errors"]


def test_nested_fields_have_dotted_names(officer: Person) -> None:
    wrong = {**QUESTION, "contact": {"email": "nowhere", "nik": "1"}, "type": "gossip"}
    errors = problem(officer.post("/consultations", wrong), Code.VALIDATION_FAILED)["errors"]
    assert errors.keys() == {"contact.name", "contact.email", "contact.nik", "type"}


@pytest.mark.parametrize(
    "query",
    ["page=2", "limit=0", "limit=201", "limit=x", "limit=1&limit=2", "overdue=maybe", "cursor=%00"],
)
def test_wrong_query_is_422_by_name(officer: Person, query: str) -> None:
    errors = problem(officer.http.get(f"/v1/consultations?{query}"), Code.VALIDATION_FAILED)[
        "errors"
    ]
    assert errors.keys() == {query.partition("=")[0]}


@pytest.mark.parametrize("place", ["/consultations/x", "/offices", "/offices/1471"])
def test_unknown_query_is_422_everywhere(officer: Person, place: str) -> None:
    errors = problem(officer.http.get(f"/v1{place}?x=1"), Code.VALIDATION_FAILED)["errors"]
    assert errors.keys() == {"x"}


@pytest.mark.parametrize("word", ["x", "20_26", "-1"])
def test_what_is_no_year_is_no_address(officer: Person, word: str) -> None:
    problem(officer.get(f"/calendar/{word}"), Code.NOT_FOUND)


@pytest.mark.parametrize("year", ["1999", "2100"])
def test_year_beyond_the_tables_is_422(officer: Person, year: str) -> None:
    answer = officer.get(f"/calendar/{year}")
    assert problem(answer, Code.VALIDATION_FAILED)["errors"].keys() == {"year"}


def test_nothing_refused_was_written(officer: Person, known: dict[str, Any]) -> None:
    assert officer.get(path(known)).json() == known


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_other_media_types_are_415(
    officer: Person, known: dict[str, Any], kind: str | None
) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = officer.http.post(
        f"/v1{path(known, 'messages')}", content=b'{"text": "a"}', headers=headers
    )
    problem(answer, Code.UNSUPPORTED_MEDIA_TYPE)


def test_content_codings_are_415(officer: Person, known: dict[str, Any]) -> None:
    answer = officer.post(path(known, "messages"), {"text": "a"}, Content_Encoding="gzip")
    problem(answer, Code.UNSUPPORTED_MEDIA_TYPE)


def test_calls_without_fields_need_no_body(officer: Person, fresh: dict[str, Any]) -> None:
    assert officer.http.post(f"/v1{path(fresh, 'accept')}").status_code == 200


def test_other_methods_are_405_with_those_allowed(stack: Stack) -> None:
    for method in ("DELETE", "PUT", "PATCH", "TRACE", "BREW"):
        answer = httpx.request(method, f"{stack.url}/v1/consultations")
        problem(answer, Code.METHOD_NOT_ALLOWED)
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("place", ["/v2/offices", "/v1/offices/", "/v1//offices", "/v1", "/%2e%2e"])
def test_unknown_addresses_are_404(stack: Stack, place: str) -> None:
    problem(httpx.get(f"{stack.url}{place}"), Code.NOT_FOUND)


def test_options_names_the_methods(stack: Stack) -> None:
    answer = httpx.options(f"{stack.url}/v1/consultations")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    problem(httpx.options(f"{stack.url}/nowhere"), Code.NOT_FOUND)


def test_head_is_get_without_the_body(stack: Stack, officer: Person, known: dict[str, Any]) -> None:
    got, headed = officer.get(path(known)), officer.http.head(f"/v1{path(known)}")
    assert (headed.status_code, headed.content) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length"):
        assert headed.headers[name] == got.headers[name]
