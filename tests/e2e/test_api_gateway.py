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


def from_address(url: str, said: str) -> int:
    """Call without a token, as a proxy hands it on; return the status."""
    return httpx.get(f"{url}/v1/openapi.json", headers={"X-Forwarded-For": said}).status_code


def test_behind_a_proxy_each_of_its_clients_is_counted(stack: Stack) -> None:
    """By what the proxy says; what a client says of itself, before that, changes nothing."""
    with gateway(stack, PST_RATE_LIMIT="3/hour", PST_PROXIES="1") as strict:
        said = ["203.0.113.7", "198.51.100.1, 203.0.113.7", "x, 203.0.113.7", "203.0.113.7"]
        assert [from_address(strict.url, each) for each in said] == [200, 200, 200, 429]
        assert from_address(strict.url, "203.0.113.8") == 200


def test_without_a_proxy_nobody_says_where_they_come_from(stack: Stack) -> None:
    """Else anyone would have as many addresses as they like."""
    with gateway(stack, PST_RATE_LIMIT="3/hour") as strict:
        said = [f"203.0.113.{n}" for n in range(4)]
        assert [from_address(strict.url, each) for each in said][-1] == 429


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
