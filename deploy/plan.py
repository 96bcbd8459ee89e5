"""What a start will do: which parts are ours, and with which settings all of them run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy import database, keys, parts, ports, probes
from kernel import config

EMBEDDED = (
    ("PST_AMQP_URL", parts.private_broker, probes.broker),
    ("PST_MONGO_URL", parts.embedded_database, probes.database),
    ("PST_SMTP_URL", parts.mail_catcher, probes.mail),
)
"""What is started here, unless the setting says that it runs somewhere already."""

NOT_SHARED = ("PST_OPS_PORT", "PST_RUN_DIR")
"""One is each service's own, the other is known as an absolute path."""

LEDGER = "erasures.jsonl"
"""Who was forgotten, beside the database and not in it."""


FILES = "files"
"""Where what people send lies, unless the setting says elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Our parts in the order of their start, probes of what others run, settings in force."""

    parts: list[parts.Part]
    external: dict[str, probes.Probe]
    in_force: dict[str, str]


def given_by(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that somebody made; an empty value is none."""
    return {
        name: value.strip()
        for name, value in environ.items()
        if name.startswith("PST_") and value.strip() and name not in NOT_SHARED
    }


def make(run_dir: Path, given: Mapping[str, str]) -> Plan:
    """Settle parts, ports and places; starts nothing and leaves the keys to `with_keys`."""
    settings = config.load(given)
    numbers = ports.settle(run_dir, parts.PORTS, settings.port)
    ours: list[parts.Part] = []
    external: dict[str, probes.Probe] = {}
    in_force = {**given, **_places(run_dir, settings)}
    for name, embedded, probe in EMBEDDED:
        if name in given:
            external[name] = partial(probe, given[name])
        else:
            in_force[name], more = embedded(run_dir, numbers)
            ours += more
    return Plan(
        parts=ours + parts.services(settings, numbers), external=external, in_force=in_force
    )


def with_keys(plan: Plan, run_dir: Path) -> dict[str, str]:
    """Return the settings in force with the deployment's keys; looks where data lies already."""
    kept = config.read_env_file(run_dir / "env")
    config.load({name: kept.get(name, "") for name in keys.NAMES})  # raises if one is spoilt
    name = "PST_MONGO_URL"
    elsewhere = plan.in_force[name] if name in plan.external else ""
    prefix = config.load(plan.in_force).db_prefix
    data = database.sealed_data(run_dir / "database", elsewhere, prefix)
    return {**plan.in_force, **keys.in_force(plan.in_force, kept, data)}


def _places(run_dir: Path, settings: config.Settings) -> dict[str, str]:
    return {
        "PST_HOST": settings.host,
        "PST_PORT": str(settings.port),
        "PST_OFFICES": os.path.abspath(settings.offices),
        "PST_RUN_DIR": str(run_dir),
        "PST_FILES_URL": settings.files_url or (run_dir / FILES).as_uri(),
        "PST_ERASURE_LEDGER": os.path.abspath(settings.erasure_ledger or run_dir / LEDGER),
    }
