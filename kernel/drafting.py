"""The form in which a decision is stored, and by which a repeated request is known again."""

from datetime import datetime
from typing import Any

from kernel.aggregate import Meta
from kernel.clock import derive_id
from kernel.codec import EventTypes
from kernel.commit import Commit, Draft
from kernel.facts import Fact, facts_of
from kernel.vault import Vault


class Drafting:
    """Writes the drafts of one service."""

    def __init__(self, types: EventTypes, vault: Vault) -> None:
        self._types = types
        self._vault = vault

    def draft(
        self, stream: str, version: int, events: list[Any], at: datetime, meta: Meta
    ) -> Draft:
        """Return a decision as the commit that follows on `version` of its stream."""
        stored = tuple(
            self._types.encode(e, derive_id(stream, meta.command_id, str(i)), at, self._vault)
            for i, e in enumerate(events)
        )
        return Draft(
            stream=stream,
            version=version + 1,
            events=stored,
            recorded_at=at,
            office=meta.office,
            actor={"kind": meta.actor_kind, "id": meta.actor_id},
            command_id=meta.command_id,
            fingerprint=self._fingerprint(events, meta),
            correlation_id=meta.correlation_id,
            causation_id=meta.causation_id,
        )

    def facts(self, draft: Draft) -> list[Fact]:
        """Return what a commit, or a draft, says; what is personal stays sealed."""
        return list(facts_of(draft, self._types))

    def _fingerprint(self, events: list[Any], meta: Meta) -> dict[str, str] | None:
        subject = next((s for e in events if (s := getattr(e, "subject_id", None))), None)
        if meta.request_hash is None:
            return None
        if subject is None:  # nothing personal in it
            return {"subject_id": "", "mac": meta.request_hash}
        mac = self._vault.fingerprint(subject, meta.request_hash)
        return {"subject_id": subject, "mac": mac} if mac else None

    def same_request(self, commit: Commit, meta: Meta) -> bool:
        """Tell whether a commit came of the same words; so it is taken once they are forgotten."""
        kept = commit.fingerprint
        if kept is None or meta.request_hash is None:
            return True
        if not kept["subject_id"]:
            return kept["mac"] == meta.request_hash
        mac = self._vault.fingerprint(kept["subject_id"], meta.request_hash)
        return mac is None or mac == kept["mac"]  # None: the person has been forgotten
