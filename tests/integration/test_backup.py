"""Backup and restore on the real server: all that is in a backup, and nothing else."""

import gzip
import signal
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import bson
import pytest
from pymongo.collection import Collection

from kernel.checkpoint import Checkpoint
from kernel.clock import Clock
from kernel.effects import Publish
from kernel.lease import Lease
from kernel.ledger import Entry
from kernel.restored import Restored
from pst.backing_up import back_up
from pst.backup_files import BackupError, read_manifest, write_manifest
from pst.restoring import Restore
from pst.services import SERVICES
from pst.verify import verify
from services.consultation.schemas import TYPES
from tests.backups import COMMITS, contents, is_empty, nothing, written
from tests.contract.log_contract import draft
from tests.support import NOON, ROOT, eventually, fact


def test_restored_system_holds_what_was_backed_up(systems, source, backup):
    """Every commit, every key, the same heads; nothing derived."""
    source.db("consultation")["view_x"].insert_one({"a": 1})
    target = systems()
    heads = Restore(target, backup).run([])
    assert contents(target) == contents(source)
    assert heads == {name: verify(target.db(name), nothing) for name in SERVICES}
    assert heads["consultation"].position == COMMITS
    assert "view_x" not in target.db("consultation").list_collection_names()
    target.checked_vault()
    opened = TYPES.decode(target.log("consultation").read_on(0, 1)[0].events[0], target.vault())
    assert opened.text == "rahasia"


def test_backup_is_written_as_mongodump_does(source, backup):
    """Folders, names and bytes: other tools read it; nobody else's may."""
    path = backup / source.db("consultation").name / "commits.bson.gz"
    stored = gzip.decompress(path.read_bytes())
    assert b"".join(bson.encode(d) for d in contents(source)["consultation"]) == stored
    assert backup.stat().st_mode & 0o077 == 0
    assert [p.name for p in backup.parent.iterdir()] == ["backup"], "no draft is left"


def test_master_key_is_not_in_a_backup(source, backup):
    """Nor the text of a person, nor a key in clear."""
    key = source.vault()._key("siti")
    for path in backup.rglob("*.gz"):
        stored = gzip.decompress(path.read_bytes())
        for secret in (source.settings.master_key, key, b"rahasia"):
            assert secret not in stored


def test_backup_beside_writers_is_one_of_a_moment(systems, source, tmp_path):
    """Up to the heads of its start; every key that its commits need is in it."""
    stop = []

    def write(system, vault, name):
        log, i = system.log("consultation"), 0
        while not stop:
            i += 1
            said = written(vault, i, subject_id=f"{name}-{i}")
            log.append(replace(said, stream=f"consultation-{name}"))
        return i

    with ThreadPoolExecutor() as pool:
        vault = source.vault()
        writers = [pool.submit(write, source, vault, name) for name in ("a", "b")]
        try:
            eventually(lambda: source.log("consultation").head().position > COMMITS + 50)
            back_up(source, tmp_path / "b")
            manifest = read_manifest(tmp_path / "b")
            reached = manifest["services"]["consultation"]["position"]
            eventually(lambda: source.log("consultation").head().position > reached)
        finally:
            stop.append(True)
        assert all(w.result() for w in writers)
    target = systems()
    Restore(target, tmp_path / "b").run([])
    assert verify(target.db("consultation"), nothing).position == reached
    for commit in target.log("consultation").read_on(COMMITS, reached):
        assert TYPES.decode(commit.events[0], target.vault()).text == "rahasia"


def test_flipped_byte_is_refused(systems, backup):
    """In any file, at its beginning, in the middle, at its end: before anything is loaded."""
    target, files = systems(), [path for path in backup.rglob("*") if path.is_file()]
    assert len(files) == 5  # three logs, the keys, the manifest
    for path in files:
        whole = path.read_bytes()
        for where in (0.02, 0.5, 0.97):
            stored = bytearray(whole)
            stored[int(len(stored) * where)] ^= 1
            path.write_bytes(stored)
            with pytest.raises(BackupError, match="damaged"):
                Restore(target, backup).run([])
        path.write_bytes(whole)
    assert is_empty(target)
    Restore(target, backup).run([])


def test_missing_file_is_refused(systems, backup, source):
    """A part of a backup is no backup."""
    (backup / f"{source.settings.db_prefix}_notifier/commits.bson.gz").unlink()
    target = systems()
    with pytest.raises(BackupError, match=r"notifier/commits\.bson\.gz"):
        Restore(target, backup).run([])
    with pytest.raises(BackupError, match="no backup of ours"):
        Restore(target, backup.parent)
    assert is_empty(target)


def test_backup_from_before_a_service_is_restored(systems, source, backup):
    """A service that came later begins with an empty log; one unknown here is refused."""
    manifest = read_manifest(backup)
    log = manifest["services"].pop("notifier")
    for services, refused in (({"archive": log}, True), ({}, False)):
        (backup / "manifest.json").unlink()
        services = {**manifest["services"], **services}
        write_manifest(backup, {**manifest, "services": services})
        target = systems()
        if refused:
            with pytest.raises(BackupError, match="unknown here: archive"):
                Restore(target, backup).run([])
            assert is_empty(target)
        else:
            todo = Restore(target, backup)
            assert todo.missing() == ["notifier"]
            todo.run([])
            assert contents(target) == {**contents(source), "notifier": []}


def test_another_master_key_is_refused(systems, backup):
    """Loaded, nobody could read a word."""
    target = systems(master_key=bytes(32))
    with pytest.raises(BackupError, match="master key does not open this backup"):
        Restore(target, backup).run([])
    assert is_empty(target)


def test_forgotten_after_the_backup_stays_forgotten(systems, source, backup):
    """The ledger is applied: the key is gone, every log says so, once."""
    entry = Entry("siti", NOON, ("1471", "1400"))
    target = systems()
    heads = Restore(target, backup).run([entry, Entry("baru", NOON, ("1471",))])
    assert target.vault().keys.find_one({"_id": "siti"}) == {"_id": "siti", "forgotten_at": NOON}
    first = target.log("consultation").read_on(0, 1)[0]
    assert TYPES.decode(first.events[0], target.vault()).text == "[dihapus]"
    told = target.log("consultation").read_on(COMMITS, 9)
    assert [(c.stream, c.office) for c in told] == [
        ("subject-1471-siti", "1471"),
        ("subject-1400-siti", "1400"),
        ("subject-1471-baru", "1471"),
    ]
    assert heads["notifier"].position == 3 + 3
    again = systems()
    back_up(target, backup.parent / "second")
    Restore(again, backup.parent / "second").run([entry])
    assert again.log("consultation").head().position == COMMITS + 3


def test_key_of_who_is_forgotten_is_never_loaded(systems, backup, monkeypatch):
    """At no moment of a restore, on no disk: a tombstone comes in its place."""
    target, written, insert_many = systems(), [], Collection.insert_many

    def seen(collection, documents, **options):
        written.extend(documents)
        return insert_many(collection, documents, **options)

    monkeypatch.setattr(Collection, "insert_many", seen)
    Restore(target, backup).run([Entry("siti", NOON, ("1471",))])
    assert [d for d in written if d.get("_id") == "siti"] == [{"_id": "siti", "forgotten_at": NOON}]


def test_backup_refuses_a_directory_with_something_in_it(source, tmp_path):
    """Nothing is overwritten; an empty one is taken."""
    (tmp_path / "x").mkdir()
    back_up(source, tmp_path / "x")
    before = (tmp_path / "x/manifest.json").read_bytes()
    with pytest.raises(BackupError, match="not empty"):
        back_up(source, tmp_path / "x")
    assert (tmp_path / "x/manifest.json").read_bytes() == before


def test_tool_with_a_mistyped_key_decides_nothing(systems, tmp_path):
    """In an empty system the first service says which master key it is to be."""
    system = systems()
    replace(system, settings=replace(system.settings, master_key=bytes(32))).checked_vault()
    with pytest.raises(BackupError, match="no service has been started here"):
        back_up(system, tmp_path / "x")
    assert is_empty(system)
    system.vault().check(lambda: False)
    system.checked_vault()


def test_backup_of_a_broken_log_is_refused(source, tmp_path):
    """A backup is a proof; nothing is left of one that failed."""
    source.db("consultation")["commits"].update_one({"position": 7}, {"$set": {"office": "9"}})
    with pytest.raises(Exception, match="position 7"):
        back_up(source, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_old_events_are_not_published_again(systems, source, tmp_path):
    """Those of the last hour are: they may lie in no queue any more."""
    log, old = source.log("notifier"), Clock().now() - timedelta(hours=2)
    source.db("notifier")["commits"].drop()
    log = replace(source).log("notifier")
    log.prepare()
    for i in range(1, 8):
        at = old if i <= 5 else Clock().now()
        log.append(replace(draft("notification-n", i), recorded_at=at))
    lease = Lease(source.db("notifier"), "leader")
    assert lease.held()
    checkpoint = Checkpoint(source.db("notifier")["deadlines"])
    for told, published in ((4, 4), (6, 5)):
        checkpoint.advance(checkpoint.read(), told, lease.fence)
        directory = tmp_path / str(told)
        back_up(source, directory)
        assert read_manifest(directory)["services"]["notifier"]["published"] == published
    log.append(replace(draft("notification-n", 8), recorded_at=old))  # as of an erasure
    checkpoint.advance(checkpoint.read(), 8, lease.fence)
    back_up(source, tmp_path / "8")
    assert read_manifest(tmp_path / "8")["services"]["notifier"]["published"] == 5
    target = systems()
    Restore(target, tmp_path / "6").run([])
    react = Restored(target.db("notifier")).quiet(lambda _fact: [Publish("x")])
    assert [len(react(fact(None, position=p))) for p in (1, 5, 6)] == [0, 0, 1]
    untouched = Restored(source.db("notifier")).quiet(lambda _fact: [Publish("x")])
    assert len(untouched(fact(None, position=1))) == 1


ENDED = """
import os
from pst import backing_up, start
backing_up.walk = lambda *_, **__: os.kill(os.getpid(), {number})
start.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_backup_that_is_ended_leaves_nothing(source, tmp_path, number):
    """By Ctrl-C, by the system, by a terminal that was closed."""
    given = source.settings
    done = subprocess.run(
        [sys.executable, "-c", ENDED.format(number=int(number)), "backup", str(tmp_path / "x")],
        cwd=ROOT,
        env={
            "PST_MONGO_URL": given.mongo_url,
            "PST_DB_PREFIX": given.db_prefix,
            "PST_MASTER_KEY": b64encode(given.master_key).decode(),
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr.strip()) == (1, "Aborted!")
    assert list(tmp_path.iterdir()) == []


def test_directory_that_cannot_be_made_is_named(source, tmp_path):
    """As it was typed, not as it is called while it is incomplete."""
    (tmp_path / "file").touch()
    target = tmp_path / "file/backup"
    with pytest.raises(BackupError, match=f"{target} cannot be made there: Not a directory"):
        back_up(source, target)
