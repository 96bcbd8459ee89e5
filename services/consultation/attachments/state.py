"""What decisions need to know of a consultation's attachments; nothing personal."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.consultation.attachments.events import AttachmentDropped, AttachmentUploaded, Event


@dataclass(frozen=True, kw_only=True)
class Unused:
    """Uploaded, and in no message yet."""

    attachment_id: str
    file_id: str
    officer_id: str | None
    size: int


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """`size`: bytes of all that was uploaded and not dropped."""

    unused: tuple[Unused, ...] = ()
    size: int = 0


def evolve(shelf: Shelf, event: Event) -> Shelf:
    """Return the shelf after a fact of an attachment."""
    match event:
        case AttachmentUploaded():
            new = Unused(
                attachment_id=event.attachment_id,
                file_id=event.file_id,
                officer_id=event.officer_id,
                size=event.size,
            )
            return replace(shelf, unused=(*shelf.unused, new), size=shelf.size + event.size)
        case AttachmentDropped():
            size = sum(u.size for u in shelf.unused if u.attachment_id == event.attachment_id)
            return replace(without(shelf, (event.attachment_id,)), size=shelf.size - size)
    assert_never(event)


def without(shelf: Shelf, used: tuple[str, ...]) -> Shelf:
    """Return the shelf after a message has used some."""
    left = tuple(u for u in shelf.unused if u.attachment_id not in used)
    return shelf if len(left) == len(shelf.unused) else replace(shelf, unused=left)
