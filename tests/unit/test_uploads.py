"""Files on their way in: bounded in time and number; what is not attached is not kept."""

import base64
from dataclasses import replace
from typing import Any

import eventlet
import nameko
import pytest

from contracts.errors import Code, Rejected, Unavailable
from files.directory import DirectoryFiles
from gateway import uploads
from gateway.auth import Identity
from gateway.call import Call
from gateway.uploads import Uploads
from kernel.config import Settings, SettingsError
from tests.sent_files import pdf

SITI = Identity(sub="siti", role="service_user", offices=(), name="")
JOKO = replace(SITI, sub="joko")
PLACE = {"file_id": "f1", "key": base64.b64encode(bytes(32)).decode()}


@pytest.fixture
def taking() -> Uploads:
    with nameko.config.patch({"settings": Settings(upload_rate="3/minute")}):
        made = Uploads()
        made.setup()
    return made


@pytest.fixture
def files(tmp_path: Any) -> DirectoryFiles:
    return DirectoryFiles(tmp_path / "files")


def call(pieces: Any, identity: Identity = SITI) -> Call:
    caller = {"role": "service_user", "id": identity.sub}
    return Call(identity, caller, {"consultation_id": "k1"}, {"name": "a.pdf"}, file=pieces)


def attach(request: dict[str, Any]) -> dict[str, Any]:
    return {"file_id": request["file_id"], "request": request}


def held(files: DirectoryFiles) -> list[str]:
    return [each.id for each in files.held()]


def test_stored_file_is_attached_as_it_is(taking: Uploads, files: DirectoryFiles) -> None:
    """With its size, type, digest and clean name, under the hash of what was sent."""
    asked = taking.receive(files, call([pdf()]), PLACE, attach)["request"]
    assert asked | {"digest": "", "caller": {}} == {
        "consultation_id": "k1",
        "file_id": "f1",
        "name": "a.pdf",
        "media_type": "application/pdf",
        "size": 2_000,
        "digest": "",
        "caller": {},
    }
    again = taking.receive(files, call([pdf()]), {**PLACE, "file_id": "f2"}, attach)["request"]
    other = taking.receive(files, call([pdf(9)]), {**PLACE, "file_id": "f3"}, attach)["request"]
    hashes = [each["caller"]["request_hash"] for each in (asked, again, other)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_slow_upload_is_let_go(
    taking: Uploads, files: DirectoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then keeps no place for ever."""
    monkeypatch.setattr(uploads, "UPLOAD_S", 0.1)

    def dripping() -> Any:
        yield pdf()
        while True:
            eventlet.sleep(0.01)
            yield b"\0"

    with pytest.raises(Rejected) as refusal:
        taking.receive(files, call(dripping()), PLACE, attach)
    assert refusal.value.code is Code.MALFORMED_REQUEST
    assert held(files) == []


def test_one_caller_has_so_many_under_way(
    taking: Uploads, files: DirectoryFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others come in beside them; all together have a limit, too, and places come free again."""
    monkeypatch.setattr(uploads, "OF_ONE", 1)
    monkeypatch.setattr(uploads, "MOST", 2)

    def meanwhile() -> Any:
        yield pdf()
        with pytest.raises(Rejected) as refusal:
            taking.receive(files, call([pdf()]), {**PLACE, "file_id": "f2"}, attach)
        assert refusal.value.code is Code.RATE_LIMITED
        taking.receive(files, call(full(), JOKO), {**PLACE, "file_id": "f3"}, attach)

    def full() -> Any:
        yield pdf()
        third = replace(SITI, sub="ani")
        with pytest.raises(Unavailable):
            taking.receive(files, call([pdf()], third), {**PLACE, "file_id": "f4"}, attach)

    taking.receive(files, call(meanwhile()), PLACE, attach)
    taking.receive(files, call([pdf()]), {**PLACE, "file_id": "f5"}, attach)
    assert sorted(held(files)) == ["f1", "f3", "f5"]


def test_uploads_are_rated_by_caller(taking: Uploads) -> None:
    """Of one caller three a minute here, of another as many."""
    for _ in range(3):
        taking.count(SITI)
    with pytest.raises(Rejected) as refusal:
        taking.count(SITI)
    assert refusal.value.code is Code.RATE_LIMITED
    taking.count(JOKO)


def test_wrong_rate_is_named() -> None:
    """By the setting it came from."""
    with (
        nameko.config.patch({"settings": Settings(upload_rate="often")}),
        pytest.raises(SettingsError, match="PST_UPLOAD_RATE"),
    ):
        Uploads().setup()


def test_refused_file_is_not_kept(taking: Uploads, files: DirectoryFiles) -> None:
    """Somebody was forgotten, or there is no room: the store holds nothing of it."""

    def refuse(_request: dict[str, Any]) -> dict[str, Any]:
        raise Rejected(Code.ATTACHMENTS_FULL)

    with pytest.raises(Rejected):
        taking.receive(files, call([pdf()]), PLACE, refuse)
    assert held(files) == []


def test_file_stays_where_it_is_not_known_what_became_of_it(
    taking: Uploads, files: DirectoryFiles
) -> None:
    """No answer is no refusal: it may be attached. If not, the sweep takes it away."""

    def silent(_request: dict[str, Any]) -> dict[str, Any]:
        raise Unavailable

    with pytest.raises(Unavailable):
        taking.receive(files, call([pdf()]), PLACE, silent)
    assert held(files) == ["f1"]


def test_second_try_of_one_wish_is_not_kept(taking: Uploads, files: DirectoryFiles) -> None:
    """The first has been attached; this one has another place."""
    taking.receive(files, call([pdf()]), PLACE, lambda _: {"file_id": "f0"})
    assert held(files) == []


def test_full_disk_is_an_outage(taking: Uploads, files: DirectoryFiles) -> None:
    """Not the sender's doing; worth trying again."""

    class Full(DirectoryFiles):
        def write(self, id: str, pieces: Any) -> None:
            raise OSError(28, "No space left on device")

    full = Full(files._place)
    with pytest.raises(Unavailable):
        taking.receive(full, call([pdf()]), PLACE, attach)
