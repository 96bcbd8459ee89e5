"""Facts → what the store should hold: one document for each file, by its `file_id`."""

from typing import Any

from kernel.facts import Fact
from kernel.views import View
from services.consultation.attachments.events import AttachmentDropped, AttachmentUploaded

Document = dict[str, Any]


def _file_of(fact: Fact) -> str | None:
    event = fact.event
    uploaded_or_dropped = isinstance(event, AttachmentUploaded | AttachmentDropped)
    return event.file_id if uploaded_or_dropped else None


def _kept(document: Document | None, fact: Fact) -> Document:
    event = fact.event
    if isinstance(event, AttachmentUploaded):
        return {"subject_id": event.subject_id, "size": event.size, "dropped": False}
    return {**(document or {}), "dropped": True}


FILES = View(name="files", key=_file_of, project=_kept)
"""No personal field in it: the sweep asks the vault who has been forgotten."""
