"""The rules that hold for every call, over real HTTP; sockets where a client would not do it."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.errors import Code
from gateway.errors import PROBLEMS, ProblemSchema
from gateway.openapi import describe
from gateway.service import GatewayService
from kernel.clock import new_id
from tests.support import QUESTION, ROOT, Person, Stack, eventually

MIB = 1024 * 1024


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


@pytest.fixture(scope="module")
def officer(stack: Stack) -> Person:
    return stack.officer()


@pytest.fixture(scope="module")
def known(stack: Stack) -> dict[str, Any]:
    """A consultation that these tests only read, or fail to change."""
    return stack.submit()


@pytest.fixture
def fresh(stack: Stack) -> dict[str, Any]:
    """A consultation for one test to change."""
    return stack.submit()


def path(consultation: dict[str, Any], step: str = "") -> str:
    return f"/consultations/{consultation['consultation_id']}{step and '/' + step}"


# the correlation id


def test_correlation_id_is_taken_over_and_found_again_in_the_log(
    stack: Stack, officer: Person
) -> None:
    answer = officer.post("/consultations", QUESTION, X_Correlation_ID="rules-42")
    assert answer.headers["X-Correlation-ID"] == "rules-42"
    commits = stack.mongo[f"{stack.settings.db_prefix}_consultation"]["commits"]
    assert commits.find_one({"correlation_id": "rules-42"})


@pytest.mark.parametrize("place", ["/v1/offices", "/v1/consultations", "/nowhere", "/docs"])
@pytest.mark.parametrize("given", [None, "x" * 129, "\u00e9"])
def test_correlation_id_is_made_where_none_is_usable(
    stack: Stack, place: str, given: str | None
) -> None:
    headers = {} if given is None else {"X-Correlation-ID": given.encode()}
    made = httpx.get(f"{stack.url}{place}", headers=headers).headers["X-Correlation-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


# who asks


def token(stack: Stack, key: bytes | None = None, **changed: object) -> str:
    claims = {
        "sub": "budi",
        "role": "officer",
        "offices": ["1471"],
        "name": "Budi",
        "exp": int(time.time()) + 60,
    }
    private = Ed25519PrivateKey.from_private_bytes(key or stack.settings.token_private_key)
    return jwt.encode({**claims, **changed}, private, algorithm="EdDSA")


def test_valid_token_is_let_in(stack: Stack) -> None:
    assert Person(stack.url, token(stack)).get("/consultations").status_code == 200


def test_missing_token_is_401(stack: Stack) -> None:
    answer = httpx.get(f"{stack.url}/v1/consultations")
    problem(answer, Code.UNAUTHENTICATED)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_expired_token_is_401(stack: Stack) -> None:
    expired = Person(stack.url, token(stack, exp=int(time.time()) - 1))
    assert "expired" in problem(expired.get("/consultations"), Code.UNAUTHENTICATED)["detail"]


def test_forged_tokens_are_401(stack: Stack) -> None:
    unsigned = jwt.encode(
        jwt.decode(token(stack), options={"verify_signature": False}), None, "none"
    )
    forgeries = [token(stack, b"f" * 32), unsigned, token(stack)[:-6], "garbage", "a.b.c"]
    for forged in forgeries:
        problem(Person(stack.url, forged).get("/consultations"), Code.UNAUTHENTICATED)


@pytest.mark.parametrize("role", ["kiosk", "system"])
def test_machines_have_nothing_to_do_with_consultations(
    stack: Stack, known: dict[str, Any], role: str
) -> None:
    machine = Person(stack.url, stack.token(role))
    problem(machine.get("/consultations"), Code.WRONG_ROLE)
    problem(machine.get(path(known)), Code.WRONG_ROLE)
    problem(machine.post("/consultations", QUESTION), Code.WRONG_ROLE)


@pytest.mark.parametrize("step", ["accept", "claim", "close"])
def test_staff_steps_are_not_for_users(stack: Stack, known: dict[str, Any], step: str) -> None:
    person = stack.user(known["subject_id"])
    problem(person.post(path(known, step), {"reason": "resolved"}), Code.WRONG_ROLE)


def test_only_the_person_withdraws(officer: Person, known: dict[str, Any]) -> None:
    problem(officer.post(path(known, "withdraw")), Code.WRONG_ROLE)


def test_other_office_is_403(stack: Stack, known: dict[str, Any]) -> None:
    stranger = stack.officer("wati", ("1400",))
    problem(stranger.post("/consultations", QUESTION), Code.WRONG_OFFICE)
    problem(stranger.get("/consultations", office="1471"), Code.WRONG_OFFICE)
    problem(stranger.get(path(known)), Code.WRONG_OFFICE)
    problem(stranger.post(path(known, "accept")), Code.WRONG_OFFICE)
    assert stranger.get("/consultations").json()["items"] == []


def test_somebody_elses_is_404(stack: Stack, known: dict[str, Any]) -> None:
    stranger = stack.user("somebody-else")
    problem(stranger.get(path(known)), Code.NOT_FOUND)
    problem(stranger.get(path(known, "history")), Code.NOT_FOUND)
    problem(stranger.post(path(known, "messages"), {"text": "Halo"}), Code.NOT_FOUND)
    problem(stranger.post(path(known, "withdraw")), Code.NOT_FOUND)


@pytest.mark.parametrize("unknown", ["0" * 32, "x", "%00", "%ff", "a%20b", "x" * 5000, "..%2f"])
def test_unknown_id_is_404(officer: Person, unknown: str) -> None:
    problem(officer.get(f"/consultations/{unknown}"), Code.NOT_FOUND)
    problem(officer.post(f"/consultations/{unknown}/accept"), Code.NOT_FOUND)
    problem(officer.get(f"/offices/{unknown}"), Code.NOT_FOUND)


def test_offices_and_calendar_are_everybodys(stack: Stack) -> None:
    due = {"office": "1471", "start": "2026-11-20T03:00:00Z", "working_days": 3}
    for place in ("offices", "offices/1471", "calendar/2026"):
        assert httpx.get(f"{stack.url}/v1/{place}").status_code == 200
    answer = httpx.get(f"{stack.url}/v1/calendar/due", params=due)
    assert answer.json()["due_at"] == "2026-11-25T08:30:00.000Z"


# how it is written

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


@pytest.mark.parametrize("year", ["1999", "2100", "x", "20_26"])
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


# sizes, and what a client library would not send


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


# repeats


def test_repeated_submission_is_one_consultation(officer: Person) -> None:
    key = new_id()
    first = officer.post("/consultations", QUESTION, Idempotency_Key=key)
    again = officer.post("/consultations", QUESTION, Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_repeat_answers_with_the_resource_as_it_now_stands(
    officer: Person, fresh: dict[str, Any]
) -> None:
    officer.post(path(fresh, "accept"), Idempotency_Key="rules-accept")
    note = {"text": "catatan", "internal": True}
    first = officer.post(path(fresh, "messages"), note, Idempotency_Key="rules-note")
    again = officer.post(path(fresh, "accept"), Idempotency_Key="rules-accept")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert len(again.json()["messages"]) == 2
    said_again = officer.post(path(fresh, "messages"), note, Idempotency_Key="rules-note")
    assert (said_again.status_code, said_again.json()) == (201, first.json())
    assert len(officer.get(path(fresh)).json()["messages"]) == 2


def test_repeat_is_recognised_before_its_version_is_compared(
    officer: Person, fresh: dict[str, Any]
) -> None:
    wish = {"Idempotency_Key": "rules-both", "If_Match": f'"{fresh["version"]}"'}
    assert officer.post(path(fresh, "accept"), **wish).status_code == 200
    assert officer.post(path(fresh, "accept"), **wish).headers["Idempotency-Replayed"] == "true"


def test_key_with_another_body_is_422(officer: Person, fresh: dict[str, Any]) -> None:
    for text, status in (("satu", 201), ("dua", 422)):
        note = {"text": text, "internal": True}
        answer = officer.post(path(fresh, "messages"), note, Idempotency_Key="rules-reused")
        assert answer.status_code == status
    problem(answer, Code.IDEMPOTENCY_KEY_REUSED)


def test_callers_with_the_same_key_never_meet(stack: Stack, officer: Person) -> None:
    key = new_id()
    mine = officer.post("/consultations", QUESTION, Idempotency_Key=key).json()
    hers = stack.officer("wati").post("/consultations", QUESTION, Idempotency_Key=key)
    assert hers.json()["consultation_id"] != mine["consultation_id"]
    assert "Idempotency-Replayed" not in hers.headers


@pytest.mark.parametrize("key", ["", "x" * 129, "\u00e9"])
def test_unprintable_key_is_422(officer: Person, key: str) -> None:
    answer = officer.http.post(
        "/v1/consultations", json=QUESTION, headers={"Idempotency-Key": key.encode()}
    )
    assert problem(answer, Code.VALIDATION_FAILED)["errors"].keys() == {"Idempotency-Key"}


# versions


def test_answers_carry_the_version(stack: Stack, officer: Person) -> None:
    answer = officer.post("/consultations", QUESTION)
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    assert answer.headers["Location"] == f"/v1{path(answer.json())}"
    read = officer.http.get(answer.headers["Location"])
    assert (read.headers["ETag"], read.json()) == (answer.headers["ETag"], answer.json())


def test_message_is_201_with_the_version_of_its_consultation(
    officer: Person, fresh: dict[str, Any]
) -> None:
    note = officer.post(path(fresh, "messages"), {"text": "catatan", "internal": True})
    read = officer.http.get(note.headers["Location"])
    assert (note.status_code, note.headers["ETag"]) == (201, read.headers["ETag"])
    assert read.json()["messages"][-1] == note.json()


def test_stale_version_is_412_and_nothing_is_written(
    officer: Person, fresh: dict[str, Any]
) -> None:
    seen = f'"{fresh["version"]}"'
    assert officer.post(path(fresh, "accept"), If_Match=seen).status_code == 200
    note = {"text": "catatan", "internal": True}
    problem(officer.post(path(fresh, "messages"), note, If_Match=seen), Code.VERSION_MISMATCH)
    now = officer.get(path(fresh))
    assert len(now.json()["messages"]) == 1
    assert officer.post(path(fresh, "claim"), If_Match=now.headers["ETag"]).status_code == 200
    assert officer.post(path(fresh, "messages"), note, If_Match="*").status_code == 201


@pytest.mark.parametrize("condition", ["3", "x", '""', '"3", "4"'])
def test_malformed_if_match_is_422(officer: Person, known: dict[str, Any], condition: str) -> None:
    answer = officer.post(path(known, "accept"), If_Match=condition)
    assert problem(answer, Code.VALIDATION_FAILED)["errors"].keys() == {"If-Match"}


# roles in what is said


def test_staff_must_name_the_person(officer: Person) -> None:
    body = {name: value for name, value in QUESTION.items() if name != "contact"}
    errors = problem(officer.post("/consultations", body), Code.VALIDATION_FAILED)["errors"]
    assert errors.keys() == {"contact"}


def test_person_speaks_for_themselves_on_the_web(stack: Stack) -> None:
    ani = stack.user("ani-of-the-rules")
    answer = ani.post("/consultations", QUESTION)
    assert problem(answer, Code.VALIDATION_FAILED)["errors"].keys() == {"contact"}
    own = {**QUESTION, "contact": None, "channel": "phone"}
    opened = ani.post("/consultations", own).json()
    assert (opened["subject_id"], opened["channel"]) == ("ani-of-the-rules", "web")


def test_internal_notes_are_for_staff(stack: Stack, officer: Person, fresh: dict[str, Any]) -> None:
    person = stack.user(fresh["subject_id"])
    note = {"text": "catatan", "internal": True}
    problem(person.post(path(fresh, "messages"), note), Code.WRONG_ROLE)
    assert officer.post(path(fresh, "messages"), note).status_code == 201
    assert len(person.get(path(fresh)).json()["messages"]) == 1


# lists


def test_pages_lead_through_the_whole_list(stack: Stack) -> None:
    citra = stack.user(new_id())
    own = {**QUESTION, "contact": None}
    opened = [citra.post("/consultations", own).json()["consultation_id"] for _ in range(3)]
    eventually(lambda: len(citra.get("/consultations").json()["items"]) == 3)
    found, query = [], {"limit": 2}
    while True:
        page = citra.get("/consultations", **query).json()
        found += [item["consultation_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == opened[::-1]


# limits of the gateway itself


@contextmanager
def gateway(stack: Stack, **settings: str) -> Iterator[Stack]:
    """Run one more gateway beside that of the stack, with other settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**stack.env, "PST_PORT": str(port), "PST_OPS_PORT": "0", **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "kernel.serve", "gateway"],
        cwd=ROOT,
        env=environ,
        stderr=subprocess.DEVNULL,
    )
    other = Stack(stack.run_dir)
    other.port, other.url, other.settings = port, f"http://127.0.0.1:{port}", stack.settings
    try:
        eventually(lambda: answers(other.url))
        yield other
    finally:
        process.terminate()
        assert process.wait(30) == 0


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/docs").status_code == 200
    except httpx.TransportError:
        return False


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
    command = [sys.executable, "-m", "kernel.serve", "gateway"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, timeout=60)
    assert done.returncode != 0
    assert b"PST_PORT" in done.stderr


# the documents


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
