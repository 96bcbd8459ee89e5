"""The work that is measured: messages of service users in consultations of the real service.

One command is one event with one sealed field. The peers store the same words in clear.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from host.caller import Caller
from host.runtime import Runtime, Wiring
from kernel.aggregate import Aggregate
from kernel.clock import new_id, random_bytes
from kernel.config import Settings
from offices.office import load_offices
from services.consultation import commands, decider, state
from services.consultation.reactions import react
from services.consultation.schemas import TYPES

CONSULTATION = Aggregate("consultation", decider.decide, state.evolve, state.State)
OFFICE = load_offices(Path(__file__).parents[1] / "deploy/offices")["1471"]
TEXT = "Di mana saya menemukan angka inflasi bulanan Pekanbaru sejak 2020? " * 3
BUILDERS = 8


def system(mongo_url: str) -> Settings:
    """Return the settings of a new, empty system on this server."""
    return Settings(
        mongo_url=mongo_url,
        amqp_url="amqp://127.0.0.1:1",  # nothing is published here
        master_key=random_bytes(32),
        db_prefix=f"bench_{new_id()[:12]}",
    )


def process(settings: Settings) -> Runtime:
    """Return the kernel as a process has it that has just started: connected, all caches empty."""
    runtime = Runtime(Wiring("consultation", TYPES, react), settings)
    runtime.log.prepare()
    runtime.deadlines.prepare()
    post(runtime, opened(runtime))  # of another stream than those measured
    return runtime


def opened(runtime: Runtime, key: str | None = None) -> str:
    """Open a consultation, event 1 of its stream; return its key."""
    key = key or new_id()
    siti = _caller(key)
    command = commands.Submit(
        caller=siti,
        now=runtime.clock.now(),
        office=OFFICE,
        number="KS-1471-2026-000001",
        subject_id=siti.id,
        message_id=new_id(),
        type="data",
        channel="web",
        topic="Inflasi",
        question=TEXT,
        contact_name="Siti Rahma",
        contact_email="siti@example.com",
    )
    runtime.commands.handle(CONSULTATION, key, command, siti.meta(OFFICE.id, new_id()))
    return key


def post(runtime: Runtime, key: str, text: str = TEXT) -> None:
    """Have the user say something: load, decide, append one event."""
    siti = _caller(key)
    command = commands.PostMessage(
        caller=siti, now=runtime.clock.now(), office=OFFICE, message_id=new_id(), text=text
    )
    runtime.commands.handle(CONSULTATION, key, command, siti.meta(OFFICE.id, new_id()))


def grown(runtime: Runtime, count: int, events: int) -> list[str]:
    """Open so many consultations, each a stream of so many events by as many commands."""
    keys = [opened(runtime) for _ in range(count)]

    def grow(key: str) -> None:
        for _ in range(events - 1):
            post(runtime, key)

    with ThreadPoolExecutor(BUILDERS) as pool:
        list(pool.map(grow, keys))
    return keys


def in_threads(work: Sequence[Callable[[], Any]]) -> None:
    """Do all at once, each in a thread; raise what one of them raises."""
    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(one) for one in work]:
            done.result()


def _caller(key: str) -> Caller:
    return Caller(role="service_user", id=f"siti-{key}", correlation_id=new_id())
