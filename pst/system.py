"""The databases of a system, opened for the tool."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import MongoClient
from pymongo.errors import ConfigurationError

from host.travelled_time import TravelledTime
from kernel import canary
from kernel.clock import Clock, no_offset
from kernel.config import Settings, SettingsError
from kernel.database import Db, Document, connect, database
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

    def check_whole(self) -> None:
        """Raise `VaultError` if a restore has not come to its end here."""
        vault = self.vault()
        if found := vault.keys.find_one({"_id": canary.ID, canary.RESTORING: {"$exists": True}}):
            canary.examine(found, vault.masters)

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
    """Open the databases; raise `SettingsError` for what was not given or cannot be meant.

    Raises `VaultError` while a restore is under way, or broke off: half a system tells no truth.
    """
    opened = any_system(*needed)
    opened.check_whole()
    return opened


def any_system(*needed: str) -> System:
    """Open the databases likewise, though half a restore may be there."""
    given = settings("mongo_url", *needed)
    try:
        return System(given, connect(given))
    except (ValueError, ConfigurationError) as error:  # both, by how it is misspelt
        raise SettingsError(f"PST_MONGO_URL is wrong: {error}.") from error
