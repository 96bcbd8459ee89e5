"""The databases of a system, opened for the tool."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import MongoClient

from kernel.clock import Clock, no_offset
from kernel.config import Settings
from kernel.database import Db, Document, TravelledTime, connect, database
from kernel.event_log import EventLog
from kernel.handling import CommandHandler
from kernel.vault import Vault
from pst.services import SERVICES
from pst.settings import settings


@dataclass(frozen=True)
class System:
    """What lies in the database server under the prefix of the settings."""

    settings: Settings
    client: MongoClient[Document]

    def db(self, name: str) -> Db:
        """Return the database of a service, or of the vault."""
        return database(self.client, self.settings, name)

    def log(self, name: str) -> EventLog:
        """Return the log of a service."""
        return EventLog(self.db(name))

    def vault(self) -> Vault:
        """Return the vault."""
        given = self.settings
        return Vault(self.db("vault"), given.master_key, given.master_key_before)

    def checked_vault(self) -> Vault:
        """Return the vault; raise `VaultError` if this is not its master key.

        In a system without keys any key will do: which is to be its own, its services decide.
        """
        vault = self.vault()
        vault.check(lambda: any(self.has_commits(name) for name in SERVICES), first=False)
        return vault

    def has_commits(self, name: str) -> bool:
        """Tell whether there is anything in the log of a service."""
        return self.db(name)["commits"].find_one({}, {"_id": 1}) is not None

    def commands(self, name: str, vault: Vault) -> CommandHandler:
        """Return what handles commands on the log of a service."""
        log = self.log(name)
        log.prepare()
        return CommandHandler(log, SERVICES[name].types, vault)

    def now(self) -> datetime:
        """Return the system's own time."""
        travelled = TravelledTime(self.db("clock"))
        return Clock(travelled if self.settings.time_travel else no_offset).now()


def system(*needed: str) -> System:
    """Open the databases; raise `SettingsError` for what was not given."""
    given = settings("mongo_url", *needed)
    return System(given, connect(given))
