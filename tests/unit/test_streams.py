"""Streams of server-sent events: what is written, to whom, and how many."""

import json
from collections.abc import Iterator

import eventlet
import pytest
from werkzeug.test import EnvironBuilder

from contracts.errors import Code, Unavailable
from gateway import streams as machinery
from gateway.errors import Refusal
from gateway.sse import Message, message
from gateway.streams import HEARTBEAT_S, EventStream, Stream, Streams, wake_all

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
MANY = 100


class Board:
    """Something to listen to, changed by hand."""

    name = "board"

    def __init__(self, *said: str) -> None:
        self.newest: Message | None = None
        self.listening: set[Stream] = set()
        for message_id in said:
            self.show(message_id)

    def since(self, seen: str) -> list[Message]:
        return [] if self.newest is None or self.newest.id == seen else [self.newest]

    def join(self, stream: Stream) -> None:
        self.listening.add(stream)

    def leave(self, stream: Stream) -> None:
        self.listening.discard(stream)

    def show(self, message_id: str) -> None:
        self.newest = message("board", message_id, {"n": message_id})
        wake_all(self.listening)


def listening(board: Board, seen: str = "") -> tuple[Stream, Iterator[bytes]]:
    """Return a stream that has begun, and what it says from then on."""
    stream = Stream(board, seen, board.leave)
    board.join(stream)
    said = iter(stream)
    assert next(said).startswith(b"retry: ")
    return stream, said


def said_within(said: Iterator[bytes], seconds: float) -> bytes | None:
    """Return the next word, None if none comes."""
    with eventlet.Timeout(seconds, False):
        return next(said)
    return None


def test_message_is_written_as_the_standard_says() -> None:
    """One line of data, whatever is in it."""
    written = message("board", "2026-11-23/7", {"text": "dua\nbaris \u2028 é"})
    *lines, end, rest = written.text.decode().split("\n")
    assert lines[:2] == ["id: 2026-11-23/7", "event: board"]
    name, _, data = lines[2].partition(": ")
    assert (name, json.loads(data), end, rest) == ("data", {"text": "dua\nbaris \u2028 é"}, "", "")


def test_heartbeats_come_often_enough() -> None:
    """At most fifteen seconds apart is promised."""
    assert HEARTBEAT_S <= 12


def test_who_says_nothing_says_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments, which no client takes for an event."""
    monkeypatch.setattr(machinery, "HEARTBEAT_S", 0.01)
    _, said = listening(Board())
    assert [next(said) for _ in range(3)] == [b":\n\n"] * 3


def test_clients_do_not_all_come_back_at_once() -> None:
    """Each is told another time, of some seconds."""
    told = [next(iter(Stream(Board(), "", Board().leave))) for _ in range(50)]
    waits = {int(line.removeprefix(b"retry: ").strip()) for line in told}
    assert len(waits) > 10
    assert min(waits) >= 1000
    assert max(waits) <= 6000


def test_newest_is_said_at_once_and_each_change() -> None:
    """The whole of it each time."""
    board = Board("1")
    _, said = listening(board)
    assert next(said) == message("board", "1", {"n": "1"}).text
    eventlet.spawn_after(0.01, board.show, "2")
    assert said_within(said, 2) == message("board", "2", {"n": "2"}).text


@pytest.mark.parametrize("seen", ["", "6", "nonsense", "7\n", "x" * 5000])
def test_who_has_something_else_gets_the_newest(seen: str) -> None:
    """An id that is unknown or none is no error."""
    _, said = listening(Board("7"), seen)
    assert b"id: 7\n" in next(said)


def test_who_has_the_newest_hears_of_the_next() -> None:
    """Nothing twice."""
    board = Board("7")
    _, said = listening(board, seen="7")
    assert said_within(said, 0.05) is None


def test_slow_reader_gets_the_newest() -> None:
    """What came between is not kept."""
    board = Board("1")
    _, said = listening(board)
    next(said)
    for n in range(2, 100):
        board.show(str(n))
    assert b"id: 99\n" in next(said)
    assert said_within(said, 0.05) is None


def test_stream_of_who_is_gone_ends() -> None:
    """At the next word at the latest."""
    board = Board("1")
    stream, said = listening(board)
    next(said)
    stream.is_gone = lambda: True
    board.show("2")
    assert list(said) == []


def test_end_ends_each_and_opens_no_more() -> None:
    """Those who wait as well."""
    streams, board = Streams(MANY), Board()
    said = eventlet.spawn(list, answered(streams, board).response)
    eventlet.sleep(0.01)
    streams.end()
    with eventlet.Timeout(2):
        assert len(said.wait()) == 1
    with pytest.raises(Unavailable):
        streams.open(board, "", HERE)


def answered(streams: Streams, board: Board, address: str = HERE) -> EventStream:
    return streams.open(board, "", address)


def test_one_too_many_is_refused_until_another_leaves() -> None:
    """So that calls get through; the gauge tells how many there are."""
    streams, board = Streams(MANY, most=2), Board()
    before = machinery.OPEN.labels("board")._value.get()
    first, _ = answered(streams, board), answered(streams, board)
    assert machinery.OPEN.labels("board")._value.get() == before + 2
    with pytest.raises(Unavailable):
        answered(streams, board)
    first.close()
    first.close()
    assert len(board.listening) == 1
    assert machinery.OPEN.labels("board")._value.get() == before + 1
    answered(streams, board)


def test_one_address_cannot_take_them_all() -> None:
    """One too many is told to slow down, and when; others get theirs; who leaves makes room."""
    streams, board = Streams(2, most=3), Board()
    first, _ = answered(streams, board), answered(streams, board)
    with pytest.raises(Refusal) as refused:
        answered(streams, board)
    assert (refused.value.code, refused.value.headers) == (Code.RATE_LIMITED, {"Retry-After": "5"})
    answered(streams, board, ELSEWHERE)
    first.close()
    first.close()
    answered(streams, board)
    with pytest.raises(Refusal):
        answered(streams, board)


def test_half_of_the_files_are_left_to_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may open few takes few streams."""
    monkeypatch.setattr(machinery, "_files", lambda: 6)
    streams, board = Streams(MANY), Board()
    for _ in range(3):
        answered(streams, board)
    with pytest.raises(Unavailable):
        answered(streams, board)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_answered_is_closed_whatever_was_asked(method: str) -> None:
    """HEAD is answered without a word."""
    streams, board = Streams(MANY), Board("1")
    hung_up: list[bool] = []
    known = {"pst.is_gone": lambda: True, "pst.hang_up": lambda: hung_up.append(True)}
    environ = EnvironBuilder(method=method).get_environ() | known
    words = answered(streams, board)(environ, lambda *_: None)
    assert len(list(words)) == (method == "GET")
    words.close()  # as a WSGI server does
    assert (board.listening, hung_up) == (set(), [True])


def test_stream_ends_with_its_time() -> None:
    """Who was let in by a token hears nothing once it has expired."""
    board = Board("1")
    stream = Stream(board, "", board.leave, lasts_s=0.05)
    with eventlet.Timeout(2):
        words = list(stream)
    assert [w for w in words if w.startswith(b"id:")] == [message("board", "1", {"n": "1"}).text]
