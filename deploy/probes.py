"""How to tell that a part is ready: each probe returns None, or why it is not."""

import http.client
import logging
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pika
import pymongo
from pika.exceptions import AMQPError, ProbableAccessDeniedError, ProbableAuthenticationError
from pymongo.errors import PyMongoError

Probe = Callable[[], str | None]

SHARDED = "isdbgrid"
"""What a router of a sharded cluster says of itself."""

PATIENCE_S = 2.0
"""How long one look may take."""


def broker(url: str) -> str | None:
    """Log in to a broker."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # a refusal is no news to a probe
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.stack_timeout = PATIENCE_S
    try:
        pika.BlockingConnection(parameters).close()
    except ProbableAuthenticationError:
        return "the broker refuses this user or password"
    except ProbableAccessDeniedError:
        return "the broker has no such virtual host for this user"
    except (AMQPError, OSError):
        return f"no broker answers at {parameters.host}:{parameters.port}"
    return None


def database(url: str) -> str | None:
    """Say hello to a database server, and see that it has transactions."""
    try:
        client: pymongo.MongoClient[Any] = pymongo.MongoClient(url, timeoutMS=PATIENCE_S * 1000)
        with client:
            hello = client.admin.command("hello")
    except PyMongoError as error:
        return f"no database answers ({type(error).__name__})"
    if "setName" not in hello and hello.get("msg") != SHARDED:
        return "the database is no member of a replica set; one member is enough (rs.initiate())"
    return None


def mail(url: str) -> str | None:
    """Greet a mail server."""
    parts = urlsplit(url)
    try:
        server = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        server(parts.hostname or "", parts.port or 0, timeout=PATIENCE_S).quit()
    except (OSError, smtplib.SMTPException) as error:
        return f"no mail server answers at {parts.hostname}:{parts.port} ({_brief(error)})"
    return None


def port(number: int) -> str | None:
    """See whether something listens on a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", number), PATIENCE_S).close()
    except OSError as error:
        return _brief(error)
    return None


def service(host: str, number: int) -> str | None:
    """Ask a service whether it is ready."""
    connection = http.client.HTTPConnection(host, number, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer yet ({_brief(error)})"
    finally:
        connection.close()
    return None if answer.status == http.HTTPStatus.OK else body


def _brief(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
