"""Bodies: read within bounds, taken as strict JSON."""

import io
from typing import Any

import pytest

from contracts.errors import Code, Rejected
from gateway import body


class Ending(io.BytesIO):
    """Breaks off like a connection."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size) or self._broken()

    def _broken(self) -> bytes:
        raise OSError("connection reset")


def environ(source: io.BytesIO, length: int | None, **more: str) -> dict[str, Any]:
    sized = {} if length is None else {"CONTENT_LENGTH": str(length)}
    return {"wsgi.input": source, **sized, **more}


def code_of(call: Any, *arguments: Any) -> Code:
    with pytest.raises(Rejected) as refusal:
        call(*arguments)
    return refusal.value.code


def test_body_is_read_whole() -> None:
    data = b"x" * body.MAX_BYTES
    assert body.read(environ(io.BytesIO(data), len(data))) == data


def test_chunked_body_is_read_whole() -> None:
    chunked = environ(io.BytesIO(b"abc"), None, HTTP_TRANSFER_ENCODING="Chunked")
    assert body.read(chunked) == b"abc"


def test_nothing_is_read_when_nothing_was_announced() -> None:
    assert body.read(environ(Ending(b"abc"), None)) == b""


@pytest.mark.parametrize("more", [{}, {"HTTP_TRANSFER_ENCODING": "chunked"}])
def test_too_large_a_body_is_dropped_so_that_its_sender_reads_the_answer(
    more: dict[str, str],
) -> None:
    source = io.BytesIO(b"x" * (2 * body.MAX_BYTES))
    assert code_of(body.read, environ(source, 2 * body.MAX_BYTES, **more)) is Code.BODY_TOO_LARGE
    assert source.read() == b""


def test_endless_body_is_dropped_only_so_far() -> None:
    source = io.BytesIO(b"x" * (body.DRAIN_BYTES + 4 * body.MAX_BYTES))
    assert code_of(body.read, environ(source, 2**40)) is Code.BODY_TOO_LARGE
    assert source.read() != b""


def test_who_asks_before_sending_too_much_is_told_at_once() -> None:
    waiting = environ(Ending(b""), 2 * body.MAX_BYTES, HTTP_EXPECT="100-continue")
    assert code_of(body.read, waiting) is Code.BODY_TOO_LARGE


@pytest.mark.parametrize("source", [io.BytesIO(b"abc"), Ending(b"abc")])
def test_body_that_breaks_off_is_malformed(source: io.BytesIO) -> None:
    assert code_of(body.read, environ(source, 100)) is Code.MALFORMED_REQUEST


def test_other_transfer_codings_are_unsupported() -> None:
    coded = environ(io.BytesIO(b""), None, HTTP_TRANSFER_ENCODING="gzip, chunked")
    assert code_of(body.read, coded) is Code.UNSUPPORTED_MEDIA_TYPE


def test_json_object_is_taken() -> None:
    assert body.parse('{"text": "Ā é 🙂", "n": 1.5}'.encode()) == {"text": "Ā é 🙂", "n": 1.5}


def test_no_body_counts_as_an_empty_object() -> None:
    assert body.parse(b"") == {}


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 2}}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\x00"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_not_strict_json_is_malformed(text: bytes) -> None:
    assert code_of(body.parse, text) is Code.MALFORMED_JSON


@pytest.mark.parametrize("text", [b"[]", b"null", b'"text"', b"1", b"true"])
def test_json_that_is_no_object_fails_validation(text: bytes) -> None:
    assert code_of(body.parse, text) is Code.VALIDATION_FAILED


def incoming(source: io.BytesIO, length: int | None, **more: str) -> body.Incoming:
    return body.Incoming(environ(source, length, **more), 200_000)


def test_incoming_body_is_passed_on_in_pieces() -> None:
    data = b"x" * 200_000
    for length, more in ((len(data), {}), (None, {"HTTP_TRANSFER_ENCODING": "chunked"})):
        coming = incoming(io.BytesIO(data), length, **more)
        pieces = list(coming)
        assert (b"".join(pieces), len(pieces), coming.ended) == (data, 4, True)


def test_incoming_body_says_whether_it_came_to_its_end() -> None:
    """What did not leaves the connection out of step."""
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked"}
    cases = (
        (incoming(io.BytesIO(b"x" * 9), 10), Code.MALFORMED_REQUEST),
        (incoming(Ending(b"x" * 9), None, **chunked), Code.MALFORMED_REQUEST),
        (incoming(io.BytesIO(b"x" * 200_001), None, **chunked), Code.BODY_TOO_LARGE),
        (incoming(Ending(b""), 200_001), Code.BODY_TOO_LARGE),
        (incoming(Ending(b""), 1, HTTP_TRANSFER_ENCODING="gzip"), Code.UNSUPPORTED_MEDIA_TYPE),
    )
    for coming, code in cases:
        assert code_of(list, coming) is code
        assert not coming.ended


def test_incoming_body_is_not_read_before_it_is_asked_for() -> None:
    """Until then its sender has not been told to go on."""
    coming = incoming(Ending(b""), 10)
    assert not coming.ended
