"""What HTTP adds to accounts: tokens, how often codes are asked for, an export of all services."""

from datetime import timedelta
from typing import Any

import nameko
import structlog
from nameko.extensions import DependencyProvider

from contracts.errors import PstError
from gateway.call import Answer, Call
from gateway.rate_limit import RateLimit
from host import tokens

log = structlog.get_logger()

Result = dict[str, Any]

LOGGED_IN = timedelta(hours=12)


class CodeRate(DependencyProvider):
    """Counts how often codes are asked for, or tried, from one address."""

    def setup(self) -> None:
        """Read the setting; raises `SettingsError` for a rate that is none."""
        self._rate = RateLimit(nameko.config["settings"].code_rate, "PST_CODE_RATE")

    def get_dependency(self, _worker_ctx: Any) -> "CodeRate":
        """Return it."""
        return self

    def count(self, call: Call) -> None:
        """Count one; raise `Refusal` (rate_limited) if it is one too many."""
        self._rate.count(call.address)


class UserTokens(DependencyProvider):
    """Signs the tokens of who is logged in."""

    def setup(self) -> None:
        """Take the key."""
        self._key: bytes = nameko.config["settings"].token_private_key

    def get_dependency(self, _worker_ctx: Any) -> "UserTokens":
        """Return them."""
        return self

    def given(self, result: Result) -> Answer:
        """Answer with a token; it says whose it is by the id alone."""
        user = result["user"]
        token = tokens.sign(self._key, role="service_user", sub=user["user_id"], valid=LOGGED_IN)
        seconds = int(LOGGED_IN.total_seconds())
        payload = {"access_token": token, "expires_in": seconds, "user": user}
        return Answer(payload, headers=_replayed(result))


def accepted(result: Result | None = None) -> Answer:
    """Answer that it was taken, and nothing else."""
    return Answer({}, 202, headers=_replayed(result) if result else {})


def me(result: Result) -> Answer:
    """Answer with the account and its version."""
    return Answer(result["me"], headers=_etag(result["me"]) | _replayed(result))


def holds(result: Result) -> Answer:
    """Answer with what stands against forgetting somebody."""
    return Answer(result["holds"], headers=_etag(result["holds"]) | _replayed(result))


def export(call: Call, consultation: Any, queue: Any, notifier: Any) -> Result:
    """Return what every service holds; the notifier knows matters only, so the others name them.

    Raises `Unavailable` when one does not answer: part of it would pass for everything.
    """
    request = call.request
    held = {
        "consultation": consultation.export_person(request),
        "queue": queue.export_person(request),
    }
    streams = [stream for found in held.values() for stream in found if not _is_shared(stream)]
    about = [call.identity.sub, *(stream.split("-", 1)[1] for stream in streams)]
    held["notifier"] = notifier.export_person({**request, "about": about})
    return {"subject_id": call.identity.sub, "services": held}


def known(consultation: Any, call: Call) -> Result:
    """Return a guest-book call with whose the address is; nobody is sent away for not knowing.

    Then the visit has a person of its own.
    """
    office = call.path["ticket_id"].partition(".")[0]
    words = {name: call.body.get(name) for name in ("email", "name", "phone")}
    if not words["email"]:
        return call.request
    asked = {"caller": call.caller, "office": office, **words}
    try:
        return call.request | consultation.note_address(asked)
    except PstError as problem:
        log.warning("address_not_noted", code=str(problem.code))
        return call.request


def _is_shared(stream: str) -> bool:
    """A service day is many people's."""
    return stream.startswith("day-")


def _etag(resource: Result) -> dict[str, str]:
    return {"ETag": f'"{resource["version"]}"'}


def _replayed(result: Result) -> dict[str, str]:
    return {"Idempotency-Replayed": "true"} if result["replayed"] else {}
