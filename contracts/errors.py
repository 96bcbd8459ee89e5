"""One vocabulary of failure for every process.

    PstError
    ├── Rejected      the caller's doing: expected, never retried, never a 5xx
    └── Unavailable   ours: a broker, database or service is away; worth trying again
        └── StreamUnavailable   one stream, while others can be served; also worth it

Only `gateway/errors.py` knows which HTTP status a code becomes.
"""

from enum import StrEnum


class Code(StrEnum):
    """The closed list of refusals; clients may rely on each value."""

    # how the request was written
    MALFORMED_REQUEST = "malformed_request"
    MALFORMED_JSON = "malformed_json"
    VALIDATION_FAILED = "validation_failed"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    FILE_TYPE_REFUSED = "file_type_refused"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    RATE_LIMITED = "rate_limited"
    # who asks
    UNAUTHENTICATED = "unauthenticated"
    WRONG_ROLE = "wrong_role"
    WRONG_OFFICE = "wrong_office"
    # what is asked for
    NOT_FOUND = "not_found"
    VERSION_MISMATCH = "version_mismatch"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    SUBJECT_ERASED = "subject_erased"
    # rules of accounts
    CODE_INVALID = "code_invalid"
    EMAIL_TAKEN = "email_taken"
    LEGAL_HOLD = "legal_hold"
    # rules of the consultation
    WRONG_STATE = "wrong_state"
    ALREADY_ASSIGNED = "already_assigned"
    NOT_ANSWERED = "not_answered"
    CLOSED_FOR_GOOD = "closed_for_good"
    TOO_MANY = "too_many"
    ATTACHMENT_UNUSABLE = "attachment_unusable"
    ATTACHMENTS_FULL = "attachments_full"
    # rules of the walk-in queue
    OFFICE_CLOSED = "office_closed"
    DAY_FULL = "day_full"
    SERVICE_SUSPENDED = "service_suspended"
    COUNTER_BUSY = "counter_busy"
    WRONG_COUNTER = "wrong_counter"
    NOT_YOUR_TICKET = "not_your_ticket"
    RECALL_TOO_SOON = "recall_too_soon"
    NO_CALLS_LEFT = "no_calls_left"
    CALLS_LEFT = "calls_left"
    TOO_LATE = "too_late"
    GUEST_BOOK_MISSING = "guest_book_missing"
    # ours
    UNAVAILABLE = "unavailable"


class PstError(Exception):
    """Root of the failures that have a code."""

    code: Code


class Rejected(PstError):
    """A refusal the caller can understand and act on.

    `detail` is one sentence for people; `errors` maps a field to its messages.
    """

    def __init__(
        self, code: Code | str, detail: str = "", errors: dict[str, list[str]] | None = None
    ) -> None:
        # only what is given: these arguments cross RPC and come back as they are
        super().__init__(str(code), detail, *([errors] if errors else []))
        self.code = Code(code)
        self.detail = detail
        self.errors = errors

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else str(self.code)


class Unavailable(PstError):
    """Something we depend on is away; `retry_after` is in seconds."""

    code = Code.UNAVAILABLE

    def __init__(self, detail: str = "", retry_after: int = 2) -> None:
        super().__init__(detail, retry_after)
        self.detail = detail
        self.retry_after = int(retry_after)

    def __str__(self) -> str:
        return self.detail or str(self.code)


class StreamUnavailable(Unavailable):
    """One stream cannot be served here now: it is busy, or newer than this process."""
