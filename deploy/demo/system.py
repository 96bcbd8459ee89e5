"""The system that the tour is played against: where it is, and whether it is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy import env_file, probes
from deploy.banner import address
from deploy.demo.api import Api, NoAnswer
from deploy.paths import run_dir, shown
from deploy.problem import Problem
from kernel import config

OFFICE = "1471"

HOW_TO_TRAVEL = "`PST_TIME_TRAVEL=1 make run`"
START = "start the system with `make run` in another terminal"


@dataclass(frozen=True)
class System:
    """A running system. `time_travel`: its clock can be moved."""

    settings: config.Settings
    run_dir: Path
    api: Api
    time_travel: bool


def find(environ: Mapping[str, str]) -> System:
    """Return the system that the environment, else the run directory, names.

    Raises `Problem` when it does not answer, `SettingsError` when a setting is wrong.
    """
    directory = run_dir(environ)
    kept = config.read_env_file(directory / env_file.FILE)
    settings = config.load({**kept, **environ})
    if not kept and not settings.token_private_key:
        raise Problem(f"Nothing has been started in {shown(directory)}: {START}.")
    settings.require("amqp_url", "token_private_key", "mongo_url")
    # who says it to the tour alone has not said it to the services, whose clocks stay
    travels = settings.time_travel and config.load(kept or environ).time_travel
    api = Api(address(settings))
    _check(api, settings)
    return System(settings=settings, run_dir=directory, api=api, time_travel=travels)


def _check(api: Api, settings: config.Settings) -> None:
    try:
        answer = api.call("GET", f"/v1/offices/{OFFICE}")
    except NoAnswer as error:
        raise Problem(f"The system does not run ({error}): {START}.") from error
    if answer.status == 404 and answer.code == "not_found":
        raise Problem(f"The tour needs office {OFFICE}, which PST_OFFICES does not have.")
    if answer.status != 200 or answer.body.get("office") != OFFICE:
        raise Problem(f"What answers at {api.address} is no PST Konsultasi: {START}.")
    if reason := probes.broker(settings.amqp_url):
        raise Problem(f"PST_AMQP_URL: {reason}.")
