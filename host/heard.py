"""What a service makes of an event of another: commits that name it as their cause."""

from typing import Any

from kernel.aggregate import Meta


def origin(envelope: dict[str, Any], actor: str, command_id: str) -> Meta:
    """Return the origin of an effect; under an id derived from the event it is one, heard twice."""
    return Meta(
        actor_kind="system",
        actor_id=actor,
        office=envelope["data"]["office"],
        command_id=command_id,
        correlation_id=envelope["correlationid"],
        causation_id=envelope["id"],
    )
