"""Views on the real server: followed in batches, read whole or not at all, one a definition."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from contracts.errors import Unavailable
from deploy.database_server import LEFT_S
from host.observability import Health
from host.runtime import Runtime, Wiring
from kernel import view_following
from kernel.clock import monotonic, new_id
from kernel.codec import EventType, EventTypes
from kernel.database import Db, transaction
from kernel.event_log import EventLog
from kernel.facts import Fact
from kernel.personal import FORGOTTEN
from kernel.view_following import Follower
from kernel.view_reading import Reader
from kernel.views import Documents, View, live
from pst.rebuilding import fence_off
from tests.contract.log_contract import draft
from tests.support import NOON, eventually

embedded = pytest.mark.skipif(
    bool(os.environ.get("PST_CONTRACT_MONGO_URL")), reason="MongoDB itself waits for a minute"
)


@dataclass(frozen=True)
class Noted:
    """What `draft` stores."""

    text: str


@dataclass(frozen=True)
class Named:
    """Somebody said who they are; the name stands for sealed text."""

    subject_id: str
    name: str | None


@dataclass(frozen=True)
class SubjectErased:
    """Somebody is forgotten."""

    subject_id: str


TYPES = EventTypes(
    [
        EventType("noted", 1, Noted),
        EventType("named", 1, Named),
        EventType("subject_erased", 1, SubjectErased),
    ]
)


def stream_of(fact: Fact) -> str | None:
    """Name the document: one a stream of notes."""
    return fact.stream if isinstance(fact.event, Noted) else None


def counted(document: dict[str, Any] | None, _fact: Fact) -> dict[str, Any]:
    """Count a document's facts."""
    return {"n": (document or {"n": 0})["n"] + 1, "kind": "count"}


def counted_by_ten(document: dict[str, Any] | None, _fact: Fact) -> dict[str, Any]:
    """Count otherwise."""
    return {"n": (document or {"n": 0})["n"] + 10, "kind": "count"}


COUNTS = View("counts", stream_of, counted, indexes=([("n", 1)],))
BY_TEN = View("counts", stream_of, counted_by_ten, indexes=([("n", 1)],))


@pytest.fixture
def log(db: Db) -> EventLog:
    """An empty log."""
    prepared = EventLog(db)
    prepared.prepare()
    return prepared


def append(log: EventLog, stream: str, version: int, kind: str = "noted", **data: Any) -> None:
    """Put one commit of one event into the log."""
    words = {"text": "ä"} if kind == "noted" else data
    event = {"event_id": new_id(), "type": kind, "schema_version": 1, "occurred_at": NOON}
    log.append(draft(stream, version, events=({**event, "data": words},)))


def fill(log: EventLog, streams: int, each: int) -> None:
    """Note something `each` times in every stream, in turn."""
    for version in range(1, each + 1):
        for n in range(streams):
            append(log, f"a-{n}", version)


def follow(db: Db, log: EventLog, view: View = COUNTS) -> Follower:
    """Bring a view up to the log; return who does."""
    follower = Follower(db, log, TYPES, view)
    while follower.step():
        pass
    return follower


def there(db: Db, view: View = COUNTS) -> Collection[Any]:
    """Return where the documents of a view lie."""
    return live(db, view.definition(TYPES))


def rows(db: Db, view: View = COUNTS) -> dict[str, Any]:
    """Return the documents as a reader may see them."""
    return {
        d["_id"]: {k: v for k, v in d.items() if not k.startswith("_")}
        for d in there(db, view).find({"_id": {"$ne": "_checkpoint"}})
    }


def position(db: Db, view: View = COUNTS) -> int:
    """Return how far a view says it has come."""
    return Documents(there(db, view), view, TYPES).checkpoint.read()


def meddling(meddle: Callable[[], None], view: View = COUNTS) -> View:
    """Return the view, with something else happening between a leader's read and its write."""
    left = [meddle]

    def project(document: dict[str, Any] | None, fact: Fact) -> dict[str, Any]:
        while left:
            left.pop()()
        return view.project(document, fact)

    return replace(view, project=project)


def late(db: Db, view: View) -> Documents:
    """Return documents of `COUNTS`, folded by `view`: a leader that is held up in its work."""
    return Documents(there(db), view, TYPES)


def test_batch_folds_as_one_by_one(db, log):
    """Many facts of few documents in one go come to the same."""
    fill(log, streams=3, each=5)
    follow(db, log)
    assert rows(db) == {f"a-{n}": {"n": 5, "kind": "count"} for n in range(3)}
    one_by_one = Documents(db["view_one_by_one"], COUNTS, TYPES)
    for commit in log.read_on(0):
        assert one_by_one.take_in([commit], commit.position - 1, fence=1) == 1
    for found in db["view_one_by_one"].find({"n": {"$exists": True}}):
        assert rows(db)[found["_id"]] == {"n": found["n"], "kind": "count"}
    assert position(db) == 15


def test_view_whose_checkpoint_is_lost_is_made_again(db, log):
    """What lies there counts for nothing, and nothing of it stays."""
    fill(log, streams=1, each=3)
    follower = follow(db, log)
    there(db).delete_one({"_id": "_checkpoint"})
    there(db).insert_many({"_id": f"stray-{n}", "n": n} for n in range(450))
    eventually(lambda: follower.step() == 3)  # it looks now and then
    assert rows(db) == {"a-0": {"n": 3, "kind": "count"}}


@embedded
def test_view_whose_clearing_was_left_is_cleared_before_it_is_begun(db, log):
    """Its leader died in the middle: the next one does not fold onto what it had yet to delete."""
    fill(log, streams=2, each=1)
    strays = [{"_id": f"a-{n}", "n": 3} for n in range(2)]
    there(db).insert_many(strays)
    assert late(db, COUNTS).checkpoint.advance(0, 0, 1)
    with db.client.start_session() as session:
        session.start_transaction()
        assert late(db, COUNTS).checkpoint.advance(0, 0, 1, session)
        there(db).delete_one({"_id": "a-0"}, session=session)
        assert Follower(db, log, TYPES, COUNTS).step() == 2
    assert rows(db) == {f"a-{n}": {"n": 1, "kind": "count"} for n in range(2)}


def test_view_is_not_begun_by_who_may_not_clear_it(db, log):
    """A late leader: the next one has been here while it looked for what to delete."""
    fill(log, streams=2, each=1)
    there(db).insert_one({"_id": "stray", "n": 3})
    assert late(db, COUNTS).checkpoint.advance(0, 0, 2**62)
    assert Follower(db, log, TYPES, COUNTS).step() == 0
    assert (position(db), sorted(rows(db))) == (0, ["stray"])


def test_view_that_was_made_meanwhile_is_not_cleared(db, log):
    """A late leader finds no checkpoint, and the next one has made the view when it clears it."""
    fill(log, streams=2, each=1)
    follow(db, log)
    assert not late(db, COUNTS).prepare(fence=1)
    assert position(db) == 2
    assert len(rows(db)) == 2


def test_what_comes_before_an_unreadable_commit_is_taken_in(db, log):
    """The view stops at it and says why; nothing after it is skipped in silence."""
    fill(log, streams=2, each=6)
    append(log, "b-1", 1, kind="from_the_future")
    append(log, "a-0", 7)
    assert "from_the_future" in follow(db, log).newer
    assert position(db) == 12
    assert rows(db) == {f"a-{n}": {"n": 6, "kind": "count"} for n in range(2)}


def test_leader_whose_checkpoint_is_just_being_moved_steps_back(db, log):
    """Another transaction is under way: neither waits for the other, nothing is taken in twice."""
    fill(log, streams=2, each=2)
    late(db, COUNTS).take_in(log.read_on(0)[:1], 0, fence=1)
    with transaction(db) as rival:
        assert late(db, COUNTS).checkpoint.advance(1, 3, 2, rival)
        assert late(db, COUNTS).take_in(log.read_on(1), 1, fence=1) == 0
        rival.abort_transaction()
    assert position(db) == 1
    follow(db, log)
    assert rows(db) == {f"a-{n}": {"n": 2, "kind": "count"} for n in range(2)}


@pytest.mark.parametrize("statement", ["bulk_write", "insert_many"])
def test_documents_and_checkpoint_are_written_together(db, log, monkeypatch, statement):
    """Cut off in the middle, nothing has happened; nobody sees that anything is about to."""
    fill(log, streams=2, each=1)
    documents = late(db, COUNTS)
    documents.take_in(log.read_on(0), 0, fence=1)
    before = rows(db)
    for n in range(2):
        append(log, f"a-{n}", 2)
    seen: list[Any] = []

    def fail(*_: Any, **__: Any) -> None:
        seen.append((position(db), rows(db)))
        raise AutoReconnect("cut")

    with monkeypatch.context() as cut:
        cut.setattr(Collection, statement, fail)
        with pytest.raises(AutoReconnect):
            documents.take_in(log.read_on(2), 2, fence=1)
    assert seen == [(2, before)]
    assert (position(db), rows(db)) == (2, before)
    assert documents.take_in(log.read_on(2), 2, fence=1) == 2
    assert rows(db) == {f"a-{n}": {"n": 2, "kind": "count"} for n in range(2)}


def test_batch_whose_fate_was_unknown_is_not_taken_in_twice(db, log, monkeypatch):
    """It was committed, and the answer lost."""
    fill(log, streams=2, each=2)
    follower = follow(db, log)
    append(log, "a-0", 3)
    commit = ClientSession.commit_transaction

    def lost(session: ClientSession) -> None:
        commit(session)
        raise AutoReconnect("cut")

    with monkeypatch.context() as cut:
        cut.setattr(ClientSession, "commit_transaction", lost)
        with pytest.raises(AutoReconnect):
            follower.step()
    assert follower.step() == 0
    append(log, "a-0", 4)
    eventually(lambda: follower.step() == 1)
    assert rows(db)["a-0"]["n"] == 4


@embedded
@pytest.mark.parametrize("changes", [True, False])
def test_transaction_that_its_leader_has_left_holds_the_view_up_for_seconds(db, log, changes):
    """A process that was killed in the middle aborts nothing; the server does, after a while.

    So also where the next leader has nothing to write but the checkpoint, and waits in its turn.
    """
    fill(log, streams=2, each=1)
    late(db, COUNTS).take_in(log.read_on(0), 0, fence=1)
    append(log, "a-0", 2)
    view = COUNTS if changes else replace(COUNTS, key=lambda _fact: None)
    session = db.client.start_session()
    session.start_transaction()
    try:
        assert late(db, COUNTS).checkpoint.advance(2, 3, 1, session)
        began = monotonic()
        eventually(lambda: late(db, view).take_in(log.read_on(2), 2, fence=2) == 1, within=19)
    finally:
        session.end_session()
    assert monotonic() - began > LEFT_S - 1
    assert rows(db)["a-0"]["n"] == 1 + changes


def test_view_is_fenced_off_once_nobody_moves_it(db, log):
    """Who rebuilds it neither waits for a leader's transaction nor lets it count as its own."""
    fill(log, streams=2, each=1)
    late(db, COUNTS).take_in(log.read_on(0)[:1], 0, fence=1)
    with transaction(db) as rival:
        assert late(db, COUNTS).checkpoint.advance(1, 2, 1, rival)
        assert not fence_off(there(db), 2)
        rival.abort_transaction()
    assert fence_off(there(db), 2)
    assert late(db, COUNTS).take_in(log.read_on(1), 1, fence=1) == 0


def test_batch_with_what_cannot_be_stored_is_halved(db, log):
    """What comes before it is taken in; the error of the one that cannot be is told."""
    fill(log, streams=4, each=1)

    def unstorable(document: dict[str, Any] | None, fact: Fact) -> dict[str, Any]:
        return {"n": 2**70} if fact.stream == "a-2" else counted(document, fact)

    documents = late(db, replace(COUNTS, project=unstorable))
    assert documents.take_in(log.read_on(0), 0, fence=1) == 2
    with pytest.raises(OverflowError):
        documents.take_in(log.read_on(2), 2, fence=1)
    assert sorted(rows(db)) == ["a-0", "a-1"]


def test_late_leader_harms_nothing(db, log):
    """It wakes between its read and its write, and the next one has been here."""
    fill(log, streams=2, each=2)
    half, whole = log.read_on(0)[:2], log.read_on(0)
    held_up = late(db, meddling(lambda: late(db, COUNTS).take_in(whole, 0, fence=2)))
    assert held_up.take_in(half, 0, fence=1) == 0
    assert position(db) == 4
    assert rows(db) == {f"a-{n}": {"n": 2, "kind": "count"} for n in range(2)}


def test_view_is_refused_until_it_is_built(db, log):
    """Half a list is no answer; the refusal says how far it is."""
    fill(log, streams=2, each=3)
    reader = Reader(db, log, TYPES, COUNTS)
    assert reader.building() == "view counts is being built: 0 of 6 commits"
    with pytest.raises(Unavailable, match="view counts is being built: 0 of 6 commits"):
        reader.find({"kind": "count"}, [("n", 1)], 10)
    late(db, COUNTS).take_in(log.read_on(0)[:4], 0, fence=1)
    with pytest.raises(Unavailable, match="4 of 6"):
        reader.get("a-0")
    follow(db, log)
    assert reader.building() is None
    assert [d["n"] for d in reader.find({"kind": "count"}, [("n", 1)], 10)] == [3, 3]


def test_view_of_an_empty_log_is_built(db, log):
    """A new system answers from its first moment."""
    reader = Reader(db, log, TYPES, COUNTS)
    assert reader.find({"kind": "count"}, [("n", 1)], 10) == []


def test_view_that_lags_is_answered(db, log):
    """As long as it is no further back than this process has seen it."""
    fill(log, streams=1, each=2)
    follow(db, log)
    reader = Reader(db, log, TYPES, COUNTS)
    assert reader.building() is None
    append(log, "a-0", 3)
    assert reader.lag() == 1
    found = reader.get("a-0")
    assert found is not None
    assert found["n"] == 2


def test_dropped_view_is_refused_until_it_is_whole(db, log):
    """Indexes included, it is made again by its follower."""
    fill(log, streams=2, each=3)
    follow(db, log).release()
    reader = Reader(db, log, TYPES, COUNTS)
    assert reader.get("a-0") is not None
    collection = there(db)
    indexes = collection.index_information()
    collection.drop()
    with pytest.raises(Unavailable):
        reader.get("a-0")
    late(db, COUNTS).take_in(log.read_on(0)[:4], 0, fence=1)
    with pytest.raises(Unavailable, match="4 of 6"):
        reader.get("a-0")
    collection.drop()
    follow(db, log)
    assert reader.get("a-0") is not None
    assert collection.index_information() == indexes


def test_two_definitions_stand_side_by_side(server, db):
    """A rolling deployment: the changed view is built by itself, and each answers its own."""
    prefix = db.name.removesuffix("_kernel")
    settings = replace(server, db_prefix=prefix, master_key=bytes(32))
    old, new = (
        Runtime(Wiring("kernel", TYPES, lambda _fact: [], (view,)), settings)
        for view in (COUNTS, BY_TEN)
    )
    old.log.prepare()
    fill(old.log, streams=2, each=3)
    _stepped(old)
    assert old.view(COUNTS).get("a-0")["n"] == 3
    with pytest.raises(Unavailable, match="0 of 6"):
        new.view(BY_TEN).get("a-0")
    health = Health()
    health.add_all(new.checks())
    said = health.report()[1]["checks"]
    assert said["views"] == "view counts is being built: 0 of 6 commits"
    _stepped(new)
    assert health.report()[1]["checks"]["views"] == "ok"
    append(old.log, "a-0", 4)
    _stepped(old)
    _stepped(new)
    assert old.view(COUNTS).get("a-0")["n"] == 4
    assert new.view(BY_TEN).get("a-0")["n"] == 40
    for runtime in (old, new):
        runtime.stop()


def test_definition_that_nobody_follows_is_dropped(db, log, monkeypatch):
    """Long after its last leader has gone, and not as long as there is one."""
    monkeypatch.setattr(view_following, "SWEEP_S", 0.0)
    fill(log, streams=1, each=2)
    old, new = follow(db, log), follow(db, log, BY_TEN)
    db["view_counts_archive"].insert_one({"_id": "not of this view"})
    monkeypatch.setattr(view_following, "ABANDONED_MS", 0)
    new.sweep()
    assert rows(db) == {"a-0": {"n": 2, "kind": "count"}}
    monkeypatch.setattr(view_following, "ABANDONED_MS", 600_000)
    old.release()
    new.sweep()
    assert rows(db) == {"a-0": {"n": 2, "kind": "count"}}
    monkeypatch.setattr(view_following, "ABANDONED_MS", 0)
    new.sweep()
    assert there(db).name not in db.list_collection_names()
    assert rows(db, BY_TEN) == {"a-0": {"n": 20, "kind": "count"}}
    assert "view_counts_archive" in db.list_collection_names()


def test_who_comes_back_from_an_outage_does_not_sweep_at_once(db, log, monkeypatch):
    """The database was away for all: the others' leases have run out too."""
    monkeypatch.setattr(view_following, "ABANDONED_MS", 0)
    fill(log, streams=1, each=2)
    follow(db, log).release()
    follow(db, log, BY_TEN).sweep()
    assert rows(db) == {"a-0": {"n": 2, "kind": "count"}}


def person_of(fact: Fact) -> str | None:
    """Name the document: one a person."""
    return fact.event.subject_id if isinstance(fact.event, Named) else None


def known_as(_document: dict[str, Any] | None, fact: Fact) -> dict[str, Any]:
    """Keep what somebody said last."""
    return {"name": fact.event.name, "phone": None, "kind": "person"}


def with_subject(document: dict[str, Any] | None, fact: Fact) -> dict[str, Any]:
    """Keep it under the stream."""
    return {**known_as(document, fact), "subject_id": fact.event.subject_id}


def named_stream(fact: Fact) -> str | None:
    """Name the document: one a stream of names."""
    return fact.stream if isinstance(fact.event, Named) else None


PEOPLE = View("people", person_of, known_as, personal=("name", "phone"))
LIST = View("list", named_stream, with_subject, personal=("name", "phone"))


@pytest.mark.parametrize("at_once", [True, False])
def test_forgotten_person_is_redacted(db, log, at_once):
    """In documents under their id and of theirs; what was never given stays so; others stay."""
    append(log, "n-1", 1, "named", subject_id="siti", name="sealed-1")
    append(log, "n-2", 1, "named", subject_id="rian", name="sealed-2")
    if not at_once:
        for view in (PEOPLE, LIST):
            follow(db, log, view).release()
    append(log, "subject-siti", 1, "subject_erased", subject_id="siti")
    for view in (PEOPLE, LIST):
        follow(db, log, view)
    gone = {"name": FORGOTTEN, "phone": None, "kind": "person"}
    stays = {"name": "sealed-2", "phone": None, "kind": "person"}
    assert rows(db, PEOPLE) == {"siti": gone, "rian": stays}
    assert rows(db, LIST) == {
        "n-1": {**gone, "subject_id": "siti"},
        "n-2": {**stays, "subject_id": "rian"},
    }


def test_redaction_taken_in_twice_is_one(db, log):
    """What the person says afterwards is theirs, and not taken out by a repeat."""
    append(log, "n-1", 1, "named", subject_id="siti", name="sealed-1")
    append(log, "subject-siti", 1, "subject_erased", subject_id="siti")
    append(log, "n-1", 2, "named", subject_id="siti", name="sealed-3")
    follow(db, log, PEOPLE).release()
    assert rows(db, PEOPLE)["siti"]["name"] == "sealed-3"
    there(db, PEOPLE).delete_one({"_id": "_checkpoint"})
    follow(db, log, PEOPLE)
    assert rows(db, PEOPLE)["siti"]["name"] == "sealed-3"


def test_late_leader_brings_back_no_name(db, log):
    """It has read the document before the redaction, and writes after it."""
    append(log, "n-1", 1, "named", subject_id="siti", name="sealed-1")
    follow(db, log, LIST).release()
    append(log, "n-1", 2, "named", subject_id="siti", name="sealed-2")
    append(log, "subject-siti", 1, "subject_erased", subject_id="siti")
    people = there(db, LIST)
    new_leader = Documents(people, LIST, TYPES)
    held_up = Documents(
        people, meddling(lambda: new_leader.take_in(log.read_on(1), 1, fence=2**60), LIST), TYPES
    )
    held_up.take_in(log.read_on(1)[:1], 1, fence=1)
    assert rows(db, LIST)["n-1"]["name"] == FORGOTTEN


def _stepped(runtime: Runtime) -> None:
    for step, _ in runtime.view_steps():
        while step():
            pass


def known(document: dict[str, Any] | None, _fact: Fact) -> dict[str, Any]:
    """Say that there is such a stream, whatever happens in it."""
    return document or {"known": True}


def test_fact_that_changes_nothing_is_not_written(
    db: Db, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view stands where the log ends all the same."""
    view = View("known", stream_of, known)
    fill(log, streams=2, each=1)
    follower = follow(db, log, view)
    append(log, "a-0", 2)
    monkeypatch.delattr(Collection, "bulk_write")
    monkeypatch.delattr(Collection, "insert_many")
    assert follower.step() == 1
    assert Documents(there(db, view), view, TYPES).checkpoint.read() == 3
