"""What a newcomer reads when the system is up."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.parts import reachable
from deploy.paths import shown
from deploy.problem import Problem
from kernel.config import Settings

TEXT = """\
Ready in {seconds:.1f} s: {address}

  API docs     {address}/docs
  mails        {mails}
  logs         {logs}
  time travel  {time_travel}
  guided tour  `make demo` in another terminal

To open a consultation as officer budi of office 1471, paste this:

TOKEN={token}
curl -s {address}/v1/consultations \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"office": "1471", "type": "data", "topic": "Inflasi Pekanbaru", "channel": "visit",
       "question": "Di mana saya menemukan inflasi bulanan 2020-2025?",
       "contact": {{"name": "Siti Aminah", "email": "siti@example.org"}}}}'

Ctrl-C stops everything; the data stays in {run_dir}.
"""


def address(settings: Settings) -> str:
    """Return where the gateway is reached from this machine."""
    host = reachable(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def banner(settings: Settings, run_dir: Path, catches_mail: bool, seconds: float) -> str:
    """Return the text, with a token as `pst` makes it."""
    off = "off; `PST_TIME_TRAVEL=1 make run` turns it on"
    on = "on; `.venv/bin/pst clock advance 7d` moves the clock"
    return TEXT.format(
        seconds=seconds,
        address=address(settings),
        mails=shown(run_dir / "mail") if catches_mail else "sent to PST_SMTP_URL",
        logs=shown(run_dir / "log"),
        time_travel=on if settings.time_travel else off,
        token=officer_token(run_dir),
        run_dir=shown(run_dir),
    )


def officer_token(run_dir: Path) -> str:
    """Return a token of officer budi, made as anybody would make it at the command line."""
    pst = str(Path(sys.executable).with_name("pst"))
    others = {name: value for name, value in os.environ.items() if not name.startswith("PST_")}
    done = subprocess.run(
        (pst, "token", "--role", "officer", "--office", "1471", "--sub", "budi"),
        env={**others, "PST_RUN_DIR": str(run_dir)},  # it finds the rest in the file `env`
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Problem(f"`pst token` fails ({reason}); see {shown(run_dir / 'env')}.")
    return done.stdout.strip()
