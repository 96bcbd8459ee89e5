"""The offices as their files describe them, and whether they are open."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import nameko
import structlog

from contracts.errors import Code, PstError, Rejected
from contracts.offices_api import OfficeSummarySchema
from gateway.call import ANYONE, caller_of
from host.rpc import ServiceRpc
from host.travelled_time import TravelledTime
from kernel.clock import Clock, monotonic, new_id, no_offset
from kernel.config import Settings
from kernel.database import connect, database
from offices.calendar import Override, WorkingCalendar
from offices.office import Office, load_offices
from offices.public_holidays import DayKind

log = structlog.get_logger()

_SUMMARY = tuple(OfficeSummarySchema().fields)

FRESH_S = 10.0
"""So long the decrees of an office are taken for known; whoever looks later has them asked for."""


class Offices(ServiceRpc):
    """Gives the gateway the list of offices and each one's document.

    Their decrees are asked of the consultation service beside the calls: nobody waits for them, and
    while it is away what was known holds.
    """

    def __init__(self) -> None:
        super().__init__("consultation")

    def setup(self) -> None:
        """Read the office files; raises `OfficeFileError` for one that cannot be used."""
        super().setup()
        settings: Settings = nameko.config["settings"]
        self._directory = Directory(load_offices(settings.offices), _clock(settings), self._ask)

    def start(self) -> None:
        """Be able to ask; who looks first has it done."""
        self._service = self.caller()

    def get_dependency(self, _worker_ctx: Any) -> Any:  # the directory, not the service
        """Return the offices."""
        return self._directory

    def _ask(self, office: str) -> None:
        self.container.spawn_managed_thread(lambda: self._take(office))

    def _take(self, office: str) -> None:
        try:
            asked = {"office": office, "caller": caller_of(ANYONE, new_id())}
            self._directory.learn(office, self._service.overrides(asked)["items"])
        except PstError as error:
            log.warning("decrees_not_known", office=office, error=str(error))


class Directory:
    """Answers about offices, in the shapes of `contracts/offices_api.py`.

    `ask(office)` has `learn` called with what the office counts otherwise, some time.
    """

    def __init__(self, offices: dict[str, Office], clock: Clock, ask: Any) -> None:
        self._offices = offices
        self._clock = clock
        self._ask = ask
        self._asked: dict[str, float] = {}

    def now(self) -> datetime:
        """Return the present moment, of this system's time."""
        return self._clock.now()

    def show(self, office: str) -> dict[str, Any]:
        """Return one office; raise `Rejected` (not_found) for an unknown one."""
        if office not in self._offices:
            raise Rejected(Code.NOT_FOUND, "No such office.")
        return self._described(office)

    def page(self, limit: int, cursor: str | None) -> dict[str, Any]:
        """Return the offices that come after `cursor` in the order of their ids."""
        ids = [office for office in sorted(self._offices) if office > (cursor or "")]
        described = (self._described(office) for office in ids[:limit])
        return {
            "items": [{name: office[name] for name in _SUMMARY} for office in described],
            "next_cursor": ids[limit - 1] if len(ids) > limit else None,
        }

    def learn(self, office: str, days: list[dict[str, Any]]) -> None:
        """Take in what an office counts otherwise than the national tables."""
        known = self._offices[office]
        overrides = tuple(
            Override(
                date.fromisoformat(day["date"]), DayKind(day["kind"]), day["name"], day["decree_no"]
            )
            for day in days
        )
        if overrides != known.calendar.overrides:
            calendar = WorkingCalendar(known.time_zone, known.hours, overrides)
            self._offices[office] = replace(known, calendar=calendar)

    def _described(self, office: str) -> dict[str, Any]:
        self._refresh(office)
        known = self._offices[office]
        return known.document | {"open_now": known.is_open(self._clock.now())}

    def _refresh(self, office: str) -> None:
        if self._asked.get(office, float("-inf")) + FRESH_S < monotonic():
            self._asked[office] = monotonic()
            self._ask(office)


def _clock(settings: Settings) -> Clock:
    if not settings.time_travel:
        return Clock(no_offset)
    settings.require("mongo_url")
    return Clock(TravelledTime(database(connect(settings), settings, "clock")))
