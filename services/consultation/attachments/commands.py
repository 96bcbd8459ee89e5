"""What can be asked about attachments: by the gateway when a file is stored, and by the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from host.caller import Caller
from offices.office import Office

UNUSED = "unused_attachment_"
"""Begins the name of the date on which an attachment that no message uses is dropped."""

UNUSED_FOR = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Attach:
    """A file has been stored for a message to come."""

    caller: Caller
    now: datetime
    office: Office
    attachment_id: str
    file_id: str
    name: str
    digest: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class DropUnused:
    """The clock: a day has passed since this was uploaded."""

    now: datetime
    attachment_id: str
