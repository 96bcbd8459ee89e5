"""Reading a backup into a system without data, all of it or nothing.

The backup is verified whole before the first commit is loaded. While it is loaded a mark lies in
the place of the vault's canary, so no service starts on half a log; a load that is broken off is
cleared away, by itself or by the next `pst restore`, which also gives back its canary to a system
with data that a killed one had just marked. With the canary in its place it is complete.
"""

from collections.abc import Iterator
from pathlib import Path

from kernel import canary
from kernel.commit import Head
from kernel.database import Document
from kernel.erasure import forget
from kernel.ledger import Entry
from kernel.restored import Restored
from kernel.sealing import VaultError
from kernel.vault import tombstone
from pst.alone import Check, alone
from pst.backup_files import BackupError, batches, check_digest, documents, read_manifest
from pst.progress import ProgressLine
from pst.restore_mark import RestoreMark, confirmed
from pst.services import SERVICES
from pst.system import System
from pst.verify import Broken, verified

BATCH = 500


class Restore:
    """One restore of one backup."""

    def __init__(self, opened: System, source: Path) -> None:
        self._opened = opened
        self._source = source
        self._manifest = read_manifest(source)
        self._keys = opened.db("vault")["keys"]
        self._mark = RestoreMark(self._keys)
        self._check_alone: Check = lambda: None

    def run(self, forgotten: list[Entry]) -> dict[str, Head]:
        """Load everything and forget who was; return the head of each log as restored.

        Raises `BackupError` or `VaultError` when the backup is damaged, the master key does not
        open it, or there is data here already; `Unavailable` when somebody is at work here. The
        system is then as it was.
        """
        self._check_services()
        with alone(self._opened) as self._check_alone:
            self._mark.take_back_unconfirmed()
            self._check_empty(self._mark.found())
            self._check_backup()
            return self._restored(forgotten)

    def _restored(self, forgotten: list[Entry]) -> dict[str, Head]:
        self._begin()
        try:
            self._clear()
            found = self._load(forgotten)
            self._check_alone()
            self._mark.give_way(to=found)
        except BaseException:
            if self._mark.spoil():  # if not, what is here is whole, or another's
                self._clear()
                self._mark.give_way(to=None)
            raise
        return {name: self._opened.log(name).head() for name in SERVICES}

    def tombstones(self) -> set[str]:
        """Return who is forgotten in the backup itself."""
        keys = documents(self._source / self._manifest["vault"]["file"])
        return {document["_id"] for document in keys if "forgotten_at" in document}

    def _check_services(self) -> None:
        unknown = set(self._manifest["services"]) - set(SERVICES)
        if unknown:
            raise BackupError(f"the backup holds services unknown here: {', '.join(unknown)}")

    def missing(self) -> list[str]:
        """Return the services that begin with nothing: the backup has no log of theirs."""
        return [name for name in SERVICES if name not in self._manifest["services"]]

    def _begin(self) -> None:
        before = self._mark.found()
        self._check_alone()
        self._mark.put(before)
        try:  # again: since then somebody may have started a service and stopped it
            self._check_empty(before)
        except BaseException:
            self._mark.give_way(to=before)
            raise
        self._mark.confirm()

    def _check_empty(self, before: Document | None) -> None:
        if confirmed(before):
            return  # what is here, an earlier restore has left half done
        people = self._keys.find_one({"_id": {"$ne": canary.ID}}) is not None
        if people or any(self._opened.has_commits(name) for name in SERVICES):
            raise BackupError("there is data here already: restore into a system without any")

    def _check_backup(self) -> None:
        """Go through the whole backup: nothing is loaded of one that is damaged."""
        self._check_canary()
        for name in self._manifest["services"]:  # one that is newer has no log in it
            line = ProgressLine(f"{name} log, verified", "commits")
            of = self._manifest["services"][name]["position"]
            head = Head()
            for _, head in self._commits(name):
                line(head.position, of)
            line.end(head.position)

    def _check_canary(self) -> None:
        vault = self._manifest["vault"]
        check_digest(self._source / vault["file"], vault["sha256"])
        found = [d for d in documents(self._source / vault["file"]) if d["_id"] == canary.ID]
        if len(found) != 1:
            raise BackupError(f"{self._source / vault['file']} has no canary")
        try:
            canary.examine(found[0], self._opened.vault().masters)
        except VaultError as error:
            raise BackupError(f"the master key does not open this backup: {error}") from error

    def _commits(self, name: str) -> Iterator[tuple[Document, Head]]:
        """Yield the commits of a log; raise `BackupError` unless they are those of the manifest."""
        words = self._manifest["services"][name]
        path, head = self._source / words["file"], Head()
        check_digest(path, words["sha256"])
        try:
            for document, head in verified(documents(path), Head()):
                yield document, head
        except Broken as fault:
            raise BackupError(f"{path}: {fault}") from fault
        if head != Head(words["position"], bytes.fromhex(words["hash"])):
            raise BackupError(f"{path} does not end where the manifest says")

    def _load(self, forgotten: list[Entry]) -> Document:
        """Load everything but the canary, which is returned."""
        for name in self._manifest["services"]:
            self._load_log(name)
        found = self._load_keys({entry.subject_id: entry for entry in reversed(forgotten)})
        vault = self._opened.vault()
        logs = [self._opened.commands(name, vault) for name in SERVICES]
        for entry in forgotten:
            forget(entry, None, vault, logs)
        return found

    def _load_keys(self, forgotten: dict[str, Entry]) -> Document:
        """Load the keys; of who is forgotten not one comes onto this disk. Return the canary."""
        found: list[Document] = []
        for batch in batches(documents(self._source / self._manifest["vault"]["file"]), BATCH):
            self._check_alone()
            found += [d for d in batch if d["_id"] == canary.ID]
            if keys := [_allowed(d, forgotten) for d in batch if d["_id"] != canary.ID]:
                self._keys.insert_many(keys)
        return found[0]

    def _load_log(self, name: str) -> None:
        words = self._manifest["services"][name]
        line = ProgressLine(f"{name} log, loaded", "commits")
        Restored(self._opened.db(name)).mark(words["published"])
        self._opened.log(name).prepare()
        commits = self._opened.db(name)["commits"]
        for batch in batches(self._commits(name), BATCH):
            self._check_alone()
            commits.insert_many([document for document, _ in batch])
            line(batch[-1][1].position, words["position"])
        line.end(words["position"])

    def _clear(self) -> None:
        """Leave nothing in the services' databases, and no key: all of it is ours, or derived."""
        for name in SERVICES:
            db = self._opened.db(name)
            for collection in set(db.list_collection_names()) - {"leases"}:  # held by us
                db.drop_collection(collection)
        self._keys.delete_many({"_id": {"$ne": canary.ID}})


def _allowed(key: Document, forgotten: dict[str, Entry]) -> Document:
    """Return a key as it may be loaded: a tombstone for who is in the ledger."""
    entry = forgotten.get(key["_id"])
    if entry is None or "forgotten_at" in key:
        return key
    return tombstone(entry.subject_id, entry.forgotten_at)
