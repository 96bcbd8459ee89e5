"""What happened to an attachment: facts on the stream of its consultation."""

from dataclasses import dataclass
from enum import StrEnum

from kernel.personal import Personal


class DropReason(StrEnum):
    """Why an attachment is kept no longer."""

    UNUSED = "unused"


@dataclass(frozen=True, kw_only=True)
class AttachmentUploaded:
    """A file lies in the store, whole, sealed with a key made of the person's own.

    `officer_id`: who of the office sent it, None for the person themselves. `file_id`: where it
    lies; each try of an upload has a place of its own. `digest`: SHA-256 of the file, in hex.
    """

    attachment_id: str
    file_id: str
    subject_id: str
    officer_id: str | None
    name: Personal[str]
    digest: Personal[str]
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class AttachmentDropped:
    """It is given up, and its bytes go with the next sweep."""

    attachment_id: str
    file_id: str
    reason: DropReason


Event = AttachmentUploaded | AttachmentDropped
