"""Row 9: fifty officers call who is next, against bare Flask with row locks in PostgreSQL."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import httpx

from bench import servers
from bench.harness import Bench, Row, Samples, Side, Verdict, quantile
from bench.officers import Line, Office
from bench.peers import bare_flask
from bench.rows.http_messages import while_frozen
from deploy import ports
from tests.e2e import walk_in
from tests.support import Stack, eventually

OURS, BARE = "ours", "bare Flask"
RATIO, P95_MS = 3.0, 250.0
AT_ONCE, VISITS = 4, 4
"""So often all press at the same moment; so many visits each officer then has at its own pace."""

WORKERS = 3
"""Of gunicorn, of its default kind: two or three make up to 300 calls a second here, five make 200;
threads (1 × 50 to 4 × 4) make 80 to 250, as who holds the row's lock then waits for Python's."""

FAIRNESS = """\
Ours is the whole system: signed token, rate limit, schema, sealed RPC, the rules of the day, the
ten minutes of the lane, chained commit, and beside it the relay, the published events and the
dates. The peer stands in for FQM, which no package registry has: Flask, SQLAlchemy, PostgreSQL,
written for this bench, served by gunicorn as it comes, with as many workers ({workers}) as made it
fastest. It checks nothing, remembers no history, and nothing follows from it; its call-next also
ends who was at the counter before, which with ours are two more calls. The lane rule is the same:
it needs a lock that all officers of a day wait for. Both commit durably before they answer. One
client without threads, a connection for each officer.

Calls at once: all fifty press at the same moment on a queue that is long enough; the clock stops
with the last answer, and a call's time is from its sending to its answer. What frees the counters
is done between the moments, off the clock. Visits: each officer goes on by itself; ours in three
calls (call, start, finish), the peer in one. No ticket may come twice. While the peer has its turn
our processes stand still (SIGSTOP)."""


def run(bench: Bench) -> Row:
    """Axis: processes of the queue service."""
    fairness = FAIRNESS.format(workers=WORKERS)
    row = Row("call-next", "Call next, 50 officers", fairness, "queue processes", "/s")
    with walk_in.offices(bench.room()) as stack, _bare(bench) as port:
        for processes in (1, 2):
            with ExitStack() as more:
                pids = [more.enter_context(stack.another("queue")) for _ in range(1, processes)]
                our, bare = ours(stack), _office(port)
                samples = bench.compare(_sides(our, bare, stack, pids))
            _report(row, processes, samples, {OURS: our, BARE: bare})
    return row


def _sides(our: Office, bare: Office, stack: Stack, pids: list[int]) -> dict[str, Side]:
    """Calls at once, and visits; each on numbers that were issued just before, off the clock."""
    people = len(our.desks)

    def prepared(office: Office, times: int) -> None:
        office.issue(times * people)
        if office is our:
            eventually(lambda: stack.caught_up("queue"), within=120)

    def at_once(office: Office) -> float:
        prepared(office, AT_ONCE)
        return office.at_once(AT_ONCE)

    def visits(office: Office) -> float:
        prepared(office, VISITS)
        return office.visits(VISITS)

    return {
        f"{OURS}, at once": partial(at_once, our),
        f"{BARE}, at once": while_frozen(stack, partial(at_once, bare), *pids),
        f"{OURS}, visits": partial(visits, our),
        f"{BARE}, visits": while_frozen(stack, partial(visits, bare), *pids),
    }


def _report(row: Row, processes: int, samples: Samples, offices: dict[str, Office]) -> None:
    row.add(processes, samples.medians())
    said = f"{processes} queue process{'es' if processes > 1 else ''}"
    for kind in ("at once", "visits"):
        row.judge(f"{said}, {kind}", samples, f"{OURS}, {kind}", f"{BARE}, {kind}", RATIO)
    for name, office in offices.items():
        for kind, took in (("at once", office.took_at_once), ("visits", office.took_visiting)):
            p50, p95, most = (1000 * quantile(took, share) for share in (0.5, 0.95, 1.0))
            target = P95_MS if name == OURS else None
            row.verdicts.append(Verdict(f"{said}, {kind}: p95, {name}", p95, "ms", target))
            row.notes.append(
                f"{said}, {kind}, {name}: call-next p50 {p50:.0f} ms, p95 {p95:.0f} ms,"
                f" at most {most:.0f} ms, of {len(took):,} calls."
            )
        if repeats := sum(desk.line.repeats for desk in office.desks):
            row.notes.append(f"{said}, {name}: {repeats} requests were asked to come again (503).")


class _OurDesk:
    """A counter of the office with fifty desks, over the API."""

    def __init__(self, stack: Stack, number: int) -> None:
        token = stack.token("officer", f"petugas-{number}", (walk_in.JAYAPURA,))
        self.line = Line(stack.port, token)
        self._office = f"/v1/offices/{walk_in.JAYAPURA}"
        self._counter = f"K-{number}"

    async def issue(self, lane: dict[str, str]) -> None:
        await self.line.post(f"{self._office}/tickets", lane)

    async def call_next(self) -> str | None:
        path = f"{self._office}/counters/{self._counter}/call-next"
        ticket = await self.line.post(path, {"stop": "desk"})
        return ticket and str(ticket["ticket_id"])

    async def serve(self, ticket_id: str) -> None:
        for step in ("start", "finish"):
            await self.line.post(f"/v1/tickets/{ticket_id}/{step}", {})


class _BareDesk:
    """The same at the peer: who is called next ends who was called before."""

    def __init__(self, port: int, number: int) -> None:
        self.line = Line(port)
        self._counter = f"K-{number}"

    async def issue(self, lane: dict[str, str]) -> None:
        await self.line.post(f"/offices/{walk_in.JAYAPURA}/tickets", lane)

    async def call_next(self) -> str | None:
        path = f"/offices/{walk_in.JAYAPURA}/counters/{self._counter}/call-next"
        ticket = await self.line.post(path, {})
        return ticket and str(ticket["ticket_id"])

    async def serve(self, ticket_id: str) -> None:
        pass


def ours(stack: Stack) -> Office:
    """Return the office of a running system that has fifty desks."""
    return Office([_OurDesk(stack, n + 1) for n in range(walk_in.DESKS)])


def _office(port: int) -> Office:
    return Office([_BareDesk(port, n + 1) for n in range(walk_in.DESKS)])


@contextmanager
def _bare(bench: Bench) -> Iterator[int]:
    """Run the peer on PostgreSQL; its port."""
    port = ports.free()
    with ExitStack() as ends:
        database = ends.enter_context(servers.postgres(bench.room()))
        url = f"postgresql+psycopg://bench@127.0.0.1:{database}/postgres"
        bare_flask.prepare(url, walk_in.JAYAPURA)
        command = (
            *(sys.executable, "-m", "gunicorn", "bench.peers.bare_flask:served()"),
            *("--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), "--log-level", "warning"),
        )
        ready = partial(_answers, port)
        ends.enter_context(servers.process(command, bench.room(), ready, PST_BARE_URL=url))
        yield port


def _answers(port: int) -> str | None:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
    except httpx.HTTPError:
        return "bare Flask does not answer"
    return None
