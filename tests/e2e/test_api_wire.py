"""Sizes, and what a client library would not send."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from contracts.errors import Code
from tests.api import path, problem
from tests.support import Person, Stack, eventually

MIB = 1024 * 1024


@pytest.mark.parametrize("size", [MIB + 1, 2 * MIB])
def test_body_over_a_mebibyte_is_413(officer: Person, known: dict[str, Any], size: int) -> None:
    place, kind = f"/v1{path(known, 'messages')}", {"Content-Type": "application/json"}
    problem(officer.http.post(place, content=b"x" * size, headers=kind), Code.BODY_TOO_LARGE)
    pieces = (b"x" * 65536 for _ in range(size // 65536 + 1))
    problem(officer.http.post(place, content=pieces, headers=kind), Code.BODY_TOO_LARGE)
    assert officer.get(path(known)).status_code == 200


def test_body_of_a_mebibyte_is_read(officer: Person, known: dict[str, Any]) -> None:
    answer = officer.http.post(
        f"/v1{path(known, 'messages')}",
        content=b'{"text": "a"}'.ljust(MIB),
        headers={"Content-Type": "text/plain"},
    )
    problem(answer, Code.UNSUPPORTED_MEDIA_TYPE)


def spoken(stack: Stack, *pieces: bytes) -> httpx.Response:
    """Say something on a socket, and return the one answer before the server hangs up."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
        said = b""
        while more := connection.recv(65536):
            said += more
    head, _, body = said.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)  # type: ignore[arg-type]


def head(method: str = "POST", **headers: object) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    start = f"{method} /v1/consultations HTTP/1.1"
    return "\r\n".join([start, "Host: x", "Connection: close", *lines, "", ""]).encode("latin-1")


CHUNKED = head(Transfer_Encoding="chunked", Content_Type="application/json")

UNREADABLE = [
    [b"hello\r\n\r\n"],
    [b"GET / HTTP/9.9\r\n\r\n"],
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
    [head(Content_Length="many")],
    [head(Content_Length="-1")],
    [head(Content_Length="3", Transfer_Encoding="chunked"), b"abc"],
    [b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n"],
    [b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 150 + b"\r\n"],
    [CHUNKED, b"zz\r\nabc\r\n"],
]


@pytest.mark.parametrize("pieces", UNREADABLE, ids=range(len(UNREADABLE)))
def test_unreadable_requests_are_400(stack: Stack, pieces: list[bytes]) -> None:
    problem(spoken(stack, *pieces), Code.MALFORMED_REQUEST)


def test_unknown_transfer_coding_is_415_and_ends_the_connection(stack: Stack) -> None:
    smuggled = head("GET")  # must not be taken for a request
    answer = spoken(stack, head(Transfer_Encoding="gzip, chunked"), smuggled)
    problem(answer, Code.UNSUPPORTED_MEDIA_TYPE)


def test_who_is_refused_while_still_sending_sees_the_answer(stack: Stack) -> None:
    """Closed at once, the connection would be reset, and the answer with it."""
    refused = head(Transfer_Encoding="gzip, chunked")
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as connection:
        connection.sendall(refused)
        for _ in range(20):
            time.sleep(0.02)
            connection.sendall(bytes(65536))
        said = connection.recv(65536)
    assert said.startswith(b"HTTP/1.1 415 ")


def test_body_that_breaks_off_does_no_harm(stack: Stack) -> None:
    with socket.create_connection(("127.0.0.1", stack.port)) as connection:
        connection.sendall(head(Content_Length=100) + b"abc")
    assert httpx.get(f"{stack.url}/v1/offices").status_code == 200


def test_who_asks_before_sending_too_much_is_told_at_once(stack: Stack) -> None:
    asking = head(Expect="100-continue", Content_Length=3 * MIB)
    problem(spoken(stack, asking), Code.BODY_TOO_LARGE)


def test_chunks_are_put_together(stack: Stack, fresh: dict[str, Any], officer: Person) -> None:
    place = f"/v1{path(fresh, 'messages')}"
    note = (piece for piece in (b'{"text": "dua', b' potong", "internal": true}'))
    answer = officer.http.post(place, content=note, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["text"]) == (201, "dua potong")


def listens(stack: Stack) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", stack.port)):
        return True
    return False


def test_request_that_has_come_in_part_is_answered_by_a_gateway_told_to_end(
    stack: Stack, fresh: dict[str, Any], officer: Person
) -> None:
    """By what was done, not by "no answer in time"."""
    gateway = stack.control.pid("gateway")
    assert gateway

    def note() -> Iterator[bytes]:
        yield b'{"text": "sebelum'
        os.kill(gateway, signal.SIGTERM)
        eventually(lambda: not listens(stack))
        time.sleep(0.5)  # so long that what ends beside the routes has ended
        yield b' dan sesudah", "internal": true}'

    place, kind = f"/v1{path(fresh, 'messages')}", {"Content-Type": "application/json"}
    try:
        answer = officer.http.post(place, content=note(), headers=kind)
    finally:
        eventually(lambda: stack.control.pid("gateway") not in (None, gateway))
        stack.wait_ready("gateway")
    assert (answer.status_code, answer.json().get("text")) == (201, "sebelum dan sesudah")


def test_refusal_by_a_service_is_one_line_of_the_log(stack: Stack, officer: Person) -> None:
    """Expected, and told to the caller: no stack trace."""
    log = stack.run_dir / "log/gateway.log"
    before = log.stat().st_size
    problem(officer.get("/consultations/nobody-s"), Code.NOT_FOUND)
    lines = eventually(lambda: log.read_bytes()[before:].decode().splitlines())
    assert {json.loads(line)["event"] for line in lines} == {"request"}
