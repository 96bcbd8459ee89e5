"""Who asks, as a service sees it; the shape is `contracts/caller.py`."""

from dataclasses import dataclass
from typing import Any

from contracts.caller import STAFF
from kernel.aggregate import Meta


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The authenticated origin of a request, and the ids under which it is handled."""

    role: str
    id: str
    offices: tuple[str, ...] = ()
    correlation_id: str = ""
    command_id: str | None = None
    request_hash: str | None = None
    expected_version: int | None = None

    @classmethod
    def of(cls, loaded: dict[str, Any]) -> "Caller":
        """Make one from what `CallerSchema` loaded."""
        return cls(**{**loaded, "offices": tuple(loaded["offices"])})

    @property
    def is_staff(self) -> bool:
        """Officers, supervisors, admins."""
        return self.role in STAFF

    @property
    def kind(self) -> str:
        """How the log names this kind of actor."""
        kinds = {"service_user": "user", "system": "system", "kiosk": "system"}
        return kinds.get(self.role, "officer")

    def meta(self, office: str, fresh_id: str) -> Meta:
        """Return what a commit records of this request; `fresh_id` names one without an id."""
        return Meta(
            actor_kind=self.kind,
            actor_id=self.id,
            office=office,
            command_id=self.command_id or fresh_id,
            correlation_id=self.correlation_id,
            causation_id=self.command_id or fresh_id,
            request_hash=self.request_hash,
            expected_version=self.expected_version,
        )
