"""What a fact leads to, as data: reactions return these, the relay carries them out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Publish:
    """Tell the world; `event` and `version` name a shape of `contracts/events.py`.

    `subject`: whom it is about, where a stream tells of more than one; else the stream's own.
    """

    event: str
    data: dict[str, Any] = field(default_factory=dict)  # beside `office`, which the relay adds
    version: int = 1
    subject: str = ""


@dataclass(frozen=True)
class Schedule:
    """Have `name` come due at `at` for this stream; an earlier date of the same name is moved."""

    name: str
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cancel:
    """Drop a date; only saves work: the decider must cope with a pointless one."""

    name: str


@dataclass(frozen=True)
class Ignore:
    """Nothing follows, on purpose."""

    reason: str


Effect = Publish | Schedule | Cancel | Ignore
