"""Who makes online meetings: what is asked of a provider, and an office that has none.

ProviderError     it has not done it: away, busy or unwilling
└── MeetingGone   it does not know that meeting (any more)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a provider is told of a meeting, nothing of the person; a zone like Asia/Jakarta."""

    meeting_id: str
    topic: str
    start: datetime
    end: datetime
    time_zone: str


@dataclass(frozen=True)
class Made:
    """A meeting as the provider has it; who has `join_url` can come."""

    provider_meeting_id: str
    join_url: str


class ProviderError(Exception):
    """Says by a code why not; `permanent`: to ask again helps only after somebody mended it."""

    def __init__(self, code: str, *, permanent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent


class MeetingGone(ProviderError):
    """Somebody has deleted it there."""


class MeetingProvider(Protocol):
    """Makes online meetings; each call raises `ProviderError`.

    Whether a call that failed had an effect is not known: `find` tells.
    """

    makes_links: bool

    def find(self, meeting_id: str) -> list[Made]:
        """Return what it has of one of our meetings that is not over; rarely more than one."""

    def create(self, plan: Plan) -> Made:
        """Make it."""

    def update(self, provider_meeting_id: str, plan: Plan) -> None:
        """Move it; the link stays. Raises `MeetingGone`."""

    def delete(self, provider_meeting_id: str) -> None:
        """Drop it; one that is gone already is no error."""


class NoProvider:
    """An office that makes its links by hand."""

    makes_links = False

    def find(self, meeting_id: str) -> list[Made]:
        """Return none."""
        return []

    def create(self, plan: Plan) -> Made:
        """Refuse: one was there when the meeting was scheduled, and is configured no more."""
        raise ProviderError("no_provider", permanent=True)

    def update(self, provider_meeting_id: str, plan: Plan) -> None:
        """Nobody is there to be told."""

    def delete(self, provider_meeting_id: str) -> None:
        """Nobody is there to be told."""
