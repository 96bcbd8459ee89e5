"""A system lost and restored: the same answers, nobody brought back, nothing sent twice."""

import base64
import json
import os
import subprocess
import sys
import uuid
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import httpx
import pytest

from deploy import ports
from kernel.personal import FORGOTTEN
from tests.e2e.test_forgetting import conversation, pst, traces
from tests.support import ROOT, Stack, eventually, running

ENOUGH = 200
"""So many people ask at most beside a backup."""

SERVICES = ("gateway", "consultation", "queue", "notifier")


@contextmanager
def load(stack):
    """Have people ask all the while."""
    stop, made = [], []

    def ask():
        while not stop and len(made) < ENOUGH:
            made.append(stack.submit())

    asking = Thread(target=ask)
    asking.start()
    try:
        eventually(lambda: len(made) > 5)
        yield
    finally:
        stop.append(True)
        asking.join()


@contextmanager
def stopped(stack):
    """Have a system without its services for a while."""
    for name in SERVICES:
        stack.control.stop(name)
    yield
    for name in SERVICES:
        stack.control.start(name)
    stack.wait_ready()


def serve(stack, service="consultation", **changes):
    """Start one process of a service with other settings; its port and the process."""
    port = ports.free()
    env = {**stack.env, "PST_OPS_PORT": str(port), **changes}
    command = [sys.executable, "-m", "host.serve", service]
    said = subprocess.PIPE
    return port, subprocess.Popen(command, cwd=ROOT, env=env, stderr=said, text=True)


def refusal(stack, service="consultation", **changes):
    """Return the exit status and the last line of a process that does not start."""
    _, process = serve(stack, service, **changes)
    _, said = process.communicate(timeout=60)
    return process.returncode, said.splitlines()[-1]


def key():
    """Return a new master key as settings have it."""
    return base64.b64encode(os.urandom(32)).decode()


@pytest.mark.parametrize("service", ["consultation", "notifier"])
def test_database_without_its_master_key_starts_nothing(stack, service):
    """One line that names the setting; exit status 2."""
    stack.submit()
    wrong = (2, "pst: PST_MASTER_KEY is not the key this database was written with.")
    assert refusal(stack, service, PST_MASTER_KEY=key()) == wrong
    done = subprocess.run(
        [ROOT / ".venv/bin/pst", "log", "show", "consultation-x", "--clear"],
        env={**stack._environ, "PST_MASTER_KEY": key()},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "PST_MASTER_KEY" in done.stderr


def test_log_without_its_vault_starts_nothing(stack):
    """New keys would make everything before them unreadable."""
    prefix = f"test_{uuid.uuid4().hex[:8]}"
    stack.mongo[f"{prefix}_consultation"]["commits"].insert_one({"position": 1})
    status, said = refusal(stack, PST_DB_PREFIX=prefix)
    assert status == 2
    assert "the vault is missing" in said
    stack.mongo.drop_database(f"{prefix}_consultation")
    stack.mongo.drop_database(f"{prefix}_vault")


def test_process_waits_for_a_database_that_is_away(stack):
    """Live, unready, and it ends when told to."""
    port, process = serve(stack, PST_MONGO_URL=f"mongodb://127.0.0.1:{ports.free()}")
    url = f"http://127.0.0.1:{port}/health"

    def waits():
        try:
            return httpx.get(f"{url}/ready").status_code == 503
        except httpx.HTTPError:
            return False

    eventually(waits)
    assert httpx.get(f"{url}/live").status_code == 200
    process.terminate()
    assert process.wait(30) == 0


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    """A system that was backed up under load, and its backup."""
    with running(tmp_path_factory.mktemp("lost")) as system:
        yield system


def test_lost_system_is_restored(lost, tmp_path):
    """On a machine of its own, from backup, master key and ledger."""
    mark, gone = uuid.uuid4().hex[:12], uuid.uuid4().hex[:12]
    path, _ = conversation(lost, mark)
    path_of_gone, subject = conversation(lost, gone)
    eventually(lambda: len(lost.mails(f"a{mark}@")) == len(lost.mails(f"a{gone}@")) == 3)
    eventually(lambda: lost.caught_up("consultation") and lost.caught_up("notifier"))
    old = {e["id"] for e in events_of(lost)}
    lost.travel_to(lost.now() + timedelta(hours=2))
    with load(lost):
        assert "Backup complete" in lost.pst("backup", str(tmp_path / "backup"))
    manifest = json.loads((tmp_path / "backup/manifest.json").read_text())
    lost.pst("vault", "forget", subject, "--yes")
    mine = {"PST_MASTER_KEY": lost.env["PST_MASTER_KEY"]}
    ledger = {"PST_ERASURE_LEDGER": lost.env["PST_ERASURE_LEDGER"]}

    with running(tmp_path / "new", **mine, **ledger) as new, new.subscriber() as subscriber:
        new.travel_to(lost.now())
        done = pst(new, "restore", str(tmp_path / "backup"))
        assert (done.returncode, "stop all services first" in done.stderr) == (1, True)
        with stopped(new):
            said = new.pst("restore", str(tmp_path / "backup"))
            assert "1 erasures of the ledger applied" in said
            done = pst(new, "restore", str(tmp_path / "backup"))
            assert (done.returncode, "data here already" in done.stderr) == (1, True)
        eventually(lambda: new.caught_up("consultation") and new.caught_up("notifier"), 60)

        there, here = lost.officer(), new.officer()
        for page in (path, f"{path}/history"):
            assert here.get(page).json() == there.get(page).json()
        assert mark in here.get(path).text
        assert FORGOTTEN in here.get(path_of_gone).text
        assert traces(new, gone) == []
        for name in ("consultation", "notifier"):
            head = manifest["services"][name]
            known = f"{head['position']}:{head['hash']}"
            assert f"{name}: " in new.pst("log", "verify", name, "--head", known)
        kept = counts(lost, manifest["services"]["consultation"]["position"])
        eventually(lambda: here.get(path_of_gone).json()["close_reason"] == "withdrawn")
        assert counts(new) == {**kept, "consultation_closed": 1}  # of who was forgotten since

        answer = here.post(f"{path}/messages", {"text": "masih di sini"})
        assert answer.status_code == 201, answer.text
        eventually(lambda: new.mails(f"a{mark}@"))  # consumed in order: nothing else can follow
        eventually(lambda: new.caught_up("notifier"))
        assert len(new.mails(f"a{mark}@")) == 1
        assert new.mails(f"a{gone}@") == []
        published = [e for _, e in subscriber.drain()]
        assert old.isdisjoint(e["id"] for e in published)
        erased = [e for e in published if e["data"].get("subject_id") == subject]
        assert [e["type"].split(".")[-2] for e in erased] == ["subject_erased"] * len(
            SERVICES[1:]
        )  # each service tells


def test_restore_without_the_ledger_says_so(lost, tmp_path):
    """Refused; or done when told to, with a warning nobody overlooks."""
    lost.pst("backup", str(tmp_path / "backup"))
    environ = {**lost._environ, "PST_DB_PREFIX": f"test_{uuid.uuid4().hex[:8]}"}

    def restore(*words, ledger=""):
        return subprocess.run(
            [ROOT / ".venv/bin/pst", "restore", str(tmp_path / "backup"), *words],
            env={**environ, "PST_ERASURE_LEDGER": ledger},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )

    nowhere = restore(ledger=str(tmp_path / "nowhere"))
    assert (nowhere.returncode, "would come back" in nowhere.stderr) == (1, True)
    done = restore("--without-ledger", ledger=str(tmp_path / "nowhere"))
    assert (done.returncode, "WARNING" in done.stderr) == (0, True)


def test_master_key_is_changed(lost):
    """Both keys, rotate, only the new one; and the old one opens nothing any more."""
    mark, old, new = uuid.uuid4().hex[:12], lost.env["PST_MASTER_KEY"], key()
    path, _ = conversation(lost, mark)
    eventually(lambda: lost.caught_up("consultation"))
    lost.stop()
    with running(lost.run_dir, PST_MASTER_KEY=new, PST_MASTER_KEY_BEFORE=old) as both:
        late = both.submit(question=f"terlambat {mark}")
        assert "keys wrapped with the new master key" in both.pst("vault", "rotate")
        assert mark in both.officer().get(path).text
    lost.start()
    assert lost.env["PST_MASTER_KEY"] == new
    assert mark in lost.officer().get(path).text
    assert mark in lost.officer().get(f"/consultations/{late['consultation_id']}").text
    status, said = refusal(lost, PST_MASTER_KEY=old)
    assert (status, "PST_MASTER_KEY is not the key" in said) == (2, True)


def events_of(stack: Stack):
    """Return the stored events of the consultation log, each by its id."""
    return [{"id": e["event_id"]} for c in stack.log_of("consultation").find() for e in c["events"]]


def counts(stack, until=None):
    """Return how many facts of each kind there are, up to a position; erasures apart."""
    found: dict[str, int] = {}
    for commit in stack.log_of("consultation").find():
        for event in commit["events"] if until is None or commit["position"] <= until else ():
            if event["type"] != "subject_erased":
                found[event["type"]] = found.get(event["type"], 0) + 1
    return found
