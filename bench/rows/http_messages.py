"""Row 5: a message over HTTP with all checks on, against bare nameko and one insert."""

import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from bench import servers, workload
from bench.harness import Bench, Row, Side, say
from deploy import ports, probes
from tests.support import Stack, eventually

OURS, BARE = "ours", "bare nameko"
TARGET = 0.7
REQUESTS = 300
SERVICES = ("gateway", "consultation", "queue", "notifier")

FAIRNESS = """\
Ours is the whole system as `make run` starts it (rate limit raised out of the way, but checked):
signed token, rate limit, schema, idempotence, sealed RPC, access rules, decision, sealed text,
chained commit, and beside it the relay, the views and the notifier at work on what came in
before. The peer is nameko as its documentation shows it: an HTTP entrypoint, an RPC, one journaled
`insert_one`; it checks nothing and nothing follows from it. Both are two processes, on the same
broker and database server, with as many workers. While the peer has its turn our processes stand
still (SIGSTOP), so that it has the machine to itself; ours begins when its relay has caught up."""


def run(bench: Bench) -> Row:
    """Axis: clients, each on a consultation and a connection of its own."""
    row = Row("http-messages", "POST …/messages over HTTP", FAIRNESS, "clients", "/s")
    with system(bench) as stack, _bare(bench, stack) as bare_port:
        for clients in (1, 4, 20):
            people = [opened(stack) for _ in range(clients)]
            samples = bench.compare(
                {
                    OURS: partial(_ours, stack, people),
                    BARE: while_frozen(stack, partial(_posted, bare_port, people)),
                }
            )
            row.add(clients, samples.medians())
            row.judge(f"{clients} clients", samples, OURS, BARE, TARGET if clients < 20 else None)
    return row


@contextmanager
def system(bench: Bench) -> Iterator[Stack]:
    """Run the whole system as `make run` does."""
    with ExitStack() as ends:
        home = bench.room()
        stack = Stack(home, PST_TIME_TRAVEL="0", PST_RATE_LIMIT="100000/second")
        stack.start()
        ends.callback(stack.stop)
        yield stack


def opened(stack: Stack) -> tuple[str, str]:
    """Open a consultation; its id, and a token of its person."""
    resource = stack.submit()
    token = stack.token("service_user", resource["subject_id"], ())
    return resource["consultation_id"], token


class Client:
    """One connection that is kept; the lightest client there is, so that servers are measured."""

    def __init__(self, port: int, consultation: str, token: str) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port)
        self._path = f"/v1/consultations/{consultation}/messages"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._body = json.dumps({"text": workload.TEXT})

    def post(self, **headers: str) -> None:
        """Post one message; raise unless it is answered 201."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._http.request("POST", self._path, self._body, {**self._headers, **named})
        answer = self._http.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"answered {answer.status}: {said!r}")


def _ours(stack: Stack, people: list[tuple[str, str]]) -> float:
    eventually(lambda: stack.caught_up("consultation"), within=120)
    figure = _posted(stack.port, people)
    start = time.monotonic()
    eventually(lambda: stack.caught_up("consultation"), within=120)
    say(f"    relay and views caught up {time.monotonic() - start:.1f} s after the last answer")
    return figure


def _posted(port: int, people: list[tuple[str, str]]) -> float:
    """Have each client post its share; return how many a second in all."""
    each = REQUESTS // len(people)
    clients = [Client(port, *person) for person in people]

    def share(client: Client) -> None:
        for _ in range(each):
            client.post()

    start = time.perf_counter()
    workload.in_threads([partial(share, client) for client in clients])
    return each * len(people) / (time.perf_counter() - start)


def while_frozen(stack: Stack, side: Callable[[], float], *more: int) -> Side:
    """Have a peer do its work while our services, and these processes, stand still."""

    def frozen() -> float:
        pids = [*more, *(stack.control.pid(name) or 0 for name in SERVICES)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            return side()
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    return frozen


@contextmanager
def _bare(bench: Bench, stack: Stack) -> Iterator[int]:
    """Run the peer on the same broker and database; its port."""
    port = ports.free()
    environ = {
        "PST_AMQP_URL": stack.settings.amqp_url,
        "PST_MONGO_URL": stack.settings.mongo_url,
        "PST_PORT": str(port),
    }
    with ExitStack() as ends:
        for name in ("messages", "gateway"):
            command = (sys.executable, "-m", "bench.peers.bare_nameko", name)
            ready = partial(probes.port, port) if name == "gateway" else lambda: None
            ends.enter_context(servers.process(command, bench.room(), ready, **environ))
        person = ("warm-up", "")
        eventually(lambda: _answers(port, person), within=30)
        yield port


def _answers(port: int, person: tuple[str, str]) -> bool:
    try:
        Client(port, *person).post()
    except (OSError, RuntimeError, http.client.HTTPException):
        return False
    return True
