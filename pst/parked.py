"""`pst parked`: messages that a service could not take in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from pst.parked_messages import Parked, ParkedMessages, parked_messages
from pst.services import service_argument
from pst.settings import settings
from pst.shown import harmless


@click.group()
def parked() -> None:
    """Messages that a service could not take in."""


@parked.command("list", epilog="Example: pst parked list notifier")
@service_argument
def parked_list(service: str) -> None:
    """List the parked messages of SERVICE."""
    with parked_messages(settings("amqp_url").amqp_url, service) as messages:
        found = list(messages.all())
    for message in found:
        click.echo(f"{_name(message)}  {harmless(message.error)}")
    if not found:
        click.echo(f"Nothing is parked for {service}.")


@parked.command("show", epilog="Example: pst parked show notifier MESSAGE_ID")
@service_argument
@click.argument("message_id")
def parked_show(service: str, message_id: str) -> None:
    """Print one parked message: why it is here, its headers, its body."""
    with parked_messages(settings("amqp_url").amqp_url, service) as messages:
        message = _one(list(messages.all()), service, message_id)
    click.echo(f"error:   {harmless(message.error)}")
    click.echo(f"headers: {harmless(json.dumps(message.headers, default=str))}")
    click.echo(_pretty(message.body))


@parked.command("retry", epilog="Example: pst parked retry notifier --all")
@service_argument
@click.argument("message_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Send all of them back.")
def parked_retry(service: str, message_id: str | None, everything: bool) -> None:
    """Send MESSAGE_ID (or --all) back to SERVICE.

    Its tries are counted from nothing. Do it when what `pst parked show` names is mended.
    """
    with _chosen(service, message_id, everything) as (messages, chosen):
        for message in chosen:
            messages.retry(message)
            click.echo(f"{_name(message)}  sent back")


@parked.command("drop", epilog="Example: pst parked drop notifier MESSAGE_ID")
@service_argument
@click.argument("message_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Drop all of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def parked_drop(service: str, message_id: str | None, everything: bool, yes: bool) -> None:
    """Drop MESSAGE_ID (or --all): SERVICE will never take it in.

    The event itself stays in the log of the service that published it.
    """
    with _chosen(service, message_id, everything) as (messages, chosen):
        for message in chosen if not yes else ():
            click.echo(f"{_name(message)}  {harmless(message.error)}")
        if chosen and not yes:
            click.confirm(f"Drop {len(chosen)} for good?", abort=True)
        for message in chosen:
            messages.drop(message)
            click.echo(f"{_name(message)}  dropped")


@contextmanager
def _chosen(
    service: str, message_id: str | None, everything: bool
) -> Iterator[tuple[ParkedMessages, list[Parked]]]:
    """Hold one parked message, or all; what is not dealt with stays parked."""
    if everything == (message_id is not None):
        raise click.UsageError("name one message, or say --all")
    with parked_messages(settings("amqp_url").amqp_url, service) as messages:
        found = list(messages.all())
        if message_id is not None:
            found = [_one(found, service, message_id)]
        yield messages, found
    if not found:
        click.echo(f"Nothing is parked for {service}.")


def _one(found: list[Parked], service: str, message_id: str) -> Parked:
    for message in found:
        if message_id in (message.id, _name(message)):
            return message
    raise click.ClickException(f"no message {harmless(message_id)} is parked for {service}")


def _name(message: Parked) -> str:
    """Return the id as it is shown, and may be typed."""
    return harmless(message.id)


def _pretty(body: bytes) -> str:
    try:
        words: Any = json.loads(body)
        lines = json.dumps(words, indent=2, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        return repr(body)
    return "\n".join(map(harmless, lines))
