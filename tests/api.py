"""What the tests of the HTTP API share."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from contracts.errors import Code
from deploy import ports
from gateway.errors import PROBLEMS, ProblemSchema
from tests.support import ROOT, Stack, eventually, ready


def problem(answer: httpx.Response, code: Code) -> dict[str, Any]:
    """Return the problem document, after everything that can be said of any was checked."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    document: dict[str, Any] = answer.json()
    assert not ProblemSchema().validate(document)
    assert document["code"] == code, document
    assert answer.status_code == document["status"] == PROBLEMS[code][0]
    assert document["correlation_id"] == answer.headers["X-Correlation-ID"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Traceback" not in answer.text
    return document


def path(consultation: dict[str, Any], step: str = "") -> str:
    return f"/consultations/{consultation['consultation_id']}{step and '/' + step}"


@contextmanager
def gateway(stack: Stack, **settings: str) -> Iterator[Stack]:
    """Run one more gateway beside that of the stack, with other settings."""
    port, ops_port = ports.free(), ports.free()
    environ = {**stack.env, "PST_PORT": str(port), "PST_OPS_PORT": str(ops_port), **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "host.serve", "gateway"],
        cwd=ROOT,
        env=environ,
        stderr=subprocess.DEVNULL,
    )
    other = Stack(stack.run_dir)
    other.port, other.url, other.settings = port, f"http://127.0.0.1:{port}", stack.settings
    try:
        eventually(lambda: ready(ops_port) and answers(other.url))
        yield other
    finally:
        process.terminate()
        assert process.wait(30) == 0


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/docs").status_code == 200
    except httpx.TransportError:
        return False
