"""The OpenAPI 3.1 document, made of the same declarations that check the calls."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR, DependencyProvider

from gateway.declaration import Declaration
from gateway.errors import ProblemSchema
from gateway.operations import Operations
from gateway.responses import encode

DISTRIBUTION = "pst-konsultasi"

TAGS = (
    "users",
    "me",
    "search",
    "answers",
    "consultations",
    "tickets",
    "offices",
    "calendar",
    "subjects",
)

INTRODUCTION = """\
Statistics consultation at the integrated service units (PST) of BPS offices.

Times are RFC 3339 in UTC, ids are opaque. Errors are problem documents (RFC 9457) whose `code`
is from the closed list in `Problem`. A POST with an `Idempotency-Key` can be repeated without a
further effect.
"""


class ApiDocument(DependencyProvider):
    """Gives the gateway its own description, ready to be sent."""

    def setup(self) -> None:
        """Describe the routes of the service this belongs to, once."""
        self._document = encode(describe(self.container.service_cls))

    def get_dependency(self, _worker_ctx: Any) -> bytes:
        """Return the document as JSON."""
        return self._document


def describe(service: type) -> dict[str, Any]:
    """Return the OpenAPI document of the routes of `service`."""
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="PST Konsultasi",
        version=version(DISTRIBUTION),
        openapi_version="3.1.0",
        info={
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        plugins=[plugin],
        tags=[{"name": name} for name in TAGS],
    )
    converter = plugin.converter
    assert converter is not None  # made by APISpec
    converter.add_attribute_function(_portable_pattern)
    spec.components.schema("Problem", schema=ProblemSchema)
    spec.components.security_scheme(
        "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT (EdDSA)"}
    )
    operations = Operations(spec, converter)
    for name, declaration in _declared(service):
        operations.add(name, getattr(service, name).__doc__, declaration)
    document: dict[str, Any] = spec.to_dict()
    return document


def _declared(service: type) -> Iterable[tuple[str, Declaration]]:
    """In the order in which the routes are written, those of its parts after its own."""
    written = ((name, each) for part in service.__mro__ for name, each in vars(part).items())
    for name, method in written:
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ()):
            if entrypoint.declaration.documented:
                yield name, entrypoint.declaration


def _portable_pattern(
    _converter: Any, _field: fields.Field[Any], ret: dict[str, Any]
) -> dict[str, Any]:
    r"""Python's `\Z` is unknown to other readers of patterns."""
    return {"pattern": ret["pattern"].replace(r"\Z", "$")} if "pattern" in ret else {}
