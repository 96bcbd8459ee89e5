"""supervisord for one run directory: its start and its end."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy import leftovers, signals, supervisor_conf
from deploy.control import SOCKET, Control
from deploy.parts import Part
from deploy.paths import shown
from deploy.problem import Problem

OUTPUT = "supervisord.log"
START_S = 10.0


class Supervisor:
    """A context: inside it supervisord runs, on leaving everything it started has ended.

    It starts no part by itself. `environment` is what every part sees.
    """

    def __init__(
        self, run_dir: Path, parts: Sequence[Part], environment: Mapping[str, str]
    ) -> None:
        self._run_dir = run_dir
        self._home = run_dir / "supervisor"
        self._logs = run_dir / supervisor_conf.LOGS
        self._environment = {**environment, leftovers.MARK: str(run_dir)}
        self._patience_s = sum(part.stop_s for part in parts)
        self._conf = supervisor_conf.text(parts)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Control:
        self._home.mkdir(mode=0o700, exist_ok=True)
        self._logs.mkdir(exist_ok=True)
        (self._home / SOCKET).unlink(missing_ok=True)
        (self._home / "conf").write_text(self._conf)
        try:
            self._start()
            return self._connect()
        except BaseException:
            self._stop()
            raise

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _start(self) -> None:
        command = (sys.executable, "-m", "supervisor.supervisord", "-n", "-s", "-c", "conf")
        with (self._logs / OUTPUT).open("wb") as output:
            self._process = subprocess.Popen(
                [*supervisor_conf.ENDS_WITH_ITS_PARENT, *command],
                cwd=self._home,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the starter alone, which keeps the order
            )

    def _connect(self) -> Control:
        control = Control(self._run_dir)
        deadline = time.monotonic() + START_S
        while self._alive() and time.monotonic() < deadline:
            if control.answers():
                return control
            time.sleep(0.05)
        raise Problem(f"supervisord does not start; its log: {shown(self._logs / OUTPUT)}")

    def _stop(self) -> None:
        with signals.ignored():
            if self._process and self._alive():
                self._process.terminate()
                self._wait()
            leftovers.end(self._run_dir, patience_s=5)

    def _wait(self) -> None:
        control = Control(self._run_dir)
        deadline = time.monotonic() + self._patience_s
        while self._alive() and time.monotonic() < deadline:
            control.answers()  # it looks at its children once a second, or when it is asked
            time.sleep(0.05)
        control.close()

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None
