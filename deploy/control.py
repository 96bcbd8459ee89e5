"""Handles of a running system: which process a part is, stop it, start it, end it hard.

    control = Control(Path(".run"))
    control.pid("notifier")       # its process number, None while it is stopped or restarting
    control.kill("notifier")      # SIGKILL; the supervisor starts it again
    control.stop("broker")        # ends it; it stays down ...
    control.start("broker")       # ... until this

Parts: broker, epmd (RabbitMQ's name server), database, mail, consultation, queue, notifier,
gateway. None of these waits for readiness; `deploy.ports.load(run_dir)[name]` is the port on which
a service answers `/health/ready`.
"""

import http.client
import os
import signal
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport  # type: ignore[import-untyped]

SOCKET = "supervisor.sock"


@dataclass(frozen=True)
class Seen:
    """A part as the supervisor sees it; `pid` is 0 while no process runs."""

    name: str
    group: str
    pid: int
    state: str
    error: str


class Control:
    """Speaks to the supervisor of one run directory; not for several threads at once.

    Every call raises `OSError` when no supervisor runs there.
    """

    def __init__(self, run_dir: Path) -> None:
        # by way of an open directory: socket paths are limited to about 100 characters
        self._directory = os.open(run_dir / "supervisor", os.O_RDONLY | os.O_DIRECTORY)
        address = f"unix:///proc/self/fd/{self._directory}/{SOCKET}"
        self._transport = SupervisorTransport(None, None, address)
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=self._transport)
        self._supervisor: Any = proxy.supervisor

    def seen(self) -> dict[str, Seen]:
        """Return all parts as they are now."""
        answers = self._supervisor.getAllProcessInfo()
        return {
            a["name"]: Seen(a["name"], a["group"], a["pid"], a["statename"], a["spawnerr"])
            for a in answers
        }

    def pid(self, name: str) -> int | None:
        """Return the number of the process that `name` is at the moment."""
        return self.seen()[name].pid or None

    def start(self, name: str) -> None:
        """Start a part that was stopped; return at once."""
        self._supervisor.startProcess(self._full(name), False)

    def stop(self, name: str) -> None:
        """End a part and keep it down; return when it has ended."""
        self._supervisor.stopProcess(self._full(name), True)

    def kill(self, name: str) -> int | None:
        """Send SIGKILL to a part; return which process that was."""
        pid = self.pid(name)
        if pid:
            os.kill(pid, signal.SIGKILL)
        return pid

    def answers(self) -> bool:
        """Tell whether a supervisor runs there and is not about to end."""
        try:
            self._supervisor.getState()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            self._transport.close()
            return False
        return True

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()
        os.close(self._directory)

    def _full(self, name: str) -> str:
        return f"{self.seen()[name].group}:{name}"
