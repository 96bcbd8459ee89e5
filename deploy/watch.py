"""Looks after the parts of a running system: readiness, restarts, and when to give up."""

import http.client
import time
import xmlrpc.client
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from deploy.control import Control, Seen
from deploy.parts import Part
from deploy.paths import shown
from deploy.problem import Problem

FAST_DEATHS = 5
"""So many fast deaths in a row, and the system is given up. A death is fast that comes before
the part was ready, or within `SETTLED_S` of its start."""

SETTLED_S = 1.0
LOOK_EVERY_S = 0.2
STATES_DOWN = ("STOPPED", "STOPPING")


@dataclass
class _Life:
    pid: int = 0
    since: float = 0.0
    ready: bool = False
    fast_deaths: int = 0
    reason: str | None = "not started"

    def begin(self, pid: int) -> None:
        self.pid, self.since, self.ready = pid, time.monotonic(), False

    def settled(self) -> bool:
        return self.ready and time.monotonic() - self.since >= SETTLED_S


class Watch:
    """Follows parts through the supervisor; `tell` is given one line per restart."""

    def __init__(
        self, control: Control, parts: Sequence[Part], logs: Path, tell: Callable[[str], None]
    ) -> None:
        self._control = control
        self._parts = {part.name: part for part in parts}
        self._lives = {part.name: _Life() for part in parts}
        self._logs = logs
        self._tell = tell

    def start(self, parts: Sequence[Part], patience_s: float, ready: Callable[[str], None]) -> None:
        """Start parts together, call `ready` with the name of each that becomes so.

        Raises `Problem` when one does not within `patience_s`, or keeps dying.
        """
        waiting = [part.name for part in parts]
        for name in waiting:
            self._control.start(name)
        deadline = time.monotonic() + patience_s
        while waiting:
            self.look()
            for name in [name for name in waiting if self._lives[name].ready]:
                waiting.remove(name)
                ready(name)
            if waiting and time.monotonic() > deadline:
                raise Problem(
                    f"{waiting[0]} is not ready after {patience_s:.0f} s:"
                    f" {self._lives[waiting[0]].reason}; its log: {shown(self._log(waiting[0]))}"
                )
            time.sleep(LOOK_EVERY_S / 4)

    def forever(self) -> NoReturn:
        """Look after the parts until one keeps dying, which raises `Problem`."""
        while True:
            self.look()
            time.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """See how every part is; raise `Problem` when one is beyond help."""
        try:
            seen = self._control.seen()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise Problem("supervisord has ended; start again with `make run`.") from error
        for name, life in self._lives.items():
            self._judge(life, seen[name])

    def _judge(self, life: _Life, seen: Seen) -> None:
        if seen.state == "FATAL":
            raise Problem(f"{seen.name} cannot be started: {seen.error}.")
        if seen.pid != life.pid:
            if life.pid and seen.state not in STATES_DOWN:
                self._died(life, seen.name)
            life.begin(seen.pid)
        if life.pid and not life.ready:
            life.reason = self._parts[seen.name].ready()
            life.ready = life.reason is None

    def _died(self, life: _Life, name: str) -> None:
        if life.settled():
            life.fast_deaths = 0
            self._tell(f"{name} ended and is started again")
            return
        life.fast_deaths += 1
        if life.fast_deaths >= FAST_DEATHS:
            raise Problem(
                f"{name} keeps dying ({life.fast_deaths} times within moments),"
                f" last words: {last_words(self._log(name))}; its log: {shown(self._log(name))}"
            )

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def last_words(log: Path, longest: int = 300) -> str:
    """Return the last line of a log that says anything, cut to one of readable length."""
    if not log.exists():
        return "nothing"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").splitlines()
    return next((line.strip()[:longest] for line in reversed(lines) if line.strip()), "nothing")
