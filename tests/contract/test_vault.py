"""The vault: one key a person, one master key over them, and what happens when either goes."""

import hmac
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.errors import Code, Rejected
from kernel import canary
from kernel.clock import random_bytes
from kernel.ledger import Entry, Ledger, LedgerError
from kernel.master_keys import id_of
from kernel.sealing import VaultError
from kernel.vault import Vault
from pst import cli
from pst.rotation import rotate
from tests.support import NOON, eventually

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


class At:
    """What the tool sees of a system, opened with one master key."""

    def __init__(self, db, key):
        self.vault = self.checked_vault = lambda: started(db, key)


def quiet(_count):
    """Nobody looks at the progress."""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    """So that few keys are several batches."""
    monkeypatch.setattr("pst.rotation.BATCH", 50)


def started(db, key, before=b"", has_commits=True):
    """Return the vault of a process that has been started with these keys."""
    vault = Vault(db, key, before)
    vault.check(lambda: has_commits)
    return vault


@pytest.fixture
def vault(db):
    """The vault of a new system."""
    return started(db, OLD, has_commits=False)


def test_new_system_gets_a_canary(db, vault):
    """Made once; who comes later with the same key may start."""
    canary_made = db["keys"].find_one({"_id": canary.ID})
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda _: started(db, OLD), range(8)))
    assert db["keys"].find_one({"_id": canary.ID}) == canary_made
    assert db["keys"].count_documents({}) == 1


@pytest.mark.usefixtures("vault")
def test_wrong_master_key_does_not_start(db):
    """Named in one line, in a system without a single person too."""
    with pytest.raises(VaultError, match=r"^PST_MASTER_KEY is not the key[^\n]*$"):
        started(db, NEW)


def test_commits_without_a_vault_do_not_start(db):
    """And no canary is made that would let the next one in."""
    for _ in range(2):
        with pytest.raises(VaultError, match="the vault is missing"):
            started(db, OLD)
    assert db["keys"].count_documents({}) == 0


@pytest.mark.parametrize("key", [OLD, NEW])
def test_data_from_before_the_canary_is_tried_with_one_key(db, key):
    """Such keys do not say which master key wrapped them."""
    Vault(db, OLD).seal("siti", b"x")
    db["keys"].update_many({}, {"$unset": {"master": ""}})
    if key == NEW:
        with pytest.raises(VaultError, match="PST_MASTER_KEY"):
            started(db, key)
        assert db["keys"].find_one({"_id": canary.ID}) is None
    else:
        assert started(db, key).keys.find_one({"_id": canary.ID})["master"] == id_of(OLD)


def test_rotation_beside_running_processes(db, vault):
    """Before, during and after it everybody reads; afterwards the old key opens nothing."""
    sealed = {f"p-{i}": vault.seal(f"p-{i}", b"rahasia %d" % i) for i in range(120)}
    db["keys"].update_many({"_id": {"$in": ["p-1", "p-2"]}}, {"$unset": {"master": ""}})
    both = started(db, NEW, OLD)
    late = both.seal("siti", b"sebelum")
    assert Vault(db, OLD).open("siti", late) == b"sebelum", "nobody is ahead of the rotation"
    said = []
    assert rotate(both.keys, both.masters, said.append) == 121
    assert said == sorted(said)
    assert max(said) <= 121
    after = started(db, NEW)
    assert after.open("siti", late) == b"sebelum"
    assert all(after.open(p, text) == b"rahasia %s" % p[2:].encode() for p, text in sealed.items())
    with pytest.raises(VaultError, match="PST_MASTER_KEY"):
        started(db, OLD)
    assert rotate(both.keys, both.masters, quiet) == 0
    assert db["keys"].count_documents({"master": {"$ne": id_of(NEW)}}) == 0


def test_rotation_broken_off_is_taken_up_again(db, vault):
    """Meanwhile only processes with both keys start, and new keys are wrapped by the new one."""
    for i in range(120):
        vault.seal(f"p-{i}", b"x")
    both = started(db, NEW, OLD)

    def crash(_count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(both.keys, both.masters, crash)
    for key in (OLD, NEW):
        with pytest.raises(VaultError, match="being changed"):
            started(db, key)
    started(db, NEW, OLD).seal("siti", b"x")
    assert db["keys"].find_one({"_id": "siti"})["master"] == id_of(NEW)
    assert rotate(both.keys, both.masters, quiet) == 120 - 50
    started(db, NEW)


def test_process_that_knows_only_the_old_master_makes_no_more_keys(db, vault):
    """Nobody started it anew: whoever it knows is served, who is new is refused in clear words."""
    sealed = vault.seal("rian", b"x")
    both = started(db, NEW, OLD)
    assert rotate(both.keys, both.masters, quiet) == 1
    assert vault.open("rian", sealed) == b"x"
    with pytest.raises(VaultError, match="PST_MASTER_KEY is not the key"):
        vault.seal("siti", b"rahasia")
    assert not both.knows("siti")


def test_key_made_under_the_old_master_after_a_rotation_is_named_and_mended(db, vault, monkeypatch):
    """By a process that stood still between asking and writing: its people's words are not lost."""
    monkeypatch.setattr("pst.vault.system", lambda *_: At(db, NEW))
    vault.seal("rian", b"x")
    both = started(db, NEW, OLD)
    assert rotate(both.keys, both.masters, quiet) == 1
    assert CliRunner().invoke(cli.cli, ["vault", "status"]).exit_code == 0
    monkeypatch.setattr(canary, "in_force", lambda _keys, _masters: id_of(OLD))
    sealed = vault.seal("siti", b"rahasia")
    said = CliRunner().invoke(cli.cli, ["vault", "status"])
    assert said.exit_code == 1
    assert f"1 keys wrapped by {id_of(OLD)} (not known here)" in said.output
    assert f"2 keys wrapped by {id_of(NEW)} (PST_MASTER_KEY)" in said.output
    assert "1 keys cannot be opened: run `pst vault rotate` again" in said.output
    assert rotate(both.keys, both.masters, quiet) == 1
    assert CliRunner().invoke(cli.cli, ["vault", "status"]).exit_code == 0
    assert started(db, NEW).open("siti", sealed) == b"rahasia"


def test_rotation_loses_nobody_while_people_come_and_go(db, vault):
    """Keys made and given up beside it end as they should."""
    for i in range(120):
        vault.seal(f"p-{i}", b"x")
    both = started(db, NEW, OLD)
    stop, made = [], {}

    def come(n):
        while not stop:
            name = f"{n}-{len(made)}"
            made[name] = both.seal(name, b"y")

    with ThreadPoolExecutor() as pool:
        comers = [pool.submit(come, n) for n in range(2)]
        try:
            eventually(lambda: made)
            for i in range(0, 120, 10):
                both.forget(f"p-{i}", NOON)
            rotate(both.keys, both.masters, quiet)
        finally:
            stop.append(True)
        assert [c.result() for c in comers] == [None, None]
    after = started(db, NEW)
    assert all(after.open(name, text) == b"y" for name, text in made.items())
    assert db["keys"].count_documents({"forgotten_at": NOON}) == 12
    assert db["keys"].count_documents({"forgotten_at": NOON, "wrapped": {"$exists": True}}) == 0


def test_fingerprint_is_made_with_a_key_of_its_own(db, vault, monkeypatch):
    """The key that seals does nothing else: what a mark tells of its key tells nothing of that."""
    monkeypatch.setattr(AESGCM, "generate_key", lambda bits: bytes(bits // 8))
    mark = vault.fingerprint("siti", vault.seal("siti", b"") and "x")
    assert mark == Vault(db, OLD).fingerprint("siti", "x")
    assert mark != vault.fingerprint("siti", "y")
    assert mark != hmac.digest(bytes(32), b"x", "sha256").hex()


def test_forgotten_person_is_not_opened_nor_sealed_for(db, vault):
    """No second key is made for them, in any process, however often."""
    other = Vault(db, OLD)
    sealed = vault.seal("siti", b"rahasia")
    assert vault.forget("siti", NOON)
    assert not vault.forget("siti", NOON.replace(year=2027))
    for each in (vault, other):
        assert each.open("siti", sealed) is None
        assert each.fingerprint("siti", "x") is None
        for _ in range(2):
            with pytest.raises(Rejected) as refusal:
                each.seal("siti", b"lagi")
            assert refusal.value.code is Code.SUBJECT_ERASED
    assert db["keys"].find_one({"_id": "siti"}) == {"_id": "siti", "forgotten_at": NOON}


def test_known_key_is_forgotten_within_a_minute_elsewhere(db, vault, monkeypatch):
    """At once where the fact is seen, by the cache's age where it is not."""
    seconds = [0.0]
    monkeypatch.setattr("kernel.vault.monotonic", lambda: seconds[0])
    elsewhere, told = Vault(db, OLD), Vault(db, OLD)
    sealed = vault.seal("siti", b"rahasia")
    assert elsewhere.open("siti", sealed) == told.open("siti", sealed) == b"rahasia"
    vault.forget("siti", NOON)
    told.drop("siti")
    assert told.open("siti", sealed) is None
    seconds[0] = 60.0
    assert elsewhere.open("siti", sealed) is None


def test_key_is_one_however_many_make_it(db, vault):
    """What each sealed, all open."""
    vaults = [Vault(db, OLD) for _ in range(8)]
    with ThreadPoolExecutor() as pool:
        sealed = list(pool.map(lambda v: v.seal("siti", random_bytes(8)), vaults))
    assert all(vault.open("siti", text) for text in sealed)


def test_ledger_keeps_every_line(tmp_path):
    """A line cut short by a crash does not count, and spoils no other."""
    ledger = Ledger(tmp_path / "erasures.jsonl")
    entries = [Entry("siti", NOON, ("1471",)), Entry("rian", NOON, ())]
    assert ledger.entries() == []
    ledger.append(entries[0])
    with ledger.path.open("a") as file:
        file.write('{"subject_id": "tergant')
    assert ledger.entries() == entries[:1]
    ledger.append(entries[1])
    assert ledger.entries() == entries
    assert ledger.names("rian")
    assert not ledger.names("tergant")
    assert ledger.path.stat().st_mode & 0o077 == 0


def test_line_that_lacks_only_its_end_counts(tmp_path):
    """Copied, edited or cut right before it; and whatever is added afterwards."""
    ledger = Ledger(tmp_path / "erasures.jsonl")
    entries = [Entry(name, NOON, ("1471",)) for name in ("siti", "rian", "baru")]
    for entry in entries[:2]:
        ledger.append(entry)
    ledger.path.write_text(ledger.path.read_text().rstrip("\n"))
    assert ledger.entries() == entries[:2]
    ledger.append(entries[2])
    assert ledger.entries() == entries
    assert ledger.cut_short() == []


def test_line_that_is_left_out_is_shown(tmp_path):
    """As far as it goes, so that somebody can tell whom it named."""
    ledger = Ledger(tmp_path / "erasures.jsonl")
    ledger.path.write_text('{"subject_id": "siti", "forg')
    for _ in range(2):
        assert ledger.cut_short() == ['{"subject_id": "siti", "forg']
        ledger.append(Entry("rian", NOON, ()))


WHEN = '"forgotten_at": "2026-11-23T05:00:00.000Z", "offices"'


@pytest.mark.parametrize(
    "line",
    [
        '{"subject_id": "siti"}',
        f'{{"subject_id": 5, {WHEN}: ["1471"]}}',
        f'{{"subject_id": "siti", {WHEN}: "1471"}}',
        f'{{"subject_id": "siti", {WHEN}: [1471]}}',
        '{"subject_id": "siti", "forgotten_at": "2026-11-23T05:00:00", "offices": []}',
        f'{{"subject_id": "s\xff", {WHEN}: []}}',
        "[]",
    ],
)
def test_spoilt_ledger_is_named(tmp_path, line):
    """Whom the line named would come back: nothing is skipped, or guessed, in silence."""
    path = tmp_path / "erasures.jsonl"
    path.write_bytes(line.encode("latin-1") + b"\n")
    with pytest.raises(LedgerError, match="line 1"):
        Ledger(path).entries()


def test_key_of_a_file_is_the_same_until_its_person_is_forgotten(db):
    """Made anew by every process, another for each file and person; then there is none."""
    vault = started(db, OLD, has_commits=False)
    for name in ("siti", "joko"):
        vault.seal(name, b"x")
    key = vault.file_key("siti", "f1")
    assert len(key) == 32
    assert started(db, OLD).file_key("siti", "f1") == key
    assert len({key, vault.file_key("siti", "f2"), vault.file_key("joko", "f1")}) == 3
    vault.forget("siti", NOON)
    assert vault.file_key("siti", "f1") is None
    assert vault.file_key("nobody", "f1") is None


def test_who_is_forgotten_is_known_at_once(db):
    """As the database has it, whatever a process still remembers."""
    vault, other = started(db, OLD, has_commits=False), started(db, OLD)
    for name in ("siti", "joko"):
        vault.seal(name, b"x")
        other.seal(name, b"x")
    other.forget("siti", NOON)
    assert vault.forgotten(["siti", "joko", "nobody"]) == {"siti"}


def test_the_deployments_own_marks_survive_a_new_master_key(db, vault):
    """The same in every process, by each name others; wrapped anew like a person's key."""
    mark = vault.mark("addresses", "siti@example.com")
    assert started(db, OLD).mark("addresses", "siti@example.com") == mark
    assert vault.mark("codes", "siti@example.com") != mark
    both = started(db, NEW, OLD)
    rotate(db["keys"], both.masters, quiet)
    assert started(db, NEW).mark("addresses", "siti@example.com") == mark


def test_the_deployments_own_keys_are_nobodys_to_give_up(db, vault):
    """They look like a person's; without them every account would be lost."""
    mark = vault.mark("addresses", "siti@example.com")
    with pytest.raises(VaultError, match="no person"):
        vault.forget("deployment:addresses", NOON)
    assert started(db, OLD).mark("addresses", "siti@example.com") == mark
