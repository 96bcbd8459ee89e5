"""Run one process: `python -m host.serve consultation|notifier|gateway`.

Several may be named; each may run any number of times. SIGTERM and Ctrl-C drain.
"""

import warnings

# Known, and the reason why nameko is kept at the edge; not news for every start.
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()  # before anything that opens a socket is imported

import gc  # noqa: E402 - see above
import importlib.util  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

import nameko  # noqa: E402
import structlog  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402

from host import sealed_json  # noqa: E402
from host.observability import Health, configure_logging, ops_server  # noqa: E402
from kernel import config  # noqa: E402
from kernel.broker import reachable  # noqa: E402
from kernel.database import AWAY, connect, database  # noqa: E402
from kernel.sealing import VaultError  # noqa: E402
from kernel.vault import Vault  # noqa: E402

NEEDS = ("amqp_url", "rpc_key")
MAX_WORKERS = 50
LOOK_S = 0.2
AGAIN_S = 1.0
DRAIN_S = 20

GARBAGE = 10_000
"""So many objects are made, beyond those that are dropped, until cycles are looked for."""


def find(name: str) -> Any:
    """Return the nameko class of a service: `services.<name>` or, beside them, `<name>`."""
    for module in (f"services.{name}.service", f"{name}.service"):
        if importlib.util.find_spec(module.rpartition(".")[0]):
            return getattr(importlib.import_module(module), f"{name.title()}Service")
    raise config.SettingsError(f"There is no service named {name!r}.")


def main(names: list[str]) -> int:
    """Serve until told to stop; 2 when the settings do not do."""
    try:
        settings = config.load(os.environ)
        settings.require(*NEEDS)
        configure_logging("+".join(names), settings.log_level)
        services = [find(name) for name in names]
        for service in services:
            settings.require(*getattr(service, "needs", ()))
            for check in getattr(service, "checks", ()):
                check(settings)
        serve(services, settings)
    except config.SettingsError as error:
        print(f"pst: {error}", file=sys.stderr)  # noqa: T201 - the one line an operator reads
        return 2
    return 0


def serve(services: list[Any], settings: config.Settings) -> None:
    """Start the services and block until a signal has stopped them."""
    health = Health()
    health.add("broker", lambda: None if reachable(settings.amqp_url) else "cannot connect")
    sealed_json.register(settings.rpc_key)
    nameko.config.setup(
        {
            "AMQP_URI": settings.amqp_url,
            "serializer": sealed_json.NAME,
            "max_workers": MAX_WORKERS,
            "settings": settings,  # for our own extensions
            "health": health,
        }
    )
    ops = ops_server(settings.host, settings.ops_port, health)
    eventlet.spawn(ops.serve_forever)
    log = structlog.get_logger()
    log.info("starting", ops_port=ops.server_port)
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: told.append(number))
    _wait(eventlet.spawn(_check_vaults, services, settings), told)
    runner = ServiceRunner()
    for service in services:
        runner.add_service(service)
    if not told:
        _wait(eventlet.spawn(_run, runner, health), told)
        log.info("stopping")
        with eventlet.Timeout(DRAIN_S, False):
            runner.stop()
    log.info("stopped")


def _wait(thread: Any, told: list[int]) -> None:
    """Wait until a thread ends, raising what ended it, or until we are told to stop."""
    while not told and not thread.dead:
        eventlet.sleep(LOOK_S)  # a signal alone does not wake the event loop
    if thread.dead:
        thread.wait()


def _run(runner: ServiceRunner, health: Health) -> None:
    runner.start()
    _settle_memory()
    health.started()
    runner.wait()


def _settle_memory() -> None:
    """Look no more through what is there to stay: modules, schemas, routes.

    Else every few seconds of load all of it is searched for garbage, a tenth of a second each
    time, in which nobody is served.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, *gc.get_threshold()[1:])


def _check_vaults(services: list[Any], settings: config.Settings) -> None:
    for service in services:
        if "master_key" in getattr(service, "needs", ()):
            _check_vault(service.wiring.name, settings)


def _check_vault(name: str, settings: config.Settings) -> None:
    """Start nothing with a master key that does not fit; a database that is away is waited for."""
    with connect(settings) as client:
        commits = database(client, settings, name)["commits"]
        keys = database(client, settings, "vault")
        vault = Vault(keys, settings.master_key, settings.master_key_before)
        while True:
            try:
                return vault.check(lambda: commits.find_one({}, {"_id": 1}) is not None)
            except VaultError as error:
                raise config.SettingsError(f"{error}.") from error
            except AWAY as error:
                structlog.get_logger().warning("waiting_for_database", error=str(error))
                eventlet.sleep(AGAIN_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
