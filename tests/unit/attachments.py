"""Facts and commands of attachments, as the tests of their rules tell their stories."""

from datetime import datetime
from typing import Any

from host.caller import Caller
from kernel.facts import Fact
from services.consultation.attachments.commands import Attach, DropUnused
from services.consultation.attachments.events import (
    AttachmentDropped,
    AttachmentUploaded,
    DropReason,
)
from services.consultation.events import MessagePosted, Party
from tests.support import NOON, fact
from tests.unit.consultation import OFFICE, SITI

MB = 1024 * 1024


def uploaded_event(id: str = "a1", officer: str | None = None, size: int = 2) -> AttachmentUploaded:
    return AttachmentUploaded(
        attachment_id=id,
        file_id=f"f-{id}",
        subject_id="siti",
        officer_id=officer,
        name="tabel.pdf",
        digest="00",
        media_type="application/pdf",
        size=size,
    )


def uploaded(id: str = "a1", officer: str | None = None, size: int = 2) -> Fact:
    return fact(uploaded_event(id, officer, size), name="attachment_uploaded")


def dropped_event(id: str = "a1") -> AttachmentDropped:
    return AttachmentDropped(attachment_id=id, file_id=f"f-{id}", reason=DropReason.UNUSED)


def dropped(id: str = "a1") -> Fact:
    return fact(dropped_event(id), name="attachment_dropped")


def sent_with(*ids: str, officer: str | None = None, internal: bool = False) -> Fact:
    message = MessagePosted(
        message_id="m-1",
        by=Party.OFFICER if officer else Party.USER,
        officer_id=officer,
        subject_id="siti",
        text="…",
        internal=internal,
        channel="web",
        sent_at=None,
        automatic=False,
        clarification=False,
        attachments=ids,
    )
    return fact(message, name="message_posted")


def attach(caller: Caller = SITI, at: datetime = NOON, size: int = 2, **more: Any) -> Attach:
    words = {"attachment_id": "a1", "file_id": "f-a1", "office": OFFICE, **more}
    return Attach(
        caller=caller,
        now=at,
        name="tabel.pdf",
        digest="00",
        media_type="application/pdf",
        size=size,
        **words,
    )


def drop(id: str = "a1") -> DropUnused:
    return DropUnused(now=NOON, attachment_id=id)
