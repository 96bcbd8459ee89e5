"""The HTTP API, called with nothing but the standard library."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE_S = 20.0


class NoAnswer(Exception):
    """Nobody answered; the text says where and why."""


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took."""

    status: int
    headers: http.client.HTTPMessage
    body: dict[str, Any]
    ms: float

    @property
    def code(self) -> str:
        """The code of a problem, "" of anything else."""
        return str(self.body.get("code", ""))


class Api:
    """The API at one address; every call takes a connection of its own."""

    def __init__(self, address: str) -> None:
        self.address = address

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one call; raise `NoAnswer` when none comes."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE_S)
        content = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        began = time.monotonic()
        try:
            connection.request(method, path, content, {**kind, **(headers or {})})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise NoAnswer(f"{self.address}: {reason}") from error
        finally:
            connection.close()
        ms = (time.monotonic() - began) * 1000
        return Answer(response.status, response.headers, _object(text), ms)


def _object(text: bytes) -> dict[str, Any]:
    """Read JSON; what is none, or no object, cannot be ours."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
