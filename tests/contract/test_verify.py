"""`pst log verify`: whatever was done to a log by hand is found, at the right position."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from kernel.checkpoint import Checkpoint
from kernel.commit import Head
from kernel.event_log import EventLog
from kernel.lease import Lease
from pst.verify import Broken, verify
from tests.contract.log_contract import draft
from tests.support import NOON, eventually

STREAMS = 3
COMMITS = 30


@pytest.fixture
def log(db):
    """Thirty commits in three streams."""
    log = EventLog(db)
    log.prepare()
    for i in range(COMMITS):
        log.append(draft(f"s-{i % STREAMS}", i // STREAMS + 1))
    return log


def quiet(_document):
    """Nobody looks at the progress."""


def found(db, kept=None):
    """Return the fault that is found."""
    with pytest.raises(Broken) as broken:
        verify(db, quiet, kept)
    return broken.value


def test_healthy_log_passes(db, log):
    """Every commit is looked at once; the head comes back."""
    seen = []
    assert verify(db, lambda d: seen.append(d["position"])) == log.head()
    assert seen == list(range(1, COMMITS + 1))


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("events.0.data.text", "å"),
        ("events.0.data.n", 1.25),
        ("events.0.occurred_at", NOON.replace(year=2025)),
        ("recorded_at", NOON.replace(microsecond=1000)),
        ("office", "1472"),
        ("actor.id", "budj"),
        ("command_id", "x"),
        ("stream", "s-9"),
        ("version", 77),
        ("hash", b"\x00" * 32),
        ("note", "one field more"),
        ("events.0.data.note", "one field more"),
        ("events.0.data.n", {"$": b"\xff"}),
    ],
)
def test_one_changed_field_is_found_where_it_is(db, field, value):
    """In data, in metadata, in a time, in the hash; one too many as well."""
    db["commits"].update_one({"position": 17}, {"$set": {field: value}})
    assert found(db).position == 17


@pytest.mark.parametrize(
    ("field", "written", "forged"),
    [
        ("recorded_at", NOON, msgspec.to_builtins(NOON)),
        ("events.0.occurred_at", NOON, msgspec.to_builtins(NOON)),
        ("events.0.data.x", msgspec.to_builtins(NOON), NOON),
        ("events.0.data.x", "5Lit", b"\xe4\xb8\xad"),
        ("events.0.data.x", None, float("nan")),
        ("events.0.data.x", [1.5, None], [1.5, float("inf")]),
        ("command_id", "5Lit", b"\xe4\xb8\xad"),
        ("position", COMMITS + 1, float(COMMITS + 1)),
    ],
    ids=str,
)
def test_other_type_that_hashes_the_same_is_found(db, log, field, written, forged):
    """The hash is one of JSON, where a time is its string and bytes are their base64."""
    made = draft("s-0", 11, command_id="5Lit")
    if field.endswith("x"):
        made.events[0]["data"]["x"] = written
    assert log.append(made).position == COMMITS + 1
    assert verify(db, quiet).position == COMMITS + 1
    db["commits"].update_one({"position": COMMITS + 1}, {"$set": {field: forged}})
    assert found(db).position == COMMITS + 1


def test_large_numbers_pass(db, log):
    """They come back from the database as a type of its own."""
    made = draft("s-0", 11)
    made.events[0]["data"]["n"] = 2**40
    log.append(made)
    assert verify(db, quiet) == log.head()


@pytest.mark.parametrize("position", [0, -1, "31", None, float("nan")], ids=str)
def test_commit_in_no_place_of_the_log_is_found(db, log, position):
    """No follower comes by it, but who folds its stream reads it."""
    forged = db["commits"].find_one({"_id": "s-0:10"})
    db["commits"].insert_one({**forged, "_id": "s-0:11", "version": 11, "position": position})
    assert log.read_stream("s-0", after=10)
    assert str(found(db)).startswith("position 0, stream s-0: 's-0:11' is in no place")


@pytest.mark.usefixtures("log")
def test_deleted_commit_is_found(db):
    """In the middle."""
    db["commits"].delete_one({"position": 12})
    fault = found(db)
    assert (fault.position, fault.what[:7]) == (12, "missing")


@pytest.mark.usefixtures("log")
def test_deleted_beginning_is_found(db):
    """More than one batch of it would look no different."""
    db["commits"].delete_many({"position": {"$lte": 20}})
    assert found(db).position == 1


@pytest.mark.parametrize("follower", ["deadlines", "view_x"])
def test_cut_off_end_is_found_by_who_has_seen_it(db, log, follower):
    """The relay's checkpoint and those of the views stand beyond the end."""
    lease = Lease(db, "leader")
    assert lease.held()
    Checkpoint(db[follower]).advance(0, log.head().position, lease.fence)
    db["commits"].delete_many({"position": {"$gt": 28}})
    fault = found(db)
    assert fault.position == 29
    assert follower in fault.what


def test_cut_off_end_is_found_by_a_head_kept_elsewhere(db, log):
    """Even when nobody follows the log; and an earlier head is found again on the way."""
    kept, earlier = log.head(), log.read_on(4, 1)[0]
    assert verify(db, quiet, Head(earlier.position, earlier.hash)) == kept
    db["commits"].delete_one({"position": COMMITS})
    assert found(db, kept).position == COMMITS


def test_end_written_anew_is_found_by_a_head_kept_elsewhere(db, log):
    """Changed and hashed anew to the end, a log is in itself whole."""
    kept = log.head()
    last = db["commits"].find_one({"position": COMMITS})
    db["commits"].delete_one({"position": COMMITS})
    EventLog(db).append(draft(last["stream"], last["version"]))
    assert verify(db, quiet).position == COMMITS
    assert found(db, kept).position == COMMITS


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("what", ["positions", "contents"])
def test_two_swapped_commits_are_found(db, what):
    """At the first of the two."""
    commits = db["commits"]
    one, other = (commits.find_one({"position": p}) for p in (9, 21))
    commits.delete_many({"position": {"$in": [9, 21]}})
    if what == "positions":
        one, other = {**one, "position": 21}, {**other, "position": 9}
    else:
        one, other = {**one, "events": other["events"]}, {**other, "events": one["events"]}
    commits.insert_many([one, other])
    assert found(db).position == 9


@pytest.mark.parametrize("hash_of", ["copied", "none", "missing", "made up"])
@pytest.mark.parametrize("position", [COMMITS + 1, COMMITS + 5])
@pytest.mark.usefixtures("log")
def test_commit_appended_by_hand_is_found(db, hash_of, position):
    """At the right position or beyond it."""
    last = db["commits"].find_one({"position": COMMITS})
    forged = {**last, "_id": "s-9:1", "stream": "s-9", "version": 1, "position": position}
    forged["hash"] = {"copied": last["hash"], "none": None}.get(hash_of, b"\x01" * 32)
    if hash_of == "missing":
        del forged["hash"]
    db["commits"].insert_one(forged)
    assert found(db).position == COMMITS + 1


def test_version_out_of_line_is_found(db, log):
    """Chained as it should be, but versions of its stream are missing before it."""
    assert log.append(draft("s-0", 11)).position == COMMITS + 1
    assert verify(db, quiet).position == COMMITS + 1
    log.append(draft("s-0", 40))
    fault = found(db)
    assert (fault.position, fault.stream) == (COMMITS + 2, "s-0")


def test_streams_that_are_not_remembered_are_looked_up(db, log, monkeypatch):
    """Memory is bounded, what is found is not."""
    monkeypatch.setattr("pst.verify.STREAMS", 1)
    assert verify(db, quiet) == log.head()
    log.append(draft("s-1", 40))
    assert found(db).position == COMMITS + 1


def test_log_in_use_is_verified_beside_its_writers(db, log):
    """No fault is seen where only somebody writes."""
    stop = []

    def write(name):
        version = 0
        while not stop:
            version += 1
            log.append(draft(name, version))
        return version

    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write, f"w-{i}") for i in range(3)]
        try:
            ends = [verify(db, quiet).position for _ in range(10)]
            eventually(lambda: log.head().position > ends[-1])
        finally:
            stop.append(True)
        assert sum(w.result() for w in writers) == log.head().position - COMMITS
    assert ends == sorted(ends)
    assert ends[-1] > COMMITS
