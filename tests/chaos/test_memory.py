"""Memory stays flat under an hour of load: what a process keeps warm is bounded.

Only with `make soak` (PST_SOAK_HOURS, default 2); writes what it saw to `memory.csv` in the
directory of the system.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median

import pytest

from tests.support import Stack

PROCESSES = ("gateway", "consultation", "queue", "notifier")
PLAYERS = 4
PLAYS_PER_S = 4.0
"""Each is a submission, an acceptance, an answer with its e-mail, a reply and a look."""

LOOK_S = 15.0
FLAT = 1.1
"""So much more a process may hold in the last third of the time than in the middle one: in the
first it fills the caches that are bounded by number (kernel/state_cache.py, kernel/vault.py)."""


@pytest.mark.soak
def test_memory_stays_flat_under_load(stack: Stack, tmp_path: Path) -> None:
    """New people and new consultations all the time; nobody comes back."""
    end = time.monotonic() + 3600 * float(os.environ.get("PST_SOAK_HOURS", "2"))
    with ThreadPoolExecutor(PLAYERS) as players:
        plays = [players.submit(play_on, stack, n, end) for n in range(PLAYERS)]
        seen = list(looks(stack, end, tmp_path / "memory.csv"))
    played = sum(each.result() for each in plays)
    third = len(seen) // 3
    for n, name in enumerate(PROCESSES):
        middle, last = (
            median(row[n] for row in part) for part in (seen[third:-third], seen[-third:])
        )
        print(f"\n{name}: {middle:.1f} MB in the middle third, {last:.1f} MB in the last")
        assert last <= FLAT * middle, name
    print(f"\n{played} consultations played")
    assert played > 0


def play_on(stack: Stack, player: int, end: float) -> int:
    """Play one conversation after the other, at an even pace; return how many."""
    officer, began = stack.officer(f"petugas-{player}"), time.monotonic()
    for n in count():
        if time.monotonic() > end:
            return n
        key = stack.submit(officer)["consultation_id"]
        user = stack.user(officer.get(f"/consultations/{key}").json()["subject_id"])
        steps = (
            officer.post(f"/consultations/{key}/accept"),
            officer.post(f"/consultations/{key}/messages", {"text": "Sudah dilihat?"}),
            user.post(f"/consultations/{key}/messages", {"text": "Sudah, terima kasih."}),
            user.get(f"/consultations/{key}"),
        )
        user.http.close()
        assert all(step.is_success for step in steps), [step.text for step in steps]
        time.sleep(max(0.0, began + (n + 1) * PLAYERS / PLAYS_PER_S - time.monotonic()))
    raise AssertionError("count() does not end")


def looks(stack: Stack, end: float, path: Path) -> Iterator[list[float]]:
    """Yield the resident megabytes of each process, now and then."""
    with path.open("w") as file:
        print("seconds", *PROCESSES, sep=",", file=file)
        while time.monotonic() < end:
            time.sleep(LOOK_S)
            row = [resident_mb(stack.control.pid(name) or 0) for name in PROCESSES]
            print(round(end - time.monotonic()), *row, sep=",", file=file, flush=True)
            yield row


def resident_mb(pid: int) -> float:
    """Return what a process holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
