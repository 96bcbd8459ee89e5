"""A restore is whole or not at all, whatever comes in between."""

from base64 import b64encode

import pytest
from click.testing import CliRunner
from pymongo.collection import Collection

from contracts.errors import Unavailable
from kernel.clock import Clock
from kernel.lease import Lease
from kernel.sealing import VaultError
from pst import cli
from pst.backup_files import BackupError
from pst.restoring import Restore
from pst.services import SERVICES
from pst.verify import verify
from tests.backups import COMMITS, contents, is_empty, nothing
from tests.contract.log_contract import draft
from tests.support import eventually


@pytest.mark.parametrize("where", ["consultation", "notifier", "vault"])
def test_system_with_data_is_refused(systems, backup, where):
    """A single commit or key is enough; it stays as it was."""
    target = systems()
    if where == "vault":
        target.vault().seal("rian", b"x")
    else:
        target.log(where).append(draft("s-1"))
    before = contents(target)
    with pytest.raises(BackupError, match="there is data here already"):
        Restore(target, backup).run([])
    assert contents(target) == before


def test_running_services_are_refused(systems, backup):
    """They would take half a log for a whole one."""
    target = systems()
    assert Lease(target.db("notifier"), "leader").held()
    with pytest.raises(Unavailable, match="notifier service is running"):
        Restore(target, backup).run([])
    assert is_empty(target)


def test_second_restore_at_the_same_time_is_refused(systems, backup, monkeypatch):
    """However long the first one takes over a step; nothing of it is lost."""
    target = systems()
    first, load_log = Restore(target, backup), Restore._load_log
    monkeypatch.setattr("pst.alone.RENEW_S", 0.1)
    monkeypatch.setattr("kernel.lease.RENEW_S", 0.1)
    monkeypatch.setattr("kernel.lease.LEASE_MS", 300)

    def load_and_ask(name):
        load_log(first, name)
        leases, began = target.db("vault")["leases"], Clock().now()
        until = began.timestamp() * 1000 + 1000  # held on, three times as long as one takes it for
        eventually(lambda: leases.find_one({"_id": "restore"})["until"] > until)
        with pytest.raises(Unavailable, match="another `pst restore` is running"):
            Restore(target, backup).run([])
        assert not Lease(target.db(name), "leader").held(), "nor does a service take the lead"

    monkeypatch.setattr(first, "_load_log", load_and_ask)
    heads = first.run([])
    assert heads["consultation"] == verify(target.db("consultation"), nothing)
    assert len(contents(target)["keys"]) == 2
    assert Lease(target.db("consultation"), "leader").held(), "it lets go"


def test_restore_that_another_took_over_touches_nothing_more(systems, backup, monkeypatch):
    """It was frozen for so long that it counted as broken off."""
    target = systems()
    monkeypatch.setattr("pst.alone.RENEW_S", 60.0)
    monkeypatch.setattr("kernel.lease.RENEW_S", 0.0)
    frozen, load_log = Restore(target, backup), Restore._load_log

    def load_and_freeze(name):
        leases = [target.db(db)["leases"] for db in ("vault", *SERVICES)]
        for each in leases:
            each.update_many({}, {"$set": {"until": 0, "holder": "x"}})
        Restore(target, backup).run([])
        load_log(frozen, name)

    monkeypatch.setattr(frozen, "_load_log", load_and_freeze)
    with pytest.raises(Unavailable, match="has taken over"):
        frozen.run([])
    assert len(contents(target)["consultation"]) == COMMITS
    target.checked_vault()


def test_load_that_breaks_off_is_cleared_away(systems, backup, monkeypatch):
    """By itself when it can; and a kill is made good by the next restore."""
    target = systems()
    broken = Restore(target, backup)
    monkeypatch.setattr(broken, "_load_log", lambda name: 1 / (name == "consultation"))
    with pytest.raises(ZeroDivisionError):
        broken.run([])
    assert is_empty(target)

    killed = Restore(target, backup)
    killed._begin()
    killed._load_log("consultation")
    with pytest.raises(VaultError, match="restore is under way, or broke off"):
        target.checked_vault()
    heads = Restore(target, backup).run([])
    assert verify(target.db("consultation"), nothing) == heads["consultation"]
    target.checked_vault()


def test_restore_cut_off_at_its_end_is_complete(systems, backup, monkeypatch):
    """Whenever it is killed, no later restore takes a system that works for a broken one."""
    target = systems()
    cut = Restore(target, backup)
    replace_one = Collection.replace_one

    def killed_after(keys, *words, **options):
        outcome = replace_one(keys, *words, **options)
        if "wrapped" in words[1]:
            raise KeyboardInterrupt
        return outcome

    monkeypatch.setattr(Collection, "replace_one", killed_after)
    with pytest.raises(KeyboardInterrupt):
        cut.run([])
    monkeypatch.undo()
    target.checked_vault()
    target.log("consultation").append(draft("s-1"))
    before = contents(target)
    with pytest.raises(BackupError, match="there is data here already"):
        Restore(target, backup).run([])
    assert contents(target) == before
    assert len(before["consultation"]) == COMMITS + 1


@pytest.mark.parametrize("loaded", ["nothing", "consultation", "notifier"])
def test_no_service_starts_while_a_restore_loads(systems, backup, monkeypatch, loaded):
    """Whatever its own log holds by then; nor does it leave anything behind."""
    target = systems()
    restore, load_log, refused = Restore(target, backup), Restore._load_log, []

    def start():
        for name in SERVICES:
            with pytest.raises(VaultError, match="a restore is under way"):
                target.vault().check(lambda name=name: target.has_commits(name))
            refused.append(name)

    def load_and_start(name):
        if loaded == "nothing" and not refused:
            start()
        load_log(restore, name)
        if loaded == name:
            start()

    monkeypatch.setattr(restore, "_load_log", load_and_start)
    restore.run([])
    assert refused == list(SERVICES)
    target.vault().check(lambda: True)


def test_mark_that_was_not_confirmed_lets_nothing_be_cleared(systems, backup):
    """Killed right after it was put, over data that had just come: the next says so, and the
    system starts again."""
    target = systems()
    target.vault().check(lambda: False)
    target.log("notifier").append(draft("s-1"))
    before = contents(target)
    killed = Restore(target, backup)
    killed._mark.put(killed._mark.found())
    with pytest.raises(VaultError, match="a restore is under way"):
        target.checked_vault()
    with pytest.raises(BackupError, match="there is data here already"):
        Restore(target, backup).run([])
    assert contents(target) == before
    target.checked_vault()


def test_restore_killed_as_it_began_anew_can_begin_anew(systems, backup):
    """Once, half a log was loaded; then, its own mark was not yet confirmed."""
    target = systems()
    first = Restore(target, backup)
    first._begin()
    first._load_log("notifier")
    second = Restore(target, backup)
    second._mark.put(second._mark.found())
    Restore(target, backup).run([])
    target.checked_vault()


def test_mark_put_into_an_empty_system_and_not_confirmed_is_no_hindrance(systems, backup):
    """Killed right after it was put: nothing is here, so nothing is lost."""
    target = systems()
    Restore(target, backup)._mark.put(None)
    Restore(target, backup).run([])
    target.checked_vault()


def test_data_that_came_while_the_backup_was_read_is_kept(systems, backup, monkeypatch):
    """The restore is refused; the canary is the one that was there."""
    target = systems()
    target.vault().check(lambda: False)
    restore, check_backup = Restore(target, backup), Restore._check_backup

    def check_and_work():
        check_backup(restore)
        target.log("notifier").append(draft("s-1"))

    monkeypatch.setattr(restore, "_check_backup", check_and_work)
    keys = contents(target)["keys"]
    with pytest.raises(BackupError, match="there is data here already"):
        restore.run([])
    assert contents(target)["keys"] == keys
    assert len(contents(target)["notifier"]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["log", "verify"],
        ["log", "show", "s-1"],
        ["views", "list", "consultation"],
        ["views", "rebuild", "consultation"],
        ["deadlines", "list", "notifier"],
        ["vault", "status"],
        ["backup", "/nowhere/at/all"],
    ],
    ids=" ".join,
)
def test_half_a_restore_is_not_told_of_as_a_system(systems, backup, monkeypatch, words):
    """Its log would be verified, as far as it goes; another restore may begin."""
    target = systems()
    killed = Restore(target, backup)
    killed._begin()
    killed._load_log("consultation")
    given = target.settings
    monkeypatch.setenv("PST_MONGO_URL", given.mongo_url)
    monkeypatch.setenv("PST_DB_PREFIX", given.db_prefix)
    monkeypatch.setenv("PST_MASTER_KEY", b64encode(given.master_key).decode())
    done = CliRunner().invoke(cli.cli, words)
    assert isinstance(done.exception, VaultError)
    assert "finish it with `pst restore`" in str(done.exception)
    again = CliRunner().invoke(cli.cli, ["restore", str(backup), "--without-ledger"])
    assert again.exit_code == 0, again.output
    assert CliRunner().invoke(cli.cli, ["log", "verify"]).exit_code == 0
