"""The offices as their files describe them, and whether they are open."""

from typing import Any

import nameko
from nameko.extensions import DependencyProvider

from contracts.errors import Code, Rejected
from contracts.offices_api import OfficeSummarySchema
from kernel.clock import Clock, no_offset
from kernel.config import Settings
from kernel.database import TravelledTime, connect, database
from offices.office import Office, load_offices

_SUMMARY = tuple(OfficeSummarySchema().fields)


class Offices(DependencyProvider):
    """Gives the gateway the list of offices and each one's document."""

    def setup(self) -> None:
        """Read the office files; raises `OfficeFileError` for one that cannot be used."""
        settings: Settings = nameko.config["settings"]
        self._directory = Directory(load_offices(settings.offices), _clock(settings))

    def get_dependency(self, _worker_ctx: Any) -> "Directory":
        """Return the offices."""
        return self._directory


class Directory:
    """Answers about offices, in the shapes of `contracts/offices_api.py`."""

    def __init__(self, offices: dict[str, Office], clock: Clock) -> None:
        self._offices = offices
        self._clock = clock

    def show(self, office: str) -> dict[str, Any]:
        """Return one office; raise `Rejected` (not_found) for an unknown one."""
        if office not in self._offices:
            raise Rejected(Code.NOT_FOUND, "No such office.")
        return self._described(self._offices[office])

    def page(self, limit: int, cursor: str | None) -> dict[str, Any]:
        """Return the offices that come after `cursor` in the order of their ids."""
        ids = [office for office in sorted(self._offices) if office > (cursor or "")]
        described = (self._described(self._offices[office]) for office in ids[:limit])
        return {
            "items": [{name: office[name] for name in _SUMMARY} for office in described],
            "next_cursor": ids[limit - 1] if len(ids) > limit else None,
        }

    def _described(self, office: Office) -> dict[str, Any]:
        return office.document | {"open_now": office.is_open(self._clock.now())}


def _clock(settings: Settings) -> Clock:
    if not settings.time_travel:
        return Clock(no_offset)
    settings.require("mongo_url")
    return Clock(TravelledTime(database(connect(settings), settings, "clock")))
