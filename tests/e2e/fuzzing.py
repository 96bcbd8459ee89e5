"""What the tests that fuzz the gateway from its own API document have in common."""

from collections.abc import Callable

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.schemas import BaseSchema

from gateway.openapi import describe
from gateway.service import GatewayService

CONFORMANCE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
RULES_OF_THE_DOMAIN = [positive_data_acceptance]
"""What is well written may still be refused: nobody can guess an office or a consultation."""


def documented(*modes: GenerationMode) -> BaseSchema:
    """Read the document that the gateway serves (`test_api_gateway.py` compares the two).

    Streams never end; `test_board.py` holds theirs against the document. Who asks to be forgotten
    is, and with them what the other calls are about; `test_accounts.py` does that.
    """
    apart = "/stream$|^/v1/me/erasure$"
    schema = schemathesis.openapi.from_dict(describe(GatewayService)).exclude(path_regex=apart)
    schema.config.generation.update(modes=list(modes))
    return schema


def bounded(examples: int) -> Callable[..., object]:
    """Try so many calls of each kind."""
    everything = list(HealthCheck)
    return settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=everything
    )
