"""Files in the conversation: who gets them, what is taken, what is kept of them."""

import os
import re
import shutil
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from contracts.errors import Code
from deploy import ports
from files.directory import DirectoryFiles
from files.sealing import unseal
from kernel.clock import new_id
from kernel.database import connect
from pst.system import System
from tests import sent_files as sent
from tests.api import gateway, path, problem
from tests.markers import eavesdropping, traces
from tests.sent_files import added, download, kept, store_of, stored, upload, uploaded
from tests.support import ROOT, eventually, running

MIB = 1024 * 1024
ANOTHER_OFFICE = ("9471",)


@pytest.fixture(scope="module")
def in_gridfs(tmp_path_factory):
    """A system that keeps files in its database."""
    with running(tmp_path_factory.mktemp("gridfs"), PST_FILES_URL="mongodb") as system:
        yield system


@pytest.fixture(params=["stack", "in_gridfs"])
def system(request):
    """Each store in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def user(stack, fresh):
    return stack.user(fresh["subject_id"])


def sweep(system):
    """Have the store swept now, of uploads cut a moment ago too; return what is said."""
    eventually(lambda: system.caught_up("consultation"))
    return system.pst("files", "sweep", "--unknown-after", "0s")


def test_file_travels_with_its_message(system):
    """Up, into a message, down again byte by byte: for both sides, and for nobody else."""
    fresh, officer = system.submit(), system.officer()
    user, content = system.user(fresh["subject_id"]), sent.pdf(3 * MIB, text="laporan")
    answer = upload(user, fresh, content, name="Laporan é.pdf")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told | {"attachment_id": "", "uploaded_at": ""} == {
        "attachment_id": "",
        "name": "Laporan é.pdf",
        "media_type": "application/pdf",
        "size": 3 * MIB,
        "uploaded_at": "",
    }
    id = told["attachment_id"]
    assert download(officer, fresh, id).status_code == 404, "it is in no message yet"
    wish = {"text": "Ini laporannya.", "attachments": [id]}
    message = user.post(path(fresh, "messages"), wish).json()
    del told["uploaded_at"]
    assert message["attachments"] == [told]
    assert officer.get(path(fresh)).json()["messages"][-1]["attachments"] == [told]
    for reader in (user, officer):
        got = download(reader, fresh, id)
        assert (got.status_code, got.content == content) == (200, True)
    problem(download(system.user("orang-lain"), fresh, id), Code.NOT_FOUND)
    problem(download(system.officer("cici", ANOTHER_OFFICE), fresh, id), Code.WRONG_OFFICE)
    problem(download(officer, system.submit(), id), Code.NOT_FOUND)


def test_file_is_for_saving_only(stack, fresh, user):
    """No browser runs it, shows it, guesses what it is or keeps it."""
    id = uploaded(user, fresh, sent.archive(*sent.XLSX), name='a"b é.xlsx')
    headers = download(user, fresh, id).headers
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"a_b e.xlsx\"; filename*=UTF-8''a%22b%20%C3%A9.xlsx"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert headers["Repr-Digest"].startswith("sha-256=:")


def test_file_of_a_note_is_the_offices(stack, fresh, user, officer):
    """The person sees neither the note nor its file, nor that one was ever uploaded."""
    id = uploaded(officer, fresh, sent.pdf(), name="rahasia.pdf")
    problem(download(user, fresh, id), Code.NOT_FOUND)
    officer.post(path(fresh, "messages"), {"text": "n", "internal": True, "attachments": [id]})
    assert download(officer, fresh, id).status_code == 200
    assert download(stack.officer("ani"), fresh, id).status_code == 200
    problem(download(user, fresh, id), Code.NOT_FOUND)
    assert id not in user.get(path(fresh, "history")).text
    assert id in officer.get(path(fresh, "history")).text
    assert id not in user.get(path(fresh)).text


def test_file_is_sent_once_by_who_uploaded_it(fresh, user, officer):
    """Anything else names the ids that cannot be used, and sends nothing."""
    mine, theirs = uploaded(user, fresh, sent.pdf()), uploaded(officer, fresh, sent.pdf())
    place = path(fresh, "messages")
    assert user.post(place, {"text": "a", "attachments": [mine]}).status_code == 201
    for ids in ([mine], [theirs], ["tidakada"]):
        answer = user.post(place, {"text": "b", "attachments": ids})
        assert problem(answer, Code.ATTACHMENT_UNUSABLE)["errors"] == {"attachments": ids}
    assert len(user.get(path(fresh)).json()["messages"]) == 2


def test_message_has_five_files_at_most(fresh, user):
    """Each named once."""
    ids = [uploaded(user, fresh, sent.pdf()) for _ in range(6)]
    place = path(fresh, "messages")
    for wrong in (ids, [ids[0], ids[0]], ["../x"], "a"):
        answer = user.post(place, {"text": "a", "attachments": wrong})
        assert "attachments" in str(problem(answer, Code.VALIDATION_FAILED)["errors"])
    message = user.post(place, {"text": "a", "attachments": ids[:5]}).json()
    assert [each["attachment_id"] for each in message["attachments"]] == ids[:5]


def test_file_of_ten_mebibytes_is_taken_and_one_byte_more_is_not(stack, fresh, user):
    """Said with its length or sent in chunks; the limit is named, nothing is kept."""
    before = stored(stack)
    whole = sent.pdf(10 * MIB)
    chunks = (whole[n : n + MIB] or b"x" for n in range(0, 10 * MIB + 1, MIB))
    for content in (whole + b"x", chunks):
        refused = problem(upload(user, fresh, content), Code.BODY_TOO_LARGE)
        assert "10485760" in refused["detail"]
    assert not added(stack, before)
    id = uploaded(user, fresh, (whole[n : n + MIB] for n in range(0, 10 * MIB, MIB)))
    assert download(user, fresh, id).content == whole


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", Code.VALIDATION_FAILED),
        (b"MZ\x90\x00\x03\x00\x00\x00" + bytes(100), Code.FILE_TYPE_REFUSED),
        (b"<html><script>alert(1)</script>", Code.FILE_TYPE_REFUSED),
        (b"teks " * 100_000 + b"\x00", Code.FILE_TYPE_REFUSED),
        (sent.archive("a.txt"), Code.FILE_TYPE_REFUSED),
    ],
)
def test_refused_file_is_not_kept(stack, fresh, user, content, code):
    """Whether its first byte tells or its last."""
    before = stored(stack)
    refused = problem(upload(user, fresh, content), code)
    assert code is not Code.FILE_TYPE_REFUSED or "Taken: pdf, docx" in refused["detail"]
    assert not added(stack, before)
    assert user.get(path(fresh)).json()["version"] == 1


def test_upload_says_what_is_wrong_with_the_call(stack, fresh, user):
    """Before a byte of it is read."""
    nameless = user.http.post(f"/v1{path(fresh, 'attachments')}", content=sent.pdf())
    assert "name" in problem(nameless, Code.VALIDATION_FAILED)["errors"]
    zipped = upload(user, fresh, sent.pdf(), Content_Encoding="gzip")
    problem(zipped, Code.UNSUPPORTED_MEDIA_TYPE)
    problem(upload(stack.user("orang-lain"), fresh, sent.pdf(MIB)), Code.NOT_FOUND)
    abroad = stack.officer("cici", ANOTHER_OFFICE)
    problem(upload(abroad, fresh, sent.pdf(MIB)), Code.WRONG_OFFICE)
    assert user.get(path(fresh)).status_code == 200, "the connection is in step again"


def test_uploads_of_one_caller_are_rated(stack, fresh):
    """`PST_UPLOAD_RATE`, beside the rate of all calls; another caller has their own."""
    with gateway(stack, PST_UPLOAD_RATE="2/minute") as other:
        user = other.user(fresh["subject_id"])
        assert [upload(user, fresh, sent.pdf()).status_code for _ in "123"] == [201, 201, 429]
        refused = upload(user, fresh, sent.pdf())
        problem(refused, Code.RATE_LIMITED)
        assert 1 <= int(refused.headers["Retry-After"]) <= 61
        assert user.get(path(fresh)).status_code == 200
        assert upload(other.officer(), fresh, sent.pdf()).status_code == 201


def test_consultation_takes_no_more_files_than_it_has_room_for(fresh, user):
    """Twenty that wait for a message; said before a byte of the next one is read."""
    ids = [uploaded(user, fresh, sent.pdf()) for _ in range(20)]
    problem(upload(user, fresh, sent.pdf(MIB)), Code.ATTACHMENTS_FULL)
    user.post(path(fresh, "messages"), {"text": "a", "attachments": ids[:5]})
    assert upload(user, fresh, sent.pdf()).status_code == 201


def test_repeat_of_an_upload_that_took_the_last_place_is_answered_as_it_was(fresh, user):
    """What was taken is taken."""
    for _ in range(19):
        uploaded(user, fresh, sent.pdf())
    key = new_id()
    first = upload(user, fresh, sent.pdf(), Idempotency_Key=key)
    again = upload(user, fresh, sent.pdf(), Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    problem(upload(user, fresh, sent.pdf(), Idempotency_Key=new_id()), Code.ATTACHMENTS_FULL)


def test_consultation_that_is_closed_for_good_takes_no_files(stack, fresh, user):
    """As it takes no message from who asked; staff may open what they closed as spam again."""
    stack.officer().post(path(fresh, "close"), {"reason": "spam"})
    problem(upload(user, fresh, sent.pdf()), Code.CLOSED_FOR_GOOD)
    problem(user.post(path(fresh, "messages"), {"text": "a"}), Code.CLOSED_FOR_GOOD)
    uploaded(stack.officer(), fresh, sent.pdf())


def test_repeated_upload_is_one_attachment(system):
    """The same key and the same file: one id, one file kept; another file under it is refused."""
    fresh = system.submit()
    user, key, before = system.user(fresh["subject_id"]), new_id(), store_of(system)
    first = upload(user, fresh, sent.pdf(), Idempotency_Key=key)
    again = upload(user, fresh, sent.pdf(), Idempotency_Key=key)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = upload(user, fresh, sent.pdf(text="lain"), Idempotency_Key=key)
    problem(other, Code.IDEMPOTENCY_KEY_REUSED)
    renamed = upload(user, fresh, sent.pdf(), name="lain.pdf", Idempotency_Key=key)
    problem(renamed, Code.IDEMPOTENCY_KEY_REUSED)
    assert len(store_of(system) - before) == 1
    assert download(user, fresh, first.json()["attachment_id"]).content == sent.pdf()


def test_same_upload_twice_at_once_is_one_attachment(stack, fresh):
    """Each tries in a place of its own; the place of the second is given up."""
    before, key = stored(stack), new_id()

    def once(_):
        user = stack.user(fresh["subject_id"])
        return upload(user, fresh, sent.pdf(2 * MIB), Idempotency_Key=key)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(once, range(4)))
    assert {answer.status_code for answer in answers} == {201}
    (id,) = {answer.json()["attachment_id"] for answer in answers}
    assert len(added(stack, before)) == 1
    assert download(stack.user(fresh["subject_id"]), fresh, id).content == sent.pdf(2 * MIB)


def test_unused_upload_is_dropped_after_a_day(system):
    """Not a moment earlier, and not one that a message has used."""
    fresh, before = system.submit(), store_of(system)
    user = system.user(fresh["subject_id"])
    used, unused = (uploaded(user, fresh, sent.pdf()) for _ in "12")
    user.post(path(fresh, "messages"), {"text": "a", "attachments": [used]})
    system.travel_to(system.now() + timedelta(hours=23, minutes=59))
    assert download(user, fresh, unused).status_code == 200
    system.travel_to(system.now() + timedelta(minutes=2))
    eventually(lambda: download(user, fresh, unused).status_code == 404)
    answer = user.post(path(fresh, "messages"), {"text": "b", "attachments": [unused]})
    problem(answer, Code.ATTACHMENT_UNUSABLE)
    assert len(store_of(system) - before) == 2
    sweep(system)
    assert len(store_of(system) - before) == 1
    assert download(user, fresh, used).status_code == 200
    assert "attachment_dropped" in user.get(path(fresh, "history")).text


def test_nothing_of_a_file_lies_in_clear(stack, fresh, user):
    """Neither a word of it nor its name: on disk, in the database, on the broker, in the logs."""
    mark = uuid.uuid4().hex
    with eavesdropping(stack) as heard:
        id = uploaded(user, fresh, sent.pdf(MIB, text=f"isi {mark}"), name=f"{mark}.pdf")
        user.post(path(fresh, "messages"), {"text": "a", "attachments": [id]})
        assert mark.encode() in download(user, fresh, id).content
        refused = sent.pdf(11 * MIB, text=f"isi {mark}")
        upload(user, fresh, refused, name=f"{mark}.pdf")
        eventually(lambda: stack.caught_up("consultation"))
        assert mark.encode() not in heard()
    assert all(mark.encode() not in file.read_bytes() for file in kept(stack).iterdir())
    assert traces(stack, fresh["consultation_id"]), "nothing is found at all"
    assert traces(stack, mark) == []


def test_files_of_who_is_forgotten_are_unreadable_and_go(system):
    """At once for everybody, from any copy of the store; with the next sweep from the store."""
    fresh, officer, before = system.submit(), system.officer(), store_of(system)
    user = system.user(fresh["subject_id"])
    posted, unused = uploaded(user, fresh, sent.pdf()), uploaded(user, fresh, sent.pdf())
    theirs = uploaded(officer, fresh, sent.pdf())
    user.post(path(fresh, "messages"), {"text": "a", "attachments": [posted]})
    system.pst("vault", "forget", fresh["subject_id"], "--yes")
    eventually(lambda: download(officer, fresh, posted).status_code == 409)
    for who, id in ((officer, posted), (user, unused), (officer, theirs)):
        problem(download(who, fresh, id), Code.SUBJECT_ERASED)
    problem(upload(user, fresh, sent.pdf()), Code.SUBJECT_ERASED)
    assert officer.get(path(fresh)).json()["messages"][-1]["attachments"][0]["name"] == "[dihapus]"
    assert len(store_of(system) - before) == 3
    assert "3 forgotten" in sweep(system)
    assert store_of(system) <= before


def test_who_is_forgotten_during_an_upload_keeps_nothing(stack, fresh, user):
    """The file is refused in the end, and gone at once."""
    before = stored(stack)

    def slowly():
        yield sent.pdf(MIB)
        stack.pst("vault", "forget", fresh["subject_id"], "--yes")
        eventually(lambda: "[dihapus]" in stack.officer().get(path(fresh)).text)
        yield bytes(MIB)

    problem(upload(user, fresh, slowly()), Code.SUBJECT_ERASED)
    assert not added(stack, before)


def test_files_come_back_with_a_backup(stack, fresh, user, tmp_path):
    """Its vault opens a copy of the store, but for who was forgotten before it was taken."""
    other = stack.submit()
    before = stored(stack)
    uploaded(user, fresh, sent.pdf(200_000))
    (mine,) = added(stack, before)
    uploaded(stack.user(other["subject_id"]), other, sent.pdf(200_000))
    (theirs,) = added(stack, before) - {mine}
    stack.pst("vault", "forget", other["subject_id"], "--yes")
    stack.pst("backup", str(tmp_path / "backup"))
    shutil.copytree(kept(stack), tmp_path / "files")
    restored = replace(stack.settings, db_prefix=f"again_{new_id()[:8]}")
    environ = {**os.environ, **stack.env, "PST_DB_PREFIX": restored.db_prefix}
    words = [ROOT / ".venv/bin/pst", "restore", tmp_path / "backup"]
    subprocess.run(words, env=environ, check=True, capture_output=True)
    vault = System(restored, connect(restored)).checked_vault()
    assert vault.file_key(other["subject_id"], theirs) is None
    with DirectoryFiles(tmp_path / "files").open(mine) as source:
        content = unseal(source, vault.file_key(fresh["subject_id"], mine))
        assert b"".join(content) == sent.pdf(200_000)


@pytest.mark.parametrize("offset", [30, 70_000, -5])
def test_altered_file_is_not_given_out(stack, fresh, user, offset):
    """In its first piece: unavailable. Later: what comes is good, and ends before the harm."""
    content = sent.pdf(200_000, text="asli")
    before = stored(stack)
    id = uploaded(user, fresh, content)
    (name,) = added(stack, before)
    file = kept(stack) / name
    sealed = bytearray(file.read_bytes())
    sealed[offset] ^= 1
    file.write_bytes(sealed)
    if offset == 30:
        problem(download(user, fresh, id), Code.UNAVAILABLE)
        return
    came = received(user, fresh, id)
    assert len(came) < len(content)
    assert content.startswith(came)


def received(user, consultation, id):
    """Return what comes of a download until it ends or breaks off."""
    came = bytearray()
    place = f"/v1{path(consultation, 'attachments')}/{id}"
    with user.http.stream("GET", place) as answer, suppress(httpx.RemoteProtocolError):
        for piece in answer.iter_bytes():
            came += piece
    return bytes(came)


def test_lost_file_is_said_to_be_unavailable(stack, fresh, user):
    """The facts tell of it, the store has it no more: the operators' log says so."""
    before = stored(stack)
    id = uploaded(user, fresh, sent.pdf())
    (name,) = added(stack, before)
    (kept(stack) / name).unlink()
    problem(download(user, fresh, id), Code.UNAVAILABLE)
    log = (stack.run_dir / "log/gateway.log").read_text()
    assert "file_not_readable" in log


def test_service_sweeps_by_itself(stack):
    """What no fact tells of goes when it is an hour old; what is younger may be under way."""
    place = kept(stack)
    old, young, draft = (place / name for name in (new_id(), new_id(), f"{new_id()}.draft"))
    for file in (old, young, draft):
        file.write_bytes(b"x")
    for file in (old, draft):
        os.utime(file, (time.time() - 3700,) * 2)
    stack.control.stop("consultation")  # who begins to lead begins with a sweep
    stack.control.start("consultation")
    eventually(lambda: not old.exists() and not draft.exists(), within=40)
    assert young.exists()
    young.unlink()
    stack.wait_ready("consultation")
    port = ports.load(stack.run_dir)["consultation"]
    told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'pst_files_swept_total{reason="unknown"} 2.0' in told
    held = float(re.search(r"^pst_files_held (.+)$", told, re.MULTILINE)[1])
    assert held >= 1
