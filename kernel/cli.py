"""`pst`: what an operator does from a terminal.

Settings come from the environment; what it does not say is read from the file that `make run`
leaves in `.run/env`.
"""

import json
import os
import re
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from pymongo.errors import PyMongoError

from contracts.caller import ROLES
from contracts.common import plain, rfc3339
from contracts.errors import PstError
from kernel import config, tokens
from kernel.clock import Clock
from kernel.codec import EventTypes
from kernel.database import TravelledTime, connect, database
from kernel.event_log import EventLog
from kernel.facts import Fact, facts_of
from kernel.parked import Parked, parked_messages
from kernel.vault import Vault, VaultError

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

service_argument = click.argument("service")


def main() -> None:
    """Run the tool; what goes wrong is one line, and exit code 1 (2 for settings)."""
    try:
        cli()
    except config.SettingsError as error:
        sys.exit(_complaint(str(error), 2))
    except PyMongoError as error:
        sys.exit(_complaint(f"the database does not answer ({type(error).__name__})", 1))
    except (PstError, VaultError) as error:
        sys.exit(_complaint(str(error), 1))


def _complaint(text: str, code: int) -> int:
    click.echo(f"pst: {text}", err=True)
    return code


def _started_with() -> dict[str, str]:
    """The settings that `make run` left behind; {} if it did not run here."""
    return config.read_env_file(Path(os.environ.get("PST_RUN_DIR", ".run")) / "env")


def _settings(*needed: str) -> config.Settings:
    settings = config.load({**_started_with(), **os.environ})
    settings.require(*needed)
    return settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Look after a running PST Konsultasi."""


@cli.command()
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the token allows.")
@click.option("--sub", required=True, help="Officer id, or subject id of a service user.")
@click.option("--office", "offices", multiple=True, help="Office it is good for; repeatable.")
@click.option("--name", default="", help="Name for people; default: the sub.")
@click.option("--hours", default=12.0, show_default=True, help="How long it is good.")
def token(role: str, sub: str, offices: tuple[str, ...], name: str, hours: float) -> None:
    """Sign a bearer token with the deployment's key."""
    key = _settings("token_private_key").token_private_key
    valid = timedelta(hours=hours)
    click.echo(tokens.sign(key, role=role, sub=sub, offices=offices, name=name, valid=valid))


@cli.group()
def clock() -> None:
    """The time this system believes it is; it travels only with PST_TIME_TRAVEL=1."""


@clock.command("show")
def clock_show() -> None:
    """Print the time, and by how much it is ahead."""
    settings = _settings("mongo_url")
    offset = _travelled(settings) if settings.time_travel else timedelta
    click.echo(f"{rfc3339(Clock(offset).now())}  ahead by {offset()}")


@clock.command("advance")
@click.argument("duration")
def clock_advance(duration: str) -> None:
    """Move the time of all processes forward by DURATION, such as 7d, 1d12h or 90m."""
    settings = _settings("mongo_url")
    # who says it to this tool alone has not said it to the services, whose clocks would stay
    started_with = config.load(_started_with() or os.environ)
    if not (settings.time_travel and started_with.time_travel):
        raise click.ClickException("time travel is off; start with PST_TIME_TRAVEL=1 make run")
    travelled = _travelled(settings)
    travelled.advance(_duration(duration))
    click.echo(f"{rfc3339(Clock(travelled).now())}  ahead by {travelled()}")


def _travelled(settings: config.Settings) -> TravelledTime:
    return TravelledTime(database(connect(settings), settings, "clock"))


def _duration(text: str) -> timedelta:
    parts = re.findall(r"(\d+)([dhms])", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise click.BadParameter(f"{text!r} is no duration; write 7d, 1d12h or 90m")
    return timedelta(seconds=sum(int(n) * UNITS[u] for n, u in parts))


@cli.group()
def log() -> None:
    """The event log."""


@log.command("show")
@click.argument("stream")
@click.option("--service", default="consultation", show_default=True, help="Whose log.")
@click.option("--clear", is_flag=True, help="Open the personal fields (needs the master key).")
def log_show(stream: str, service: str, clear: bool) -> None:
    """Print the facts of STREAM, such as consultation-4f0c…, oldest first."""
    types = _types(service)
    settings = _settings("mongo_url", *(("master_key",) if clear else ()))
    client = connect(settings)
    vault = Vault(database(client, settings, "vault"), settings.master_key) if clear else None
    commits = EventLog(database(client, settings, service)).read_stream(stream)
    if not commits:
        raise click.ClickException(f"the {service} log has no stream named {stream}")
    for commit in commits:
        for fact in facts_of(commit, types, vault):
            click.echo(_line(fact, types.personal(fact.event) if not clear else ()))


def _types(service: str) -> EventTypes:
    """Find a service's events by its name: the kernel may not import what stands above it."""
    try:
        found: EventTypes = import_module(f"services.{service}.schemas").TYPES
    except ModuleNotFoundError as error:
        raise click.BadParameter(f"there is no service named {service!r}") from error
    return found


def _line(fact: Fact, sealed: tuple[str, ...]) -> str:
    data = plain(fact.event)
    shown = {k: "[sealed]" if k in sealed and v is not None else v for k, v in data.items()}
    who = f"{fact.actor_kind}:{fact.actor_id}"
    words = json.dumps(shown, ensure_ascii=False)
    return (
        f"{fact.sequence:>4}  {rfc3339(fact.occurred_at)}  @{fact.position:<6}"
        f" {fact.name:<24} {who:<18} {words}"
    )


@cli.group()
def parked() -> None:
    """Messages that a service could not take in."""


@parked.command("list")
@service_argument
def parked_list(service: str) -> None:
    """List the parked messages of SERVICE."""
    with parked_messages(_settings("amqp_url").amqp_url, service) as messages:
        found = list(messages.all())
    for message in found:
        click.echo(f"{message.id}  {message.error}")
    if not found:
        click.echo(f"Nothing is parked for {service}.")


@parked.command("show")
@service_argument
@click.argument("message_id")
def parked_show(service: str, message_id: str) -> None:
    """Print one parked message: why it is here, its headers, its body."""
    with parked_messages(_settings("amqp_url").amqp_url, service) as messages:
        message = _one(list(messages.all()), service, message_id)
    click.echo(f"error:   {message.error}")
    click.echo(f"headers: {json.dumps(message.headers, default=str)}")
    click.echo(_pretty(message.body))


@parked.command("retry")
@service_argument
@click.argument("message_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Send all of them back.")
def parked_retry(service: str, message_id: str | None, everything: bool) -> None:
    """Send MESSAGE_ID (or --all) back to SERVICE, its tries counted from nothing."""
    if everything == (message_id is not None):
        raise click.UsageError("name one message, or say --all")
    with parked_messages(_settings("amqp_url").amqp_url, service) as messages:
        found = list(messages.all())
        chosen = found if message_id is None else [_one(found, service, message_id)]
        for message in chosen:
            messages.retry(message)
            click.echo(f"{message.id}  sent back")
    if not chosen:
        click.echo(f"Nothing is parked for {service}.")


def _one(found: list[Parked], service: str, message_id: str) -> Parked:
    for message in found:
        if message.id == message_id:
            return message
    raise click.ClickException(f"no message {message_id} is parked for {service}")


def _pretty(body: bytes) -> str:
    try:
        words: Any = json.loads(body)
    except ValueError:
        return repr(body)
    return json.dumps(words, indent=2, ensure_ascii=False)
