"""What a reader of a consultation sees of its attachments; folded from the facts, in clear."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from host.caller import Caller
from kernel.facts import Fact
from services.consultation.attachments.decider import uploader
from services.consultation.attachments.events import AttachmentDropped, AttachmentUploaded

Document = dict[str, Any]


@dataclass(kw_only=True)
class Attachment:
    """One attachment as the facts have it. `posted`: in a message; `internal`: in a note."""

    uploaded: AttachmentUploaded
    at: datetime
    posted: bool = False
    internal: bool = False
    dropped: bool = False

    def may_see(self, caller: Caller) -> bool:
        """Tell whether the caller, who may see the consultation, may have this of it.

        Before it is posted it is its uploader's alone; then it is seen by who sees the message.
        """
        if self.posted:
            return caller.is_staff or not self.internal
        return uploader(caller) == self.uploaded.officer_id

    def document(self) -> Document:
        """Return it as `AttachmentSchema` dumps it."""
        event = self.uploaded
        return {
            "attachment_id": event.attachment_id,
            "name": event.name,
            "media_type": event.media_type,
            "size": event.size,
            "uploaded_at": self.at,
        }


def attachments(facts: Iterable[Fact]) -> dict[str, Attachment]:
    """Return the attachments of a consultation by their ids, in the order of their upload.

    Of facts that begin in the middle, those uploaded before are not among them.
    """
    found: dict[str, Attachment] = {}
    for fact in facts:
        event = fact.event
        if isinstance(event, AttachmentUploaded):
            found[event.attachment_id] = Attachment(uploaded=event, at=fact.occurred_at)
        elif isinstance(event, AttachmentDropped):
            if event.attachment_id in found:
                found[event.attachment_id].dropped = True
        else:
            _use(found, event)
    return found


def visible(facts: list[Fact], caller: Caller) -> list[Fact]:
    """Leave out what tells of attachments that the caller may not, or that began before."""
    known = attachments(facts)
    return [f for f in facts if _visible(f.event, known, caller)]


def named(messages: Iterable[Document], known: Mapping[str, Attachment]) -> None:
    """Have messages, which hold the ids of their attachments, say what each is."""
    for message in messages:
        message["attachments"] = [known[each].document() for each in message["attachments"]]


def _visible(event: object, known: Mapping[str, Attachment], caller: Caller) -> bool:
    if isinstance(event, AttachmentUploaded | AttachmentDropped):
        found = known.get(event.attachment_id)
        return found is not None and found.may_see(caller)
    return True


def _use(found: Mapping[str, Attachment], event: Any) -> None:
    """Take in that a message has used some; other facts use none."""
    for used in getattr(event, "attachments", ()):
        if used in found:
            found[used].posted, found[used].internal = True, event.internal
