"""Row 10: a long day of the walk-in queue, against a short one; no peer but ourselves."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from datetime import time as clock_time
from functools import partial
from statistics import median
from typing import Any

from bench import workload
from bench.harness import Bench, Row, Side, Verdict
from host.caller import Caller
from host.runtime import Runtime, Wiring
from kernel.aggregate import Aggregate, Outcome
from kernel.clock import new_id
from kernel.config import Settings
from services.queue import commands, decider, queries
from services.queue.events import Lane, Stop, TicketCalled
from services.queue.events import Outcome as Served
from services.queue.evolve import evolve
from services.queue.reactions import react
from services.queue.schemas import TYPES
from services.queue.state import State

DAY = Aggregate("day", decider.decide, evolve, State)
TICKETS = (20, 200, 2_000)
VISITS = 20
LOOKS = 5
MONDAY = date(2026, 11, 23)
OFFICE = replace(
    workload.OFFICE,
    counters={"K-1": "desk"},
    queue=replace(workload.OFFICE.queue, single_stop=True, tickets_a_day=9_999),
)
BUDI = Caller(role="officer", id="budi", offices=(OFFICE.id,))

FAIRNESS = """\
No peer but ourselves. Half of the numbers have been served, the other half wait. Warm: the mean of
issue, call, start and finish in the process that has handled the day so far, with its snapshots.
Cold: the process has just started, has its connection, and reads the day for the first time, from
its last snapshot or from all its facts. Queue and board: the answers made of a day that is known,
without HTTP."""


def run(bench: Bench) -> Row:
    """Axis: tickets."""
    row = Row("service-day", "A long service day", FAIRNESS, "tickets", "ms")
    with bench.mongo() as url:
        for tickets in bench.sizes(*TICKETS):
            day = _Day(workload.system(url))
            day.served(tickets // 2)
            day.issued(tickets // 2)
            row.add(tickets, bench.compare(_sides(day)).medians())
    longest = bench.sizes(*TICKETS)[-1]
    for name, points in row.series.items():
        row.verdicts.append(Verdict(f"{longest:,} tickets: {name}", points[longest], "ms"))
    return row


def _sides(day: "_Day") -> dict[str, Side]:
    state = day.stands(day.runtime).state
    day.read_cold(with_snapshot=False)  # leaves a snapshot
    return {
        "a command, warm": lambda: _ms(partial(day.served, VISITS), 1) / (4 * VISITS),
        "cold, from its snapshot": lambda: day.read_cold(with_snapshot=True),
        "cold, from all facts": lambda: day.read_cold(with_snapshot=False),
        "queue": lambda: _ms(partial(queries.queue, state, OFFICE, MONDAY, 1)),
        "board": lambda: _ms(partial(queries.board, state, OFFICE, MONDAY, 1, day.now)),
    }


class _Day:
    """One day of one office, in one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.key = f"{OFFICE.id}-{MONDAY}"
        self.now = OFFICE.calendar.at(MONDAY, clock_time(9, 0))
        self.runtime = self._started()
        self._numbers = 0

    def issued(self, count: int) -> None:
        """Give out numbers, every fifth in the priority lane."""
        for _ in range(count):
            self._numbers += 1
            urgent = self._numbers % 5 == 0
            self._do(
                commands.Issue,
                ticket_id=new_id(),
                lane=Lane.PRIORITY if urgent else Lane.REGULAR,
                priority_reason="elderly" if urgent else None,
            )

    def served(self, count: int) -> None:
        """Give out numbers, and serve as many."""
        for _ in range(count):
            self.issued(1)
            called = self._do(commands.CallNext, counter="K-1", stop=Stop.DESK)
            (ticket_id,) = (
                f.event.ticket_id for f in called.facts if isinstance(f.event, TicketCalled)
            )
            self._do(commands.Start, ticket_id=ticket_id)
            self._do(commands.Finish, ticket_id=ticket_id, outcome=Served.SERVED)

    def stands(self, runtime: Runtime) -> Outcome[State]:
        """Return the day as the log has it."""
        return runtime.commands.state(DAY, self.key)

    def read_cold(self, with_snapshot: bool) -> float:
        """Have fresh processes read the day; milliseconds."""
        took = []
        for _ in range(LOOKS):
            runtime = self._started()
            if not with_snapshot:
                runtime.db["snapshots"].delete_many({})
            took.append(_ms(partial(self.stands, runtime), 1))
        return median(took)

    def _started(self) -> Runtime:
        runtime = Runtime(Wiring("queue", TYPES, react), self._settings)
        runtime.log.prepare()
        return runtime

    def _do(self, kind: Callable[..., commands.Command], **words: Any) -> Outcome[State]:
        command = kind(caller=BUDI, now=self.now, office=OFFICE, **words)
        meta = BUDI.meta(OFFICE.id, new_id())
        return self.runtime.commands.handle(DAY, self.key, command, meta)


def _ms(work: Callable[[], object], times: int = LOOKS) -> float:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - start))
    return median(took)
