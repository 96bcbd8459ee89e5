"""The peer FQM itself, for who has a checkout of it: FQM=<its directory>.

No package registry has FQM, so no list of requirements can bring it. It is copied and runs in an
environment of its own, filled from its own requirements; SQLite is its database, as its README has
it. `pull` is its call-next.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from bench import servers
from bench.harness import say
from deploy import ports

BESIDES = ("gevent", "gunicorn", "setuptools<70")
"""What it imports, or is run by, and its `requirements/main.txt` does not name."""

PREPARED = """\
from app.database import AuthTokens, Office, Serial, Task
from app.main import create_app, create_db
from app.middleware import db
app = create_app()
app.app_context().push()
"""

SEEDED = """\
create_db(app)
office, task, token = Office("PST", "A"), Task("Konsultasi"), AuthTokens("bench")
office.tasks.append(task)
db.session.add_all((office, task, token))
db.session.commit()
print(token.token, office.id, task.id)
"""

ISSUED = """\
last = max([100, *(ticket.number for ticket in Serial.query)])  # 100: as it begins itself
for number in range(last + 1, last + 1 + {count}):
    ticket = Serial(number=number, office_id={office}, task_id={task}, name="Siti", n=True)
    db.session.add(ticket)
db.session.commit()
"""

SERVERS = {
    "its own server": ("run.py", "--cli", "--quiet", "--ip", "127.0.0.1", "--port", "{port}"),
    "gunicorn, a worker a core": (
        *("-m", "gunicorn", "app.main:bundle_app()", "--bind", "127.0.0.1:{port}"),
        *("--workers", str(os.cpu_count()), "--log-level", "warning"),
    ),
}
"""How it is run: as its README says, and as its Docker image does."""


@dataclass(frozen=True)
class Fqm:
    """One that runs."""

    home: Path
    port: int
    token: str
    office: int
    task: int

    def issue(self, count: int) -> None:
        """Give out so many numbers, by its own models: its API answers 500."""
        _told(self.home, ISSUED.format(count=count, office=self.office, task=self.task))


def checkout() -> Path | None:
    """Return where FQM is, if anywhere."""
    given = os.environ.get("FQM", "")
    return Path(given).absolute() if given else None


@contextmanager
def served(home: Path, server: str) -> Iterator[Fqm]:
    """Install it afresh, with an office and a task, and run it by one of `SERVERS`."""
    source, python = home / "fqm", str(home / "venv/bin/python")
    found = checkout()
    if found is None or not (found / "run.py").exists():
        raise SystemExit(f"FQM={found}: no checkout of FQM is there.")
    shutil.copytree(found, source, ignore=shutil.ignore_patterns(".git", "*.sqlite"))
    say(f"  installing FQM, for {server} ...")
    _run(source, sys.executable, "-m", "venv", str(home / "venv"))
    listed = ("-r", "requirements/main.txt", *BESIDES)
    _run(source, python, "-m", "pip", "-qq", "--disable-pip-version-check", "install", *listed)
    token, office, task = _told(home, SEEDED).split()[-3:]
    port = ports.free()
    command = (python, "-W", "ignore", *(word.format(port=port) for word in SERVERS[server]))
    with servers.process(command, home / "said", partial(_answers, port), source):
        yield Fqm(home, port, token, int(office), int(task))


def _told(home: Path, script: str) -> str:
    """Run a script in its environment; return what it prints."""
    python = str(home / "venv/bin/python")
    return _run(home / "fqm", python, "-W", "ignore", "-c", PREPARED + script)


def _run(where: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise SystemExit(f"FQM does not do it: {said[-1]}")
    return done.stdout


def _answers(port: int) -> str | None:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
    except httpx.HTTPError:
        return "FQM does not answer"
    return None
