"""Start the whole system and look after it until told to end: `python -m deploy.run`.

Told by `PST_*` environment variables. Prints a line beginning with `Ready in` when all is up;
Ctrl-C, SIGTERM or `make stop` end it and everything it started. Exit status: 0 when told to end,
1 when something cannot be, 2 when a setting is wrong; the reason is one line on stderr.
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from deploy import broker, env_file, leftovers, lock, parts, paths, plan, ports, signals
from deploy.banner import banner
from deploy.problem import Problem
from deploy.progress import Stopwatch, tell
from deploy.supervisor import Supervisor
from deploy.supervisor_conf import LOGS
from deploy.watch import Watch
from kernel import config
from offices.office import OfficeFileError, load_offices

OURS_S, EXTERNAL_S = 60.0, 5.0
"""How long a part that we start, or one that runs already, may take until it is ready."""


def main() -> int:
    """Run until told to end; return the exit status."""
    signals.raise_on_endings()
    try:
        run(os.environ)
    except signals.Interrupted:
        tell("Stopped.")
        return 0
    except OfficeFileError as error:
        return _say(f"PST_OFFICES is wrong: {error}.", 2)
    except config.SettingsError as error:
        return _say(error, 2)
    except Problem as problem:
        return _say(problem, 1)


def run(environ: Mapping[str, str]) -> NoReturn:
    """Check what can be checked, start, look after it; ends by raising only."""
    watch = Stopwatch()
    given = plan.given_by(environ)
    settings = config.load(given)
    run_dir = paths.run_dir(environ)
    _make(run_dir)
    lock.take(run_dir)
    leftovers.end(run_dir, patience_s=20)  # of a start that was killed
    ports.check_gateway(settings.host, settings.port)
    load_offices(settings.offices)
    tell(f"Starting in {paths.shown(run_dir)}")
    if not settings.amqp_url:
        _find_broker()
    todo = plan.make(run_dir, given)
    _await_external(todo)
    in_force = plan.with_keys(todo, run_dir)
    env_file.write(run_dir, in_force)
    _serve(run_dir, todo, in_force, watch)


def _serve(
    run_dir: Path, todo: plan.Plan, in_force: Mapping[str, str], since: Stopwatch
) -> NoReturn:
    with Supervisor(run_dir, todo.parts, _environment(in_force)) as control:
        try:
            watch = Watch(control, todo.parts, run_dir / LOGS, tell)
            for stage in parts.STAGES:
                members = [part for part in todo.parts if part.stage == stage]
                watch.start(members, OURS_S, Stopwatch().ready)
            catches_mail = "PST_SMTP_URL" not in todo.external
            text = banner(config.load(in_force), run_dir, catches_mail, since.seconds())
            tell(text)
            watch.forever()
        except signals.Interrupted:
            tell("Stopping ...")
            raise


def _environment(in_force: Mapping[str, str]) -> dict[str, str]:
    """What the parts see; who signs no tokens does not see the key (`supervisor_conf.py`)."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("PST_")}
    return {**others, **in_force, "PYTHONUNBUFFERED": "1"}


def _find_broker() -> None:
    if not broker.installed():
        watch = Stopwatch()
        broker.install()
        watch.ready("installed")


def _await_external(todo: plan.Plan) -> None:
    for name, probe in todo.external.items():
        watch = Stopwatch()
        while reason := probe():
            if watch.seconds() > EXTERNAL_S:
                raise Problem(f"{name}: {reason}; start it, correct the setting or unset it.")
            time.sleep(0.2)
        watch.ready(name)


def _make(run_dir: Path) -> None:
    try:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"PST_RUN_DIR is wrong: {run_dir}: {error.strerror}.") from error
    if not os.access(run_dir, os.W_OK | os.X_OK):
        raise Problem(f"PST_RUN_DIR is wrong: {run_dir} cannot be written to.")


def _say(error: object, status: int) -> int:
    print(error, file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
