"""The sweep takes away what the facts do not want held, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from contracts.errors import Unavailable
from files.directory import DirectoryFiles
from kernel.view_following import Follower
from kernel.view_reading import Reader
from services.consultation.attachments.views import FILES
from services.consultation.schemas import TYPES
from services.consultation.sweeping import Sweep
from tests.contract.log_contract import draft
from tests.support import NOON, eventually
from tests.unit.attachments import dropped_event, uploaded_event

LATER = datetime.now(UTC) + timedelta(hours=2)
"""When all that these tests store is older than an hour."""


@pytest.fixture
def world(processes, tmp_path):
    """A log, a store, and the view of the one that is held against the other."""
    return World(processes[0], DirectoryFiles(tmp_path / "files"))


class World:
    def __init__(self, process, files):
        self.process, self.files = process, files
        self.reader = Reader(process.db, process.log, TYPES, FILES)
        self.follower = Follower(process.db, process.log, TYPES, FILES)
        self.versions = 0

    def told(self, *events):
        """Have facts in the log, and in the view."""
        for event in events:
            self.versions += 1
            stored = TYPES.encode(event, f"e{self.versions}", NOON, self.process.vault)
            self.process.log.append(draft("consultation-k1", self.versions, events=(stored,)))

    def caught_up(self):
        eventually(lambda: self.follower.step() == 0 and self.reader.lag() == 0)
        return self

    def sweep(self, now=LATER, **how):
        head = self.process.log.head
        forgotten = self.process.vault.forgotten
        return Sweep(self.files, self.reader, lambda: head().position, forgotten).run(now, **how)

    def stored(self):
        return {each.id for each in self.files.held()}


def keep(world, *ids):
    for id in ids:
        world.files.write(id, [b"xx"])


def test_file_of_an_attachment_stays(world):
    """However old it is."""
    keep(world, "fa1")
    world.told(event("a1"))
    swept = world.caught_up().sweep()
    assert (swept.files, swept.size, swept.gone.total()) == (1, 2, 0)
    assert world.stored() == {"fa1"}


def event(id, made=uploaded_event):
    """An event whose file has a name that a store takes."""
    return replace(made(id), file_id=f"f{id}")


def test_dropped_file_goes_at_once(world):
    """Young or old."""
    keep(world, "fa1")
    world.told(event("a1"), event("a1", dropped_event))
    assert world.caught_up().sweep(datetime.now(UTC)).gone == {"dropped": 1}
    assert world.stored() == set()


def test_file_of_who_is_forgotten_goes_at_once(world):
    """The vault is asked, and no view that could have missed it."""
    keep(world, "fa1")
    world.told(event("a1"))
    world.process.vault.forget("siti", NOON)
    assert world.caught_up().sweep(datetime.now(UTC)).gone == {"forgotten": 1}
    assert world.stored() == set()


def test_unknown_file_goes_when_it_is_old(world):
    """An upload under way is one that no fact tells of yet."""
    keep(world, "f1", "fa1")
    (world.files._place / "f2.draft").write_bytes(b"x")
    world.told(event("a1"))
    world.caught_up()
    assert world.sweep(datetime.now(UTC) + timedelta(minutes=59)).gone == {}
    assert world.sweep(datetime.now(UTC) + timedelta(minutes=61)).gone == {"unknown": 2}
    assert world.stored() == {"fa1"}


def test_files_that_nothing_tells_of_stay_where_the_database_is_empty(world):
    """It is the wrong one, or not restored yet: only a person may say that they are nobody's."""
    keep(world, "f1", "f2")
    (world.files._place / "f3.draft").write_bytes(b"x")
    with capture_logs() as logs:
        swept = world.caught_up().sweep()
    assert (swept.files, swept.left, swept.gone) == (2, 2, {"unknown": 1})  # the draft
    assert world.stored() == {"f1", "f2"}
    assert [(line["log_level"], line["unknown"]) for line in logs] == [("error", 2)]
    assert "pst files sweep" in logs[0]["todo"]
    assert world.sweep(all_unknown=True).gone == {"unknown": 2}
    assert world.stored() == set()


@pytest.mark.parametrize(("unknown", "goes"), [(13, True), (14, False)])
def test_unknown_files_go_only_where_they_are_few(world, unknown, goes):
    """Ten, and one for each ten that are known: an old copy of the database knows too few."""
    keep(world, *(f"f{n}" for n in range(30 + unknown)))
    world.told(*(event(f"{n}") for n in range(30)))
    swept = world.caught_up().sweep()
    assert (swept.files, swept.left) == ((30, 0) if goes else (30 + unknown, unknown))
    assert len(world.stored()) == swept.files


def test_nothing_goes_while_the_view_is_behind(world, monkeypatch):
    """A file whose fact it does not know yet would be taken for unknown."""
    keep(world, "fa1")
    monkeypatch.setattr("services.consultation.sweeping.PATIENCE_S", 0.3)
    world.told(event("a2"))
    world.caught_up().sweep(datetime.now(UTC))
    world.told(event("a1"))
    with pytest.raises(Unavailable):
        world.sweep()
    assert world.stored() == {"fa1"}
    assert world.caught_up().sweep().gone == {}


def test_nothing_goes_when_only_counted(world):
    """`dry` tells what a sweep would do."""
    keep(world, "f1", "fa1")
    world.told(event("a1"))
    assert world.caught_up().sweep(dry=True).gone == {"unknown": 1}
    assert world.stored() == {"f1", "fa1"}


def test_many_files_are_looked_at_in_batches(world):
    """Each once."""
    keep(world, *(f"f{n}" for n in range(450)))
    world.told(*(event(f"{n}") for n in range(0, 450, 3)))
    swept = world.caught_up().sweep(all_unknown=True)
    assert (swept.files, swept.gone) == (150, {"unknown": 300})
    assert len(world.stored()) == 150
