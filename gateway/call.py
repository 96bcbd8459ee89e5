"""One checked call, as a route's method gets it, and what it answers."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.caller import ANONYMOUS
from contracts.errors import Code, Rejected
from gateway.auth import Identity
from kernel.clock import new_id

ANYONE = Identity(sub=ANONYMOUS, role="service_user", offices=(), name="")
"""Stands for the caller of what everybody may see."""


@dataclass(frozen=True)
class Call:
    """What was asked, by whom: everything is validated, nothing is missing."""

    identity: Identity
    caller: dict[str, Any]
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    last_event_id: str = ""
    address: str = ""
    file: Iterable[bytes] = ()

    @property
    def request(self) -> dict[str, Any]:
        """The call as the services take it."""
        return {**self.body, **self.query, **self.path, "caller": self.caller}

    def check_office(self) -> None:
        """Staff act for their own offices: raise `Rejected` (wrong_office) for another."""
        office = self.body.get("office") or self.query.get("office")
        if office and self.identity.is_staff and office not in self.identity.offices:
            raise Rejected(Code.WRONG_OFFICE, f"Your token does not cover office {office}.")


@dataclass(frozen=True)
class Answer:
    """What goes back: a JSON value, a status and headers."""

    payload: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Afterwards:
    """What a method leaves to be done when its worker has gone, and what then answers the call.

    It takes as long as the client: workers are few, and connections many.
    """

    do: Callable[[], Any]


def caller_of(identity: Identity, correlation_id: str) -> dict[str, Any]:
    """Describe who reads, in the shape of `CallerSchema`."""
    return {
        "role": identity.role,
        "id": identity.sub,
        "offices": list(identity.offices),
        "correlation_id": correlation_id,
    }


def wish_of(
    identity: Identity, method_and_path: str, key: str | None, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the ids of what is wished: the same call with the same key is the same wish."""
    return {
        "command_id": hash_of([identity.role, identity.sub, method_and_path, key])
        if key
        else new_id(),
        "request_hash": hash_of(body),
    }


def hash_of(value: Any) -> str:
    """Return what tells one request from another under the same key."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
