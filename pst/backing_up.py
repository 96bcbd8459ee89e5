"""Writing a backup beside the running system: every log up to a fixed head, then the vault.

The heads are fixed before anything is written, those who listen before those they listen to, so
that no effect is kept without its cause. The vault comes last: it holds every key that a commit
of the backup was sealed with. Nothing derived is kept.
"""

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.common import rfc3339
from kernel import canary
from kernel.checkpoint import Checkpoint
from kernel.clock import new_id
from kernel.commit import Head
from pst.backup_files import BackupError, DocumentFile, sync_directory, write_manifest
from pst.progress import ProgressLine
from pst.services import SERVICES
from pst.system import System
from pst.verify import walk

HEARD_AFTER = timedelta(hours=1)
"""An event published so long ago has been taken in by our services, or is parked: a restored
system does not publish it again. A younger one may be lost with the broker's queues, and is
published again; whoever has it knows it by its id."""


def back_up(opened: System, target: Path) -> dict[str, Any]:
    """Write a backup to `target`, which must not exist or be empty; return its manifest.

    Written beside it and renamed when complete, so what is there under that name is whole.
    Raises `Broken` when a log is not as it was written.
    """
    check_free(target)
    draft = target.parent / f".{target.name}.{new_id()[:8]}.incomplete"
    try:
        draft.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise BackupError(f"{target} cannot be made there: {error.strerror}") from error
    try:
        manifest = _written(opened, draft)
        write_manifest(draft, manifest)
        for directory in (*filter(Path.is_dir, draft.iterdir()), draft):
            sync_directory(directory)
        os.rename(draft, target)
        sync_directory(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def check_free(target: Path) -> None:
    """Raise `BackupError` unless nothing is there, or an empty directory."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(f"{target} is there already and not empty: name another directory")


def _written(opened: System, draft: Path) -> dict[str, Any]:
    if not opened.checked_vault().knows(canary.ID):
        raise BackupError("no service has been started here yet: there is nothing to back up")
    now = opened.now()
    told = {name: Checkpoint(opened.db(name)["deadlines"]).read() for name in SERVICES}
    heads = {name: opened.log(name).head() for name in reversed(SERVICES)}
    services = {
        name: _log(opened, draft, name, heads[name], told[name], now - HEARD_AFTER)
        for name in SERVICES
    }
    return {"made_at": rfc3339(now), "services": services, "vault": _vault(opened, draft)}


def _log(
    opened: System, draft: Path, name: str, head: Head, told: int, heard_until: datetime
) -> dict[str, Any]:
    path = f"{opened.db(name).name}/commits.bson.gz"
    file, line = DocumentFile(draft / path), ProgressLine(f"{name} log", "commits")
    published, reached = 0, Head()
    for document, reached in walk(opened.db(name), until=head.position):
        file.write(document)
        old = document["recorded_at"] <= heard_until and reached.position <= told
        if old and published == reached.position - 1:  # what follows a young one is young
            published = reached.position
        line(reached.position, head.position)
    line.end(reached.position)
    if reached != head:
        raise BackupError(f"the {name} log ends at {reached.position}, not at {head.position}")
    return {
        "file": path,
        "position": head.position,
        "hash": head.hash.hex(),
        "published": published,
        "sha256": file.close(),
    }


def _vault(opened: System, draft: Path) -> dict[str, Any]:
    path = f"{opened.db('vault').name}/keys.bson.gz"
    file, line = DocumentFile(draft / path), ProgressLine("vault", "keys")
    for document in opened.checked_vault().keys.find():
        file.write(document)
        line(file.count, file.count)
    line.end(file.count)
    return {"file": path, "keys": file.count, "sha256": file.close()}
