"""A conversation as it happens, for those who may see it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from contracts.errors import Code
from pst import tokens
from tests.api import problem
from tests.support import Person, Stack, eventually


class Follower:
    """Listens to a stream in a thread of its own."""

    def __init__(self, who: Person, path: str, **headers: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self.ended = threading.Event()
        self._opened = threading.Event()
        self._request = (who, f"/v1{path}/stream", headers)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self._opened.wait(20)

    def _listen(self) -> None:
        who, path, headers = self._request
        try:
            with who.http.stream("GET", path, headers=headers, timeout=60) as answer:
                self._answer = answer
                assert answer.headers["Content-Type"].startswith("text/event-stream")
                self._opened.set()
                self._read(answer.iter_lines())
        except httpx.HTTPError:
            pass
        self.ended.set()

    def _read(self, lines: Iterator[str]) -> None:
        event: dict[str, Any] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name in ("id", "event"):
                event[name] = value
            elif name == "data":
                event["data"] = json.loads(value)
            elif not line and "data" in event:
                self.heard.append(event)
                event = {}

    def names(self) -> list[str]:
        """Return what was heard of, in order."""
        return [event["event"] for event in self.heard]

    def texts(self) -> list[str]:
        """Return what was said."""
        said = (event["data"]["data"] for event in self.heard if event["event"] == "message_posted")
        return [each["text"] for each in said]


@contextmanager
def opened(stack: Stack) -> Iterator[tuple[str, Person, Person]]:
    """Have one that is accepted."""
    resource = stack.submit()
    path = f"/consultations/{resource['consultation_id']}"
    officer = stack.officer()
    assert officer.post(f"{path}/accept").status_code == 200
    yield path, officer, stack.user(resource["subject_id"])


def test_both_hear_what_is_said_within_a_second(stack):
    """From the beginning, and then as it happens; the note is the officers' own."""
    with opened(stack) as (path, officer, siti):
        user, colleague = Follower(siti, path), Follower(stack.officer("ani"), path)
        eventually(lambda: user.names() == ["consultation_submitted", "request_accepted"])
        officer.post(f"{path}/messages", {"text": "Ini tabelnya."})
        eventually(lambda: user.texts() == ["Ini tabelnya."], within=2)
        officer.post(f"{path}/messages", {"text": "perlu dicek", "internal": True})
        eventually(lambda: colleague.texts() == ["Ini tabelnya.", "perlu dicek"], within=2)
        siti.post(f"{path}/messages", {"text": "Terima kasih!"})
        eventually(lambda: user.texts()[-1] == "Terima kasih!", within=2)
        assert "perlu dicek" not in user.texts()
        versions = [int(event["id"]) for event in user.heard]
        assert versions == sorted(set(versions))
        assert [int(e["id"]) for e in colleague.heard] == [
            item["version"] for item in officer.get(f"{path}/history").json()["items"]
        ]


def test_who_comes_back_misses_nothing(stack):
    """By `Last-Event-ID`, or by `after`, also in the midst of what was stored together."""
    with opened(stack) as (path, officer, siti):
        officer.post(f"{path}/messages", {"text": "satu"})
        items = officer.get(f"{path}/history").json()["items"]
        for number, item in enumerate(items):
            back = Follower(siti, path, **{"Last-Event-ID": str(item["version"])})
            expected = [later["type"] for later in items[number + 1 :]]
            if expected:
                eventually(lambda back=back, expected=expected: back.names() == expected)
        strange = Follower(siti, path, **{"Last-Event-ID": "2026-11-23/7"})
        eventually(lambda: len(strange.heard) == len(items))


def test_who_has_seen_more_than_there_is_hears_all(stack):
    """A restore took back what they had heard, or they made it up: nothing is kept from them."""
    with opened(stack) as (path, officer, siti):
        ahead = Follower(siti, path, **{"Last-Event-ID": "999999"})
        eventually(lambda: ahead.names() == ["consultation_submitted", "request_accepted"])
        officer.post(f"{path}/messages", {"text": "Ini tabelnya."})
        eventually(lambda: ahead.texts() == ["Ini tabelnya."], within=3)
        assert len(ahead.names()) == len(set(ahead.names()))


def test_strangers_are_refused(stack):
    """Before anything is said."""
    with opened(stack) as (path, _, _):
        problem(stack.user("joko").get(f"{path}/stream"), Code.NOT_FOUND)
        problem(stack.officer("cici", ("9471",)).get(f"{path}/stream"), Code.WRONG_OFFICE)
        problem(stack.officer().get("/consultations/nothing/stream"), Code.NOT_FOUND)
        anonymous = httpx.get(f"{stack.url}/v1{path}/stream")
        problem(anonymous, Code.UNAUTHENTICATED)


def test_stream_ends_with_its_token(stack):
    """Who had three seconds left hears nothing in the fourth."""
    with opened(stack) as (path, _, _):
        key, brief = stack.settings.token_private_key, timedelta(seconds=3)
        token = tokens.sign(key, role="officer", sub="budi", offices=("1471",), valid=brief)
        follower = Follower(Person(stack.url, token), path)
        assert follower.ended.wait(10)


def test_stream_outlives_the_service(stack):
    """It stays open while the service is away, and goes on when it is back."""
    with opened(stack) as (path, officer, siti):
        user = Follower(siti, path)
        eventually(lambda: len(user.heard) == 2)
        stack.control.kill("consultation")
        stack.wait_ready("consultation")
        officer.post(f"{path}/messages", {"text": "kembali"})
        eventually(lambda: user.texts() == ["kembali"])
