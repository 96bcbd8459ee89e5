"""What the tests share: given / when / then, waiting for conditions, a running system."""

import email
import email.policy
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import httpx
import pika
import pymongo

from contracts.errors import Code, Rejected
from contracts.topology import EVENTS_EXCHANGE
from deploy import ports
from deploy.control import Control
from host import tokens
from host.travelled_time import TravelledTime
from kernel import config
from kernel.aggregate import Aggregate
from kernel.event_log import EventLog
from kernel.facts import Fact
from kernel.views import live
from pst.services import SERVICES

ROOT = Path(__file__).parents[1]

T = TypeVar("T")

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""Monday 23 November 2026, 12:00 in Pekanbaru."""


def fact(event: Any, at: datetime = NOON, **known: Any) -> Fact:
    """Make a fact of an event, with what the test does not care about filled in."""
    words = {
        "event_id": "e-1",
        "name": "",
        "stream": "consultation-k1",
        "sequence": 1,
        "position": 1,
        "office": "1471",
        "actor_kind": "officer",
        "actor_id": "budi",
        "correlation_id": "c-1",
        "causation_id": "c-1",
    }
    return Fact(event=event, occurred_at=at, recorded_at=at, **{**words, **known})


@dataclass
class Given:
    """`given(aggregate, *facts).when(command).then(*events)`."""

    aggregate: Aggregate[Any]
    facts: tuple[Fact, ...]
    result: list[Any] = field(default_factory=list)
    refusal: Rejected | None = None

    def when(self, command: Any) -> "Given":
        """Fold the facts and decide."""
        state = self.aggregate.initial()
        for known in self.facts:
            state = self.aggregate.evolve(state, known)
        try:
            self.result = self.aggregate.decide(command, state)
        except Rejected as refusal:
            self.refusal = refusal
        return self

    def then(self, *events: Any) -> None:
        """Exactly these events follow."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert self.result == list(events)

    def then_kinds(self, *kinds: type) -> None:
        """Events of exactly these kinds follow."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert [type(e) for e in self.result] == list(kinds)

    def then_refused(self, code: Code) -> None:
        """The command is refused with this code."""
        assert self.refusal is not None, f"decided {self.result}"
        assert self.refusal.code is code


def given(aggregate: Aggregate[Any], *facts: Fact) -> Given:
    """Start from what has happened."""
    return Given(aggregate, facts)


def eventually(look: Callable[[], Any], within: float = 20.0, every: float = 0.05) -> Any:
    """Return what `look` returns once it is truthy; assertion errors count as not yet."""
    give_up = time.monotonic() + within
    while True:
        failed: AssertionError | None = None
        try:
            seen = look()
            if seen:
                return seen
        except AssertionError as error:
            failed = error
        if time.monotonic() > give_up:
            raise failed or AssertionError(f"not within {within} s: {look}")
        time.sleep(every)  # between looks


@contextmanager
def meanwhile(look: Callable[[], T], every: float = 0.02) -> Iterator[list[T]]:
    """Look again and again, beside what is done; what was seen so far, a failure raised after."""
    seen: list[T] = []
    enough = Event()

    def watch() -> None:
        while not enough.wait(every):
            seen.append(look())

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield seen
        finally:
            enough.set()
        watching.result()


class Person:
    """Somebody who speaks to the API; answers are `httpx.Response`s."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def get(self, path: str, **query: Any) -> httpx.Response:
        """GET a path below /v1."""
        return self.http.get(f"/v1{path}", params=query)

    def patch(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """PATCH what is at a path below /v1, likewise."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.patch(f"/v1{path}", json=body, headers=named)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """POST to a path below /v1; `Idempotency_Key=…` becomes a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(f"/v1{path}", json={} if body is None else body, headers=named)


@dataclass
class Subscriber:
    """Another system's queue; remembers what it has received."""

    channel: Any
    queue: str
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def drain(self) -> list[tuple[str, dict[str, Any]]]:
        """Return all (routing key, envelope) received so far."""
        while True:
            method, _, body = self.channel.basic_get(self.queue, auto_ack=True)
            if method is None:
                return self.received
            self.received.append((method.routing_key, json.loads(body)))


class Stack:
    """A whole system in a directory of its own: broker, database, mail, all services."""

    def __init__(self, run_dir: Path, **settings: str) -> None:
        self.run_dir = run_dir
        self.port = ports.free()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PST_")}
        self._environ = {
            **inherited,
            "PST_RUN_DIR": str(run_dir),
            "PST_PORT": str(self.port),
            "PST_TIME_TRAVEL": "1",
            **settings,
        }

    def start(self) -> None:
        """Start everything; return when it is ready."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self._output = (self.run_dir / "run.out").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "deploy.run"],
            cwd=ROOT,
            env=self._environ,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        eventually(self._is_ready, within=180)
        self.env = config.read_env_file(self.run_dir / "env")
        self.settings = config.load(self.env)
        self.control = Control(self.run_dir)
        self.mongo: pymongo.MongoClient[Any] = pymongo.MongoClient(
            self.settings.mongo_url, tz_aware=True
        )

    def stop(self) -> None:
        """End everything."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def _is_ready(self) -> bool:
        said = (self.run_dir / "run.out").read_text()
        if self._process.poll() is not None:
            raise RuntimeError(f"the system did not start:\n{said}")
        return "Ready in" in said

    def token(self, role: str, sub: str = "budi", offices: tuple[str, ...] = ("1471",)) -> str:
        """Return a token as `pst token` signs it."""
        key = self.settings.token_private_key
        return tokens.sign(key, role=role, sub=sub, offices=offices)

    def officer(self, sub: str = "budi", offices: tuple[str, ...] = ("1471",)) -> Person:
        """Return an officer."""
        return Person(self.url, self.token("officer", sub, offices))

    def user(self, subject_id: str) -> Person:
        """Return a service user."""
        return Person(self.url, self.token("service_user", subject_id, ()))

    def pst(self, *words: str) -> str:
        """Run the `pst` tool against this system; return what it prints."""
        done = self.tool(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tool(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it likewise, whatever comes of it."""
        return subprocess.run(
            [ROOT / ".venv/bin/pst", *words],
            env=self._environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def now(self) -> datetime:
        """Return the system's own time."""
        offset = self._offsets().find_one({"_id": "offset"}) or {"ms": 0}
        return datetime.now(UTC) + timedelta(milliseconds=offset["ms"])

    def travel_to(self, moment: datetime) -> None:
        """Move the system's time forward to `moment`."""
        ahead = int((moment - self.now()).total_seconds() * 1000)
        if ahead > 0:
            self._offsets().update_one({"_id": "offset"}, {"$inc": {"ms": ahead}}, upsert=True)
            time.sleep(2 * TravelledTime.REREAD_S)  # until every process has read it

    @contextmanager
    def standing_at(self, moment: datetime) -> Iterator[None]:
        """Put the system's clock at `moment`, in the past too, and back afterwards."""
        before = self._offsets().find_one({"_id": "offset"}) or {"ms": 0}
        ahead = int((moment - datetime.now(UTC)).total_seconds() * 1000)
        try:
            self._set_clock(ahead)
            yield
        finally:
            self._set_clock(before["ms"])

    def _offsets(self) -> Any:
        return self.mongo[f"{self.settings.db_prefix}_clock"]["offset"]

    def _set_clock(self, ahead_ms: int) -> None:
        self._offsets().update_one({"_id": "offset"}, {"$set": {"ms": ahead_ms}}, upsert=True)
        time.sleep(2 * TravelledTime.REREAD_S)  # until every process has read it

    def wait_ready(self, *names: str) -> None:
        """Wait until each of these services says that it is ready."""
        numbers = ports.load(self.run_dir)
        for name in names or ("consultation", "queue", "notifier", "gateway"):
            eventually(lambda name=name: ready(numbers[name]), within=60)  # type: ignore[misc]

    @contextmanager
    def another(self, service: str, **settings: str) -> Iterator[int]:
        """Run one more process of a service, ready for work; its number."""
        port = ports.free()
        with (self.run_dir / f"log/another-{service}.log").open("a") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "host.serve", service],
                cwd=ROOT,
                env={**self.env, "PST_OPS_PORT": str(port), **settings},
                stdout=said,
                stderr=said,
            )
        try:
            eventually(lambda: ready(port), within=60)
            yield process.pid
        finally:
            process.terminate()
            assert process.wait(60) == 0

    def log_of(self, service: str) -> Any:
        """Return the commits of a service's log."""
        return self.mongo[f"{self.settings.db_prefix}_{service}"]["commits"]

    def view(self, service: str, name: str) -> Any:
        """Return where the documents of a view lie."""
        known = SERVICES[service]
        (view,) = (v for v in known.views if v.name == name)
        return live(self.log_of(service).database, view.definition(known.types))

    def caught_up(self, service: str) -> bool:
        """Tell whether a service has relayed its whole log and taken it into its views."""
        db = self.mongo[f"{self.settings.db_prefix}_{service}"]
        head = EventLog(db).head().position
        views = [self.view(service, view.name) for view in SERVICES[service].views]
        done = [c.find_one({"_id": "_checkpoint"}) for c in (db["deadlines"], *views)]
        return all((found or {"position": 0})["position"] == head for found in done)

    @contextmanager
    def subscriber(self, binding: str = "#") -> Iterator["Subscriber"]:
        """Have a queue of one's own bound to the published events."""
        connection = pika.BlockingConnection(pika.URLParameters(self.settings.amqp_url))
        channel = connection.channel()
        name = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(name, EVENTS_EXCHANGE, binding)
        yield Subscriber(channel, name)
        connection.close()

    def mails(self, to: str | None = None) -> list[EmailMessage]:
        """Return the e-mails that arrived, the oldest first."""
        found = []
        for path in sorted((self.run_dir / "mail").rglob("new/*")):
            with suppress(FileNotFoundError):
                mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                found.append((path.stat().st_mtime_ns, mail))
        mails = [m for _, m in sorted(found, key=lambda pair: pair[0])]
        return [m for m in mails if to is None or to in str(m["To"])]

    def submit(self, officer: Person | None = None, **changes: Any) -> dict[str, Any]:
        """Open a consultation on behalf of a person of its own; return the resource."""
        person = {**QUESTION["contact"], "email": f"siti-{uuid.uuid4().hex[:12]}@example.com"}
        body = {**QUESTION, "contact": person, **changes}
        answer = (officer or self.officer()).post("/consultations", body)
        assert answer.status_code == 201, answer.text
        resource: dict[str, Any] = answer.json()
        return resource


QUESTION: dict[str, Any] = {
    "office": "1471",
    "type": "data",
    "topic": "Inflasi Pekanbaru",
    "question": "Di mana saya menemukan angka inflasi bulanan Pekanbaru sejak 2020?",
    "contact": {"name": "Siti Rahma", "email": "siti@example.com"},
    "channel": "web",
}


def ready(port: int) -> bool:
    """Tell whether the process that is asked about at `port` is ready."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Have a process stand still for a while; its connections stay open, and nothing answers."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def running(run_dir: Path, **settings: str) -> Iterator[Stack]:
    """Have a whole system for a while."""
    stack = Stack(run_dir, **settings)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


DAY = timedelta(days=1)
