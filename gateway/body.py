"""The body of a request: read within bounds, taken as strict JSON."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from contracts.errors import Code, Rejected

MAX_BYTES = 1024 * 1024
DRAIN_BYTES = 8 * MAX_BYTES
"""How much of a refused body is read and thrown away, so that its sender gets the answer."""

_CHUNK = 64 * 1024


def read(environ: dict[str, Any]) -> bytes:
    """Return the whole body of a WSGI request.

    Raises `Rejected`: body_too_large, after what follows was read and dropped as far as
    sensible; malformed_request when the sender stops half-way or the chunks are broken;
    unsupported_media_type for a coding we do not undo. The connection is out of step after a
    refusal and must be closed.
    """
    length = _declared(environ)
    if length == 0:
        return b""
    if length is not None and length > MAX_BYTES and "HTTP_EXPECT" in environ:
        raise too_large(MAX_BYTES)  # who waits for our word sends nothing that must be dropped
    try:
        return _read(environ["wsgi.input"], length)
    except (OSError, ValueError) as error:
        raise _broken_off() from error


class Incoming:
    """A body that is taken piece by piece while it comes, of at most so many bytes.

    To go through it raises `Rejected` as `read` does, and drops nothing: unless it has `ended`, the
    connection is out of step and must be closed.
    """

    ended = False

    def __init__(self, environ: dict[str, Any], most: int) -> None:
        self._environ = environ
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        length, source, came = _declared(self._environ), self._environ["wsgi.input"], 0
        if length is not None and length > self._most:
            raise too_large(self._most)
        try:
            while piece := source.read(_CHUNK):
                came += len(piece)
                if came > self._most:
                    raise too_large(self._most)
                yield piece
        except (OSError, ValueError) as error:
            raise _broken_off() from error
        if length is not None and came < length:
            raise _broken_off()
        self.ended = True


def _declared(environ: dict[str, Any]) -> int | None:
    """Return the length that the sender states, None where it comes in chunks."""
    coding = environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    if coding not in ("", "chunked"):
        raise Rejected(Code.UNSUPPORTED_MEDIA_TYPE, "The only transfer coding is chunked.")
    return None if coding else int(environ.get("CONTENT_LENGTH") or 0)


def _read(source: BinaryIO, length: int | None) -> bytes:
    body = bytearray()
    while len(body) <= MAX_BYTES and (piece := source.read(_CHUNK)):
        body += piece
    if len(body) > MAX_BYTES:
        _drop(source)
        raise too_large(MAX_BYTES)
    if length is not None and len(body) < length:
        raise _broken_off()
    return bytes(body)


def _drop(source: BinaryIO) -> None:
    left = DRAIN_BYTES
    while left > 0 and (piece := source.read(_CHUNK)):
        left -= len(piece)


def too_large(most: int) -> Rejected:
    """Return the refusal that names the limit."""
    return Rejected(Code.BODY_TOO_LARGE, f"At most {most} bytes.")


def _broken_off() -> Rejected:
    return Rejected(Code.MALFORMED_REQUEST, "The body could not be read to its end.")


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`; nothing at all counts as `{}`.

    Raises `Rejected`: malformed_json for what is not UTF-8 or not JSON (NaN, Infinity, numbers
    out of range, a name given twice, endless nesting), validation_failed for JSON that is not
    an object.
    """
    if not body:
        return {}
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_twins,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except RecursionError as error:
        raise Rejected(Code.MALFORMED_JSON, "The nesting is too deep.") from error
    except ValueError as error:  # also UnicodeDecodeError and JSONDecodeError
        raise Rejected(Code.MALFORMED_JSON, f"Not JSON in UTF-8: {_reason(error)}.") from error
    if not isinstance(value, dict):
        raise Rejected(
            Code.VALIDATION_FAILED, "The body must be a JSON object.", {"body": ["Not an object."]}
        )
    return value


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return str(error)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers could take different ones of two values under one name."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name is given twice in one object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is out of range")
    return number
