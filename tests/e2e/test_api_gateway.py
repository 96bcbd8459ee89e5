"""The gateway as a process, and the documents it serves."""

import json
import re
import subprocess
import sys

import httpx

from contracts.errors import Code
from gateway.openapi import describe
from gateway.service import GatewayService
from tests.api import gateway, problem
from tests.support import ROOT, Stack


def test_too_many_calls_are_429_for_each_caller(stack: Stack) -> None:
    with gateway(stack, PST_RATE_LIMIT="3/hour") as strict:
        budi, wati = strict.officer("budi"), strict.officer("wati")
        assert [budi.get("/offices").status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = budi.get("/offices")
        problem(answer, Code.RATE_LIMITED)
        assert 1 <= int(answer.headers["Retry-After"]) <= 3601
        assert wati.get("/offices").status_code == 200


def test_silent_service_is_503_with_retry_after(stack: Stack) -> None:
    with gateway(stack, PST_RPC_TIMEOUT="0.0001") as hasty:
        answer = hasty.officer().get("/consultations")
        problem(answer, Code.UNAVAILABLE)
        assert int(answer.headers["Retry-After"]) >= 1
        assert hasty.officer().get("/offices").status_code == 200


def test_taken_port_ends_the_start(stack: Stack) -> None:
    environ = {**stack.env, "PST_PORT": str(stack.port), "PST_OPS_PORT": "0"}
    command = [sys.executable, "-m", "host.serve", "gateway"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, timeout=60)
    assert done.returncode != 0
    assert b"PST_PORT" in done.stderr


def test_the_served_document_is_that_of_the_routes(stack: Stack) -> None:
    answer = httpx.get(f"{stack.url}/v1/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(describe(GatewayService)))


def test_docs_page_needs_nothing_from_elsewhere(stack: Stack) -> None:
    page = httpx.get(f"{stack.url}/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    needed = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert len(needed) >= 5
    for place in needed:
        assert place.startswith("/")
        assert httpx.get(f"{stack.url}{place}").status_code == 200


def test_home_leads_to_the_docs(stack: Stack) -> None:
    assert httpx.get(f"{stack.url}/", follow_redirects=True).url.path == "/docs"
    problem(httpx.get(f"{stack.url}/docs/assets/nothing.js"), Code.NOT_FOUND)
