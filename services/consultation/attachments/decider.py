"""The rules of attachments.

Uploaded first, each for a day at most; then used by one message of who uploaded it, on the same
consultation. Refusals: `attachments_full`, `attachment_unusable`, `subject_erased` (by the vault).
"""

from contracts.errors import Code, Rejected
from host.caller import Caller
from services.consultation.attachments.commands import Attach, DropUnused
from services.consultation.attachments.events import (
    AttachmentDropped,
    AttachmentUploaded,
    DropReason,
    Event,
)
from services.consultation.attachments.state import Shelf

MOST_UNUSED = 20
"""So many wait for a message at a time, in one consultation."""

MEGABYTE = 1024 * 1024


def attached(command: Attach, shelf: Shelf, subject_id: str) -> list[Event]:
    """Return the fact that a stored file is an attachment; `attachments_full` if there is no room.

    Two at once that fit singly do not both, if they do not fit together.
    """
    check_room(shelf, command.size, command.office.policy.attachments_mb)
    uploaded = AttachmentUploaded(
        attachment_id=command.attachment_id,
        file_id=command.file_id,
        subject_id=subject_id,
        officer_id=uploader(command.caller),
        name=command.name,
        digest=command.digest,
        media_type=command.media_type,
        size=command.size,
    )
    return [uploaded]


def check_room(shelf: Shelf, size: int, most_mb: int) -> None:
    """Raise `Rejected` (attachments_full) if a file of so many bytes is one too many."""
    if shelf.size + size > most_mb * MEGABYTE:
        raise Rejected(
            Code.ATTACHMENTS_FULL, f"The files of one consultation have at most {most_mb} MB."
        )
    if len(shelf.unused) >= MOST_UNUSED:
        raise Rejected(
            Code.ATTACHMENTS_FULL, f"{MOST_UNUSED} files wait for their message: send it first."
        )


def check_usable(wanted: tuple[str, ...], shelf: Shelf, caller: Caller) -> None:
    """Raise `Rejected` (attachment_unusable) unless the caller may put all of them in a message."""
    own = {u.attachment_id for u in shelf.unused if u.officer_id == uploader(caller)}
    if missing := [each for each in wanted if each not in own]:
        raise Rejected(
            Code.ATTACHMENT_UNUSABLE,
            "Upload it to this consultation yourself, and use it once, within a day.",
            {"attachments": missing},
        )


def dropped(command: DropUnused, shelf: Shelf) -> list[Event]:
    """Return the fact that nobody used it; nothing once a message did."""
    return [
        AttachmentDropped(
            attachment_id=unused.attachment_id, file_id=unused.file_id, reason=DropReason.UNUSED
        )
        for unused in shelf.unused
        if unused.attachment_id == command.attachment_id
    ]


def uploader(caller: Caller) -> str | None:
    """Return who of the office this is, None for the person themselves."""
    return caller.id if caller.is_staff else None
