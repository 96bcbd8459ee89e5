"""The parts of the system: how each is started, and how to tell that it is ready."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy import broker, database, node, probes
from kernel.config import Settings

SERVICES = ("consultation", "queue", "notifier", "gateway")
PORTS = ("epmd", "broker", "broker nodes", "database", "mail", *SERVICES)

NAMES, STORES, OURS = STAGES = ("names", "stores", "services")
"""Stages are started one after the other and stopped in reverse."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process: its command line, what its environment holds besides, its probe.

    `stop_s` is how long it may take to end by itself. Only one that `signs` tokens sees the key.
    """

    name: str
    stage: str
    command: tuple[str, ...]
    ready: probes.Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_s: int = 20
    signs: bool = False


def private_broker(run_dir: Path, ports: Mapping[str, int]) -> tuple[str, list[Part]]:
    """Return the URL of a RabbitMQ node, the node, and the name server that Erlang insists on."""
    home = run_dir / "broker"
    url = node.prepare(home, ports["broker"])
    names = Part(
        name="epmd",
        stage=NAMES,
        command=("epmd", "-address", "127.0.0.1", "-port", str(ports["epmd"])),
        ready=partial(probes.port, ports["epmd"]),
    )
    server = Part(
        name="broker",
        stage=STORES,
        command=(str(broker.SERVER),),
        ready=partial(probes.broker, url),
        environment=node.environment(home, ports),
        stop_s=30,
    )
    return url, [names, server]


def embedded_database(run_dir: Path, ports: Mapping[str, int]) -> tuple[str, list[Part]]:
    """Return the URL of a SecantusDB server, and the server."""
    url = database.URL.format(port=ports["database"])
    server = Part(
        name="database",
        stage=STORES,
        command=database.command(run_dir / "database", ports["database"]),
        ready=partial(probes.database, url),
    )
    return url, [server]


def mail_catcher(run_dir: Path, ports: Mapping[str, int]) -> tuple[str, list[Part]]:
    """Return the URL of a mail server that delivers everything to a Maildir, and the server.

    It takes international addresses (SMTPUTF8), as the mail server of an office should.
    """
    listen = f"127.0.0.1:{ports['mail']}"
    catch = ("-n", "-u", "-c", "aiosmtpd.handlers.Mailbox", str(run_dir / "mail"), "-l", listen)
    url = f"smtp://{listen}"
    server = Part(
        name="mail",
        stage=STORES,
        command=(sys.executable, "-m", "aiosmtpd", *catch),
        ready=partial(probes.mail, url),
    )
    return url, [server]


def services(settings: Settings, ports: Mapping[str, int]) -> list[Part]:
    """Return our own processes."""
    return [
        Part(
            name=name,
            stage=OURS,
            command=(sys.executable, "-m", "host.serve", name),
            ready=partial(probes.service, reachable(settings.host), ports[name]),
            environment={"PST_OPS_PORT": str(ports[name])},
            stop_s=30,
            signs=name == "gateway",
        )
        for name in SERVICES
    ]


def reachable(host: str) -> str:
    """Return the address under which this machine reaches what listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
