"""Row 11: what thousands of open consultations cost the one at hand; a decree that moves all."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bench import workload
from bench.harness import Bench, Row, Verdict, quantile, say
from bench.rows.http_messages import Client, opened, system
from host.caller import Caller
from host.runtime import Runtime, Wiring
from kernel.clock import new_id
from kernel.event_log import EventLog
from services.consultation import commands
from services.consultation.reactions import react
from services.consultation.schemas import TYPES
from tests.support import Person, Stack, eventually

OPEN = (100, 1_000, 10_000)
POSTS = 200
LOOKS = 40
OFFICERS = 20
BUDI = Caller(role="officer", id="budi", offices=(workload.OFFICE.id,))
LISTS = {
    "newest": {},
    "mine": {"officer": "officer-7"},
    "unassigned": {"unassigned": "true"},
    "overdue": {"overdue": "true"},
    "waiting for the user": {"turn": "user"},
}
DECREE_S, HELD_UP_MS, LIST_MS = 30.0, 500.0, 100.0

FAIRNESS = """\
No peer but ourselves: the whole system as `make run` starts it, but for the notifier, which would
write ten thousand people who do not exist. Open consultations are accepted and wait for an answer,
a third of them at an officer. Message: one client posts to a consultation of its own. Lists: 50
rows of an officer's office, by HTTP. Decree: a working day ahead is declared a holiday; from the
request until the last open limit has moved in the log, while one client goes on posting."""


def run(bench: Bench) -> Row:
    """Axis: open consultations."""
    row = Row("open-consultations", "Open consultations", FAIRNESS, "open", "ms")
    with system(bench) as stack:
        stack.control.stop("notifier")
        seeds = _Seeds(stack)
        person = opened(stack)
        lists: dict[str, float] = {}
        for size in bench.sizes(*OPEN):
            seeds.grow_to(size)
            lists = {name: _listed(stack, query) for name, query in LISTS.items()}
            took = _posted(stack, person)
            figures = {"message, p50": quantile(took, 0.5), "message, p95": quantile(took, 0.95)}
            row.add(size, {**figures, "slowest list, p95": max(lists.values())})
        row.verdicts += [
            Verdict(f"{size:,} open: list {name}, p95", took, "ms", LIST_MS)
            for name, took in lists.items()
        ]
        _growth(row)
        _decreed(row, stack, person, size)
    return row


def _growth(row: Row) -> None:
    points = row.series["message, p50"]
    first, last = min(points), max(points)
    what = f"message, p50: {last:,.0f} open ÷ {first:,.0f} open"
    row.verdicts.append(Verdict(what, points[first] / points[last], "×", 0.8))


class _Seeds:
    """Consultations that wait for an answer, made in this process: HTTP would take minutes."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._runtime = Runtime(Wiring("consultation", TYPES, react), stack.settings)
        self._made = 0

    def grow_to(self, size: int) -> None:
        """Have so many, and the service caught up with them."""
        numbers = range(self._made, size)
        shares = [numbers[n :: workload.BUILDERS] for n in range(workload.BUILDERS)]
        workload.in_threads([partial(self._make_all, share) for share in shares])
        self._made = size
        eventually(lambda: self._stack.caught_up("consultation"), within=300)

    def _make_all(self, numbers: range) -> None:
        for number in numbers:
            self._make(number)

    def _make(self, number: int) -> None:
        words: dict[str, Any] = {
            "caller": BUDI,
            "now": self._runtime.clock.now(),
            "office": workload.OFFICE,
        }
        wishes: list[commands.Asked] = [
            commands.Submit(
                **words,
                number=f"KS-{number}",
                subject_id=f"person-{number % 500}",
                message_id=new_id(),
                type="data",
                channel="web",
                topic="Inflasi",
                question=workload.TEXT,
            ),
            commands.Accept(**words),
        ]
        if number % 3 == 0:
            wishes.append(commands.Assign(**words, officer_id=f"officer-{number % OFFICERS}"))
        key = new_id()
        for wish in wishes:
            meta = BUDI.meta(workload.OFFICE.id, new_id())
            self._runtime.commands.handle(workload.CONSULTATION, key, wish, meta)


def _listed(stack: Stack, query: dict[str, str]) -> float:
    officer = stack.officer()
    took = []
    for _ in range(LOOKS):
        start = time.perf_counter()
        answer = officer.get("/consultations", office=workload.OFFICE.id, **query)
        took.append(1000 * (time.perf_counter() - start))
        if answer.status_code != 200:
            raise RuntimeError(answer.text)
    return quantile(took, 0.95)


def _posted(stack: Stack, person: tuple[str, str]) -> list[float]:
    client = Client(stack.port, *person)
    return [_ms(client) for _ in range(POSTS)]


def _ms(client: Client) -> float:
    start = time.perf_counter()
    client.post()
    return 1000 * (time.perf_counter() - start)


def _decreed(row: Row, stack: Stack, person: tuple[str, str], size: int) -> None:
    zone = ZoneInfo(workload.OFFICE.time_zone)
    today = datetime.now(zone).date()
    ahead = (today + timedelta(days=n) for n in range(1, 9))
    day = next(d for d in ahead if workload.OFFICE.calendar.is_working_day(d))
    body = {"date": day.isoformat(), "kind": "holiday", "decree_no": "SKB-1", "office": "1471"}
    supervisor = Person(stack.url, stack.token("supervisor", "rina"))
    moved = {"events.type": "deadline_recalculated"}
    log = stack.log_of("consultation")
    head = EventLog(log.database).head
    before = head().position
    with _posting(stack, person) as took:
        start = time.perf_counter()
        answer = supervisor.post(f"/calendar/{day.year}", body)
        if answer.status_code != 200:
            raise RuntimeError(answer.text)
        # one commit for the decree, one a limit, one a message
        eventually(lambda: head().position > before + size + len(took), within=300, every=0.2)
        seconds = time.perf_counter() - start
    if (found := log.count_documents(moved)) < size:
        raise RuntimeError(f"{found} limits have moved")
    eventually(lambda: stack.caught_up("consultation"), within=300)
    followed = time.perf_counter() - start
    say(f"  {size:,} limits moved in {seconds:.1f} s; {len(took)} messages meanwhile")
    slowest = max(took)
    row.verdicts += [
        Verdict(f"a decree moves {size:,} limits", seconds, "s", DECREE_S),
        Verdict("until lists and dates have followed", followed, "s"),
        Verdict("slowest message meanwhile", slowest, "ms", HELD_UP_MS),
        Verdict("message meanwhile, p95", quantile(took, 0.95), "ms"),
    ]


@contextmanager
def _posting(stack: Stack, person: tuple[str, str]) -> Iterator[list[float]]:
    """Have one client post all the while; how long each took, in ms."""
    took: list[float] = []
    enough = threading.Event()

    def post() -> None:
        client = Client(stack.port, *person)
        while not enough.wait(0.02):
            took.append(_ms(client))

    posting = threading.Thread(target=post)
    posting.start()
    try:
        yield took
    finally:
        enough.set()
        posting.join()
