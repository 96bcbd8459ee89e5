"""Uploads that do not come to their end: on the wire, in the gateway, in the service."""

import json
import socket
import time

import httpx
import pytest

from contracts.errors import Code
from kernel.clock import new_id
from tests import sent_files as sent
from tests.api import path, problem
from tests.sent_files import added, download, stored, upload
from tests.support import eventually, frozen

MIB = 1024 * 1024


@pytest.fixture
def user(stack, fresh):
    return stack.user(fresh["subject_id"])


def begun(stack, consultation, body, **headers):
    """Begin an upload on a socket: the head, and some of the body."""
    said = {
        "Host": "x",
        "Authorization": f"Bearer {stack.token('service_user', consultation['subject_id'], ())}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    place = f"/v1{path(consultation, 'attachments')}?name=a.pdf"
    connection = socket.create_connection(("127.0.0.1", stack.port), timeout=20)
    connection.sendall(f"POST {place} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    return connection


def drafts(stack):
    return [name for name in stored(stack) if name.endswith(".draft")]


def test_cut_upload_leaves_nothing(stack, fresh):
    """Whether its length was said or it came in chunks."""
    before, part = stored(stack), sent.pdf(MIB)
    chunk = f"{len(part):x}\r\n".encode() + part + b"\r\n"
    for body, headers in (
        (part, {"Content_Length": 5 * MIB}),
        (chunk, {"Transfer_Encoding": "chunked"}),
        (chunk[: MIB // 2], {"Transfer_Encoding": "chunked"}),
    ):
        connection = begun(stack, fresh, body, **headers)
        eventually(lambda: drafts(stack))
        connection.close()
        eventually(lambda: not added(stack, before))
    assert stack.user(fresh["subject_id"]).get(path(fresh)).json()["version"] == 1


def test_upload_is_not_begun_before_it_is_allowed(stack, fresh):
    """Who waits for "100 Continue" hears a refusal instead, and sends nothing."""
    cases = (
        ({"Content_Length": 11 * MIB}, b"HTTP/1.1 413"),
        ({"Content_Length": MIB, "Authorization": "Bearer x"}, b"HTTP/1.1 401"),
        ({"Content_Length": MIB}, b"HTTP/1.1 100"),
    )
    for headers, answer in cases:
        connection = begun(stack, fresh, b"", Expect="100-continue", **headers)
        assert connection.recv(1000).startswith(answer)
        connection.close()
    eventually(lambda: not drafts(stack))


def test_continued_upload_is_answered(stack, fresh):
    """The whole of it in one go."""
    content = sent.pdf(200_000)
    connection = begun(
        stack, fresh, b"", Expect="100-continue", Content_Length=len(content), Connection="close"
    )
    assert connection.recv(1000).startswith(b"HTTP/1.1 100")
    connection.sendall(content)
    said = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"HTTP/1.1 201" in said
    assert json.loads(said.rpartition(b"\r\n\r\n")[2])["size"] == 200_000


def test_upload_that_stalls_is_let_go(stack, fresh):
    """After half a minute without a byte; what had come is not kept."""
    before = stored(stack)
    connection = begun(stack, fresh, sent.pdf(MIB), Content_Length=2 * MIB)
    connection.settimeout(60)
    began = time.monotonic()
    assert connection.recv(1000).startswith(b"HTTP/1.1 400")
    assert 25 < time.monotonic() - began < 45
    assert not added(stack, before)


def test_dead_gateways_upload_is_swept(stack, fresh, user):
    """Nobody is left to clean up after it: the sweep finds what no fact tells of."""
    before = stored(stack)
    connection = begun(stack, fresh, sent.pdf(MIB), Content_Length=5 * MIB)
    eventually(lambda: drafts(stack))
    stack.control.kill("gateway")
    stack.wait_ready("gateway")
    connection.close()
    assert len(added(stack, before)) == 1
    assert "0 unknown" in stack.pst("files", "count"), "it could be under way"
    eventually(lambda: stack.caught_up("consultation"))
    assert "1 unknown" in stack.pst("files", "sweep", "--unknown-after", "0s")
    assert not added(stack, before)
    assert upload(user, fresh, sent.pdf()).status_code == 201


def test_service_that_stands_still_makes_one_attachment(stack, fresh, user):
    """The file is stored, nobody attaches it: 503; the same once more is one attachment."""
    before, key = stored(stack), new_id()
    pid = stack.control.pid("consultation")

    def slowly(stopped):
        yield sent.pdf(MIB)
        stopped.append(frozen(pid))
        stopped[0].__enter__()
        yield bytes(MIB)

    stopped = []
    answer = upload(user, fresh, slowly(stopped), Idempotency_Key=key)
    stopped[0].__exit__(None, None, None)
    problem(answer, Code.UNAVAILABLE)
    content = sent.pdf(MIB) + bytes(MIB)
    again = eventually(lambda: accepted(upload(user, fresh, content, Idempotency_Key=key)))
    facts = user.get(path(fresh, "history")).json()["items"]
    assert [f["type"] for f in facts].count("attachment_uploaded") == 1
    eventually(lambda: stack.caught_up("consultation"))
    stack.pst("files", "sweep", "--unknown-after", "0s")
    assert len(added(stack, before)) == 1
    assert download(user, fresh, again.json()["attachment_id"]).content == content


def accepted(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == 201 else None
