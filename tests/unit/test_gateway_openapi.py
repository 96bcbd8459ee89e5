"""The API document says what the routes do, and nothing it says is left open."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import validator_for

from contracts.errors import Code
from gateway.errors import PROBLEMS
from gateway.openapi import describe
from gateway.service import GatewayService


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe(GatewayService)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def json_bodies(document: dict[str, Any]) -> list[dict[str, Any]]:
    bodies = [operation.get("requestBody") for _, _, operation in operations(document)]
    kinds = [body["content"] for body in filter(None, bodies)]
    return [content["application/json"] for content in kinds if "application/json" in content]


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from schemas(inner)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for schema in schemas(document):
        if ref := schema.get("$ref"):
            target: Any = document
            for step in ref.removeprefix("#/").split("/"):
                target = target[step]


def test_every_schema_can_be_used(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        validator_for(schema | {"components": document["components"]})


def test_patterns_are_portable(document: dict[str, Any]) -> None:
    patterns = [schema["pattern"] for schema in schemas(document) if "pattern" in schema]
    assert patterns
    for pattern in patterns:
        assert r"\Z" not in pattern
        re.compile(pattern)


def test_the_closed_list_of_codes_is_in_it(document: dict[str, Any]) -> None:
    listed = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert set(listed) == set(Code) == set(PROBLEMS)


def test_request_bodies_take_no_unknown_fields(document: dict[str, Any]) -> None:
    for content in json_bodies(document):
        name = content["schema"]["$ref"].rpartition("/")[2]
        assert document["components"]["schemas"][name]["additionalProperties"] is False, name


def test_examples_are_valid(document: dict[str, Any]) -> None:
    shown = [content for content in json_bodies(document) if "example" in content]
    assert len(shown) == 36
    for content in shown:
        validator = validator_for({**content["schema"], "components": document["components"]})
        validator.validate(content["example"])


def test_every_call_tells_its_refusals(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        told = operation["responses"].keys()
        assert told >= {"400", "413", "422", "429", "503"}, path
        assert ("401" in told) == bool(operation["security"]), path
        assert ("403" in told) or "401" not in told, path
        assert ("415" in told) == (method in ("post", "patch")), path
        assert ("404" in told) or "{" not in path, path
        assert ("412" in told) == (method == "patch" or (method == "post" and "{" in path)), path


def test_every_call_says_what_it_is_for(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        assert operation["summary"], path
        assert operation["tags"], path


def test_queries_are_never_null(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        for parameter in operation["parameters"]:
            assert isinstance(parameter["schema"]["type"], str), (path, parameter["name"])
            assert None not in parameter["schema"].get("enum", []), (path, parameter["name"])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/consultations",
        "/v1/consultations/{consultation_id}/messages",
        "/v1/consultations/{consultation_id}/close",
        "/v1/consultations/{consultation_id}/reopen",
        "/v1/tickets/{ticket_id}/notes",
    ],
)
def test_what_seals_words_of_a_person_may_find_them_forgotten(
    document: dict[str, Any], path: str
) -> None:
    """Nothing more can be kept about who asked for it."""
    reference = document["paths"][path]["post"]["responses"]["409"]["$ref"]
    response = document["components"]["responses"][reference.rpartition("/")[2]]
    assert Code.SUBJECT_ERASED in str(response)
