"""Which dates attachments set; nothing is published: who reads the message learns of them."""

from datetime import datetime

from kernel.effects import Cancel, Effect, Schedule
from services.consultation.attachments.commands import UNUSED, UNUSED_FOR


def uploaded(attachment_id: str, at: datetime) -> list[Effect]:
    """Return the date on which an attachment is dropped if no message has used it."""
    data = {"attachment_id": attachment_id}
    return [Schedule(f"{UNUSED}{attachment_id}", at + UNUSED_FOR, data)]


def used(attachment_ids: tuple[str, ...]) -> list[Effect]:
    """Return what follows from a message that uses them."""
    return [Cancel(f"{UNUSED}{each}") for each in attachment_ids]
