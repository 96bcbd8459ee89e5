"""Gives a service its offices."""

from functools import cached_property
from typing import Any

from nameko import config
from nameko.extensions import DependencyProvider

from host.entrypoints import EventSourced
from kernel.config import Settings
from offices.calendars import Calendars
from offices.office import Office, load_offices


def check_offices(settings: Settings) -> None:
    """Raise `OfficeFileError` for a file that cannot be used, before anything starts."""
    load_offices(settings.offices)


class DecreedOffices(DependencyProvider):  # type: ignore[misc]
    """The offices, by id, with their calendars as decrees in the service's log have made them."""

    shared = EventSourced.shared

    def setup(self) -> None:
        """Read the files."""
        self._offices = load_offices(config["settings"].offices)

    @cached_property
    def _calendars(self) -> Calendars:
        return Calendars(self.shared.runtime.commands, self._offices)

    def get_dependency(self, _worker_ctx: Any) -> Calendars:
        return self._calendars


class Offices(DependencyProvider):  # type: ignore[misc]
    """The offices, by id, as their files described them at start."""

    def setup(self) -> None:
        """Read the files."""
        self._offices = load_offices(config["settings"].offices)

    def get_dependency(self, _worker_ctx: Any) -> dict[str, Office]:
        return self._offices
