"""Row 8: many pending dates; one that comes due fires in time, and memory stays flat."""

import time
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import islice
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from bench.harness import Bench, Row, Verdict, say, shown
from bench.rows.http_messages import system
from kernel.clock import Clock, new_id
from kernel.database import Db, connect, database
from kernel.deadlines import Deadline, Deadlines
from services.consultation.commands import SILENCE_REMINDER
from tests.support import Person, Stack, eventually

WITHIN_S = 1.0
FLAT = 0.9
"""So much of its last memory a process had at the first step already."""

ALWAYS = 100_000
"""So many are filled in however long it takes."""

FIRED = 5
BATCH = 2_000
REMINDER = f"{SILENCE_REMINDER}1"

FAIRNESS = """\
No peer. The dates lie in the collection of the running consultation service, due between one and
thirty days from now, copies of a real one. Then the first reminder of a real conversation is moved
to come due in a second, and the clock stops when the fact that it leads to is in the log, seen
from outside: polling, the decision, and the commit are in the figure. Memory is the resident set
of the consultation process, leader of its log, after each step."""


def run(bench: Bench) -> Row:
    """Axis: pending dates."""
    row = Row("deadlines", "Pending deadlines", FAIRNESS, "dates", "ms late")
    memory: dict[int, float] = {}
    with system(bench) as stack:
        db = database(connect(stack.settings), stack.settings, "consultation")
        conversations = iter([_answered(stack) for _ in range(4 * FIRED)])
        first = _reminder(db, next(conversations))
        _late(db, first)  # warm
        for size in _filled(bench, row, db, first):
            keys = islice(conversations, FIRED)
            late = [_late(db, _reminder(db, key)) for key in keys]
            memory[size] = _resident_mb(stack)
            row.add(size, {"median": 1000 * median(late), "latest": 1000 * max(late)})
            what = f"{size:,} pending: the latest of {FIRED} fires"
            row.verdicts.append(Verdict(what, max(late), "s", WITHIN_S))
    row.notes.append(
        "Resident memory of the process: "
        + ", ".join(f"{shown(mb)} MB with {size:,} dates" for size, mb in memory.items())
        + "."
    )
    row.verdicts.append(_flat(memory))
    return row


def _filled(bench: Bench, row: Row, db: Db, like: Deadline) -> Iterator[int]:
    """Fill in more and more dates, as far as there is time; yield how many there are."""
    filled, seconds_each = 0, 0.0
    for size in bench.sizes(10_000, 100_000, 1_000_000):
        if size > ALWAYS and not bench.has(seconds_each * (size - filled)):
            row.notes.append(f"No time was left to fill in {size:,} dates; `BENCH=full` takes it.")
            row.verdicts.append(Verdict(f"{size:,} pending: not measured", inf, "s", WITHIN_S))
            return
        start = time.monotonic()
        _fill(db, like, range(filled, size))
        seconds_each = (time.monotonic() - start) / (size - filled)
        filled = size
        say(f"    {size:,} dates, {1 / seconds_each:,.0f}/s filled in")
        yield size


def _flat(memory: dict[int, float]) -> Verdict:
    (few, before), (many, after) = min(memory.items()), max(memory.items())
    what = f"memory, {few:,} dates against {many:,}"
    ours, peer = f"{shown(after)} MB", f"{shown(before)} MB"
    return Verdict(what, before / after, "×", FLAT, ours, peer)


def _answered(stack: Stack) -> str:
    """Have a conversation in which the user owes a word: reminders are set. Its id."""
    budi: Person = stack.officer()
    key: str = stack.submit(budi)["consultation_id"]
    accepted = budi.post(f"/consultations/{key}/accept")
    said = budi.post(f"/consultations/{key}/messages", {"text": "Sudah dilihat?"})
    assert accepted.is_success, accepted.text
    assert said.is_success, said.text
    return key


def _reminder(db: Db, key: str) -> Deadline:
    """Return the first reminder of a conversation."""
    wanted = {"_id": f"consultation-{key}/{REMINDER}"}  # by its key: the others are many
    found: dict[str, Any] = eventually(lambda: db["deadlines"].find_one(wanted))
    return Deadline(**{f.name: found[f.name] for f in fields(Deadline)})


def _late(db: Db, reminder: Deadline) -> float:
    """Have it come due in a second; return how many seconds after that its fact was there."""
    due = Clock().now() + timedelta(seconds=1)
    Deadlines(db).apply([replace(reminder, due_at=due)])
    commits = db["commits"]
    wanted = {"stream": reminder.stream, "events.type": "silence_reminder_due"}
    eventually(lambda: commits.find_one(wanted), within=60, every=0.005)
    return (datetime.now(due.tzinfo) - due).total_seconds()


def _fill(db: Db, like: Deadline, numbers: range) -> None:
    """Add dates in the stored form of a real one, each of a stream of its own."""
    probe = replace(like, stream=f"consultation-{new_id()}", name="later")
    Deadlines(db).apply([replace(probe, due_at=Clock().now() + timedelta(days=1))])
    stored = db["deadlines"].find_one({"_id": f"{probe.stream}/{probe.name}"})
    assert stored is not None
    copies = _copies(stored, numbers)
    while batch := list(islice(copies, BATCH)):
        db["deadlines"].insert_many(batch, ordered=False)


def _copies(stored: dict[str, Any], numbers: range) -> Iterator[dict[str, Any]]:
    step = timedelta(days=29) / len(numbers)
    for place, number in enumerate(numbers):
        stream = f"consultation-{number:032x}"
        due = stored["due_at"] + place * step
        words = {"_id": f"{stream}/later", "stream": stream, "due_at": due, "look_at": due}
        yield {**stored, **words}


def _resident_mb(stack: Stack) -> float:
    pid = stack.control.pid("consultation")
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
