"""What changes is read once for all who listen, and only then."""

from collections.abc import Iterator

import eventlet
import pytest

from contracts.errors import Unavailable
from gateway import topic as machinery
from gateway.sse import Message
from gateway.streams import Stream
from gateway.topic import Topic


class Readings:
    """What a topic reads: its version goes up with each change; each reading takes a while."""

    def __init__(self) -> None:
        self.version = 1
        self.count = 0
        self.takes_s = 0.0
        self.topic = Topic("board", self.read, eventlet.spawn)

    def read(self) -> Message:
        self.count += 1
        found = str(self.version)
        eventlet.sleep(self.takes_s)
        return Message(found, found.encode())

    def change(self) -> None:
        self.version += 1
        self.topic.change()

    def listen(self) -> tuple[Stream, Iterator[bytes]]:
        stream = Stream(self.topic, "", self.topic.leave)
        self.topic.join(stream)
        said = iter(stream)
        next(said)
        return stream, said


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    monkeypatch.setattr(machinery, "PACE_S", 0.0)
    return Readings()


def test_many_listen_to_one_reading(readings: Readings) -> None:
    listeners = [readings.listen() for _ in range(50)]
    with eventlet.Timeout(2):
        assert [next(said) for _, said in listeners] == [b"1"] * 50
    assert readings.count == 1


def test_changes_during_a_reading_are_one_more(readings: Readings) -> None:
    """However many: the last of them is seen."""
    readings.takes_s = 0.05
    _, said = readings.listen()
    assert next(said) == b"1"
    readings.change()
    eventlet.sleep(0.01)
    for _ in range(20):
        readings.change()
    with eventlet.Timeout(2):
        assert [next(said), next(said)] == [b"2", b"22"]
    eventlet.sleep(0.1)
    assert readings.count == 3


def test_read_no_more_often_than_paced(readings: Readings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens."""
    monkeypatch.setattr(machinery, "PACE_S", 0.1)
    readings.listen()
    for _ in range(50):
        readings.change()
        eventlet.sleep(0.005)
    assert readings.count <= 5


def test_nothing_is_read_that_nobody_listens_to(readings: Readings) -> None:
    """And what was last read is not shown to who comes later."""
    readings.change()
    assert readings.count == 0
    stream, said = readings.listen()
    assert next(said) == b"2"
    stream.close()
    readings.change()
    eventlet.sleep(0.01)
    assert (readings.count, readings.topic.newest) == (1, None)
    _, said = readings.listen()
    assert next(said) == b"3"


def test_unchanged_is_not_said_again(readings: Readings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at now and then, though nothing was told: a word may have been lost."""
    monkeypatch.setattr(machinery, "LOOK_S", 0.01)
    _, said = readings.listen()
    assert next(said) == b"1"
    hears = eventlet.spawn(next, said)
    eventlet.sleep(0.1)
    assert readings.count > 3
    assert not hears.dead
    readings.version += 1
    with eventlet.Timeout(2):
        assert hears.wait() == b"2"


@pytest.mark.parametrize("fault", [Unavailable("gone"), ZeroDivisionError()])
def test_outage_is_waited_for(
    readings: Readings, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Who listens goes on where it was; a fault of ours is no end of it either."""
    monkeypatch.setattr(machinery, "AGAIN_S", 0.01)
    _, said = readings.listen()
    assert next(said) == b"1"
    whole = readings.topic._read

    def broken() -> Message:
        readings.count += 1
        raise fault

    readings.topic._read = broken
    readings.change()
    with eventlet.Timeout(5):
        while readings.count < 4:
            eventlet.sleep(0.01)
    readings.topic._read = whole
    with eventlet.Timeout(2):
        assert next(said) == b"2"
