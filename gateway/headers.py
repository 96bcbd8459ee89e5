"""The request headers that have a meaning for every call."""

import re

from werkzeug.datastructures import Headers

from contracts.errors import Code, Rejected
from kernel.clock import new_id

CORRELATION_ID = "X-Correlation-ID"
IDEMPOTENCY_KEY = "Idempotency-Key"
IF_MATCH = "If-Match"
LAST_EVENT_ID = "Last-Event-ID"

KEY_PATTERN = r"^[!-~]([ -~]{0,126}[!-~])?$"
IF_MATCH_PATTERN = r'^(\*|"[0-9]{1,15}")$'

_KEY = re.compile(KEY_PATTERN[:-1] + r"\Z")
_IF_MATCH = re.compile(r'\*|"([0-9]{1,15})"')


def correlation_id(given: str) -> str:
    """Return the id under which the call is logged: the caller's, if it is usable, or a new one."""
    return given if _KEY.match(given) else new_id()


def idempotency_key(headers: Headers) -> str | None:
    """Return the caller's name for this wish; raise `Rejected` when it cannot be one."""
    key = headers.get(IDEMPOTENCY_KEY)
    if key is not None and not _KEY.match(key):
        raise _wrong(IDEMPOTENCY_KEY, "Must be 1 to 128 printable characters.")
    return key


def expected_version(headers: Headers) -> int | None:
    """Return the version that `If-Match` insists on, None for any (`*`, or no such header)."""
    condition = headers.get(IF_MATCH)
    if condition is None:
        return None
    match = _IF_MATCH.fullmatch(condition)
    if match is None:
        raise _wrong(IF_MATCH, 'Must be one version as in ETag, like "3", or *.')
    return int(match[1]) if match[1] else None


def _wrong(header: str, message: str) -> Rejected:
    return Rejected(Code.VALIDATION_FAILED, f"{header}: {message}", {header: [message]})
