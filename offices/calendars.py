"""The offices with their calendars as decrees have made them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from contracts.errors import Unavailable
from kernel.clock import monotonic
from kernel.database import AWAY
from kernel.handling import CommandHandler
from offices.calendar import WorkingCalendar
from offices.decrees import ALL, DECREES, State
from offices.office import Office

FRESH_S = 1.0
"""So long a calendar is used before the log is asked again: a decree that another process wrote
down may be missed by so much, and what was reckoned meanwhile is reckoned again after it."""


@dataclass(frozen=True)
class _Known:
    office: Office
    versions: tuple[int, int]
    until: float


class Calendars(Mapping[str, Office]):
    """Office id → the office, its calendar being that of its file, of all decrees and its own.

    Of two words on one date the office's own holds, then that for all. While the database is away
    what was known holds; raises `Unavailable` or a driver's error where nothing was.
    """

    def __init__(self, commands: CommandHandler, offices: Mapping[str, Office]) -> None:
        self._commands = commands
        self._offices = offices
        self._known: dict[str, _Known] = {}

    def __getitem__(self, office: str) -> Office:
        known = self._known.get(office)
        if known is None or known.until < monotonic():
            known = self._known[office] = self._look(self._offices[office], known)
        return known.office

    def __iter__(self) -> Iterator[str]:
        return iter(self._offices)

    def __len__(self) -> int:
        return len(self._offices)

    def forget(self) -> None:
        """Ask the log at the next look."""
        self._known = {office: replace(known, until=0.0) for office, known in self._known.items()}

    def _look(self, office: Office, known: _Known | None) -> _Known:
        try:
            return self._read(office, known)
        except (Unavailable, *AWAY):
            if known is None:
                raise
            return replace(known, until=monotonic() + FRESH_S)

    def _read(self, office: Office, known: _Known | None) -> _Known:
        common = self._commands.state(DECREES, ALL)
        own = self._commands.state(DECREES, office.id)
        versions, until = (common.version, own.version), monotonic() + FRESH_S
        if known is not None and known.versions == versions:
            return replace(known, until=until)
        # What the office was told of the decrees for all is how another service knows of them.
        for_all = common.state if common.version else own.state
        return _Known(decreed(office, State(for_all.common, own.state.own)), versions, until)


def decreed(office: Office, known: State) -> Office:
    """Return an office whose calendar knows the decrees for all, and its own."""
    calendar = office.calendar
    words = (*calendar.overrides, *known.overrides())
    return replace(office, calendar=WorkingCalendar(calendar.time_zone, calendar.hours, words))
