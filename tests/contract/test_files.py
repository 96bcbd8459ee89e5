"""What every store of files promises, asked of both."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from gridfs import GridFSBucket
from pymongo.collection import Collection

from files.directory import DirectoryFiles
from files.gridfs import GridFiles
from files.opening import open_files
from files.sealing import PIECE, Damaged, seal, unseal
from files.store import NoSuchFile
from kernel.clock import new_id, random_bytes

KEY = bytes(range(32))
CONTENT = [random_bytes(100_000) for _ in range(9)]


@pytest.fixture(params=["directory", "gridfs"])
def store(request, tmp_path):
    """An empty store of each kind."""
    if request.param == "directory":
        return DirectoryFiles(tmp_path / "files")
    return GridFiles(request.getfixturevalue("db"))


def content(store, id):
    """Read a file whole, in pieces as a reader would."""
    with store.open(id) as source:
        return b"".join(iter(lambda: source.read(70_000), b""))


def cut_after(pieces):
    """Yield some, and fail as a client that has gone."""
    yield from pieces
    raise ConnectionError("gone")


def test_what_was_written_is_read(store):
    """Byte by byte."""
    store.write("f1", CONTENT)
    assert content(store, "f1") == b"".join(CONTENT)


def test_what_is_held_is_told(store):
    """With its size and when it came."""
    store.write("f1", CONTENT)
    store.write("f2", [b"x"])
    held = {each.id: each for each in store.held()}
    assert {name: each.size for name, each in held.items()} == {"f1": 900_000, "f2": 1}
    assert all(each.whole for each in held.values())
    assert abs(datetime.now(UTC) - held["f1"].since) < timedelta(minutes=1)


def test_cut_upload_leaves_nothing(store):
    """Neither a file nor a part of one, and the reason is raised."""
    with pytest.raises(ConnectionError):
        store.write("f1", cut_after(CONTENT))
    assert list(store.held()) == []
    with pytest.raises(NoSuchFile):
        store.open("f1").__enter__()


def test_file_is_not_there_before_it_is_whole(store):
    """Who reads meanwhile finds nothing; who lists sees that it is being written."""
    seen = []

    def pieces():
        yield from CONTENT
        seen.extend(store.held())
        with pytest.raises(NoSuchFile):
            store.open("f1").__enter__()

    store.write("f1", pieces())
    assert [(each.id, each.whole) for each in seen] == [("f1", False)]


def test_what_a_dead_process_left_can_be_taken_away(store):
    """Its part of a file is told of, and goes like a file."""
    died_while_writing(store, "f1")
    assert [(each.id, each.whole) for each in store.held()] == [("f1", False)]
    store.remove("f1")
    assert list(store.held()) == []


def died_while_writing(store, id):
    """Leave what a process leaves that was killed in the middle of an upload."""

    def pieces():
        yield from CONTENT
        store.remove = lambda _id: None  # a process that is dead cleans nothing up
        raise SystemExit

    if isinstance(store, DirectoryFiles):
        (store._place / f"{id}.draft").write_bytes(CONTENT[0])
        return
    with pytest.raises(SystemExit):
        store.write(id, pieces())
    del store.remove


def test_dead_upload_leaves_no_chunks_in_gridfs(db):
    """The chunks lie apart from what names the file; they go with it all the same."""
    store = GridFiles(db)
    died_while_writing(store, "f1")
    assert db["files.chunks"].count_documents({}) > 0
    store.remove("f1")
    assert db["files.chunks"].count_documents({}) == 0


def test_process_killed_while_it_removes_leaves_what_is_told_of(db, monkeypatch):
    """Wherever it dies: what is left can be found without reading all the chunks, and goes."""
    for survived in range(3):
        store = GridFiles(db)
        store.write("f1", CONTENT)
        with monkeypatch.context() as patch:
            dies_after(survived, patch)
            with pytest.raises(SystemExit):
                store.remove("f1")
        assert [each.id for each in store.held()] == ["f1"] or chunks(db) == 0
        store.remove("f1")
        assert (list(store.held()), chunks(db)) == ([], 0)


def dies_after(deletions, patch):
    """Have the process die instead of a further deletion."""
    left = iter(range(deletions))

    def dying(delete):
        def call(*words, **more):
            if next(left, None) is None:
                raise SystemExit
            return delete(*words, **more)

        return call

    for name in ("delete_one", "delete_many"):
        patch.setattr(Collection, name, dying(getattr(Collection, name)))


def chunks(db):
    return db["files.chunks"].count_documents({})


def test_driver_reads_what_lies_in_gridfs(db):
    """It is laid out as every tool for GridFS expects."""
    GridFiles(db).write("f1", CONTENT)
    found = GridFSBucket(db, "files").open_download_stream("f1")
    assert found.read() == b"".join(CONTENT)


def test_what_others_keep_in_the_directory_is_none_of_its_files(tmp_path):
    """A file system's own entries, another's directory: not told of, so no sweep stops at them."""
    store = DirectoryFiles(tmp_path)
    store.write("f1", CONTENT)
    (tmp_path / ".nfs000000000123").write_bytes(b"x")
    (tmp_path / ".draft").write_bytes(b"x")
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "copies").mkdir()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "f1")
    assert [each.id for each in store.held()] == ["f1"]


def test_removed_file_is_gone(store):
    """Once or twice removed."""
    store.write("f1", CONTENT)
    store.remove("f1")
    store.remove("f1")
    assert list(store.held()) == []
    with pytest.raises(NoSuchFile):
        store.open("f1").__enter__()


@pytest.mark.parametrize("id", ["../f1", "a/b", "", "f.1", "x" * 65])
def test_id_is_no_path(tmp_path, id):
    """Nothing outside the directory can be named."""
    store = DirectoryFiles(tmp_path / "files")
    for call in (lambda: store.write(id, [b"x"]), lambda: store.open(id), lambda: store.remove(id)):
        with pytest.raises(NoSuchFile):
            call()
    assert list(store.held()) == []


def test_sealed_file_is_opened(store):
    """On its way through the store it is what nobody can read."""
    store.write("f1", seal(CONTENT, KEY))
    assert CONTENT[0][:1000] not in content(store, "f1")
    with store.open("f1") as source:
        assert b"".join(unseal(source, KEY)) == b"".join(CONTENT)


def spoilt(sealed):
    """Yield what could become of a sealed file, under the name of the harm."""
    frame, head = PIECE + 17, 24
    pieces = [sealed[i : i + frame] for i in range(head, len(sealed), frame)]
    yield "a bit turned", sealed[:500_000] + bytes([sealed[500_000] ^ 1]) + sealed[500_001:]
    yield "cut between pieces", sealed[: head + 3 * frame]
    yield "cut within a piece", sealed[:-1]
    yield "a piece left out", sealed[: head + frame] + sealed[head + 2 * frame :]
    yield "pieces swapped", sealed[:head] + b"".join([pieces[1], pieces[0], *pieces[2:]])
    yield "a piece said twice", sealed[: head + frame] + sealed[head:]
    yield "continued", sealed + b"x"
    yield "nothing left", b""
    yield "another file", b"".join(seal([b"x" * 900_000], bytes(32)))


SEALED = b"".join(seal(CONTENT, KEY))
HARM = dict(spoilt(SEALED))


@pytest.mark.parametrize("harm", HARM)
def test_what_is_not_as_it_was_written_is_refused(store, harm):
    """And what had come before the harm is as it was."""
    store.write("f1", [HARM[harm]])
    came = bytearray()
    with store.open("f1") as source, pytest.raises(Damaged):
        came.extend(b for piece in unseal(source, KEY) for b in piece)
    assert b"".join(CONTENT).startswith(came)


def test_two_write_at_once(store):
    """Two uploads in turns, each its own."""

    def pieces():
        yield b"a"
        store.write("f2", [b"b"])
        yield b"a"

    store.write("f1", pieces())
    assert (content(store, "f1"), content(store, "f2")) == (b"aa", b"b")


def test_systems_do_not_see_each_others_files(server, tmp_path):
    """Each has a place of its own in a store that they share."""
    url = f"file://{tmp_path}"
    one, two = (
        open_files(replace(server, files_url=url, db_prefix=f"p{new_id()[:6]}")) for _ in "12"
    )
    one.write("f1", [b"x"])
    assert list(two.held()) == []
