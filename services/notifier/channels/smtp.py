"""The way out: one SMTP transaction a message, and what its outcome means."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from services.notifier.commands import Delivered, Refused

CONNECT_S = 10.0
"""A server that does not even greet within this time is tried again later."""

ANSWER_S = 60.0
"""Patience with one that works: who hangs up while it checks the message sends it twice."""


class Mailer:
    """Hands messages to the server of `smtp[s]://[user:password@]host[:port]`.

    A password is only sent over TLS: `smtp://` with one insists on STARTTLS.
    """

    def __init__(self, url: str) -> None:
        self._server = urlsplit(url)

    def send(
        self, message: EmailMessage, sender: str, recipient: str, last_look: Callable[[], None]
    ) -> Delivered | Refused:
        """Deliver to one recipient; not sure to have been delivered means refused for now.

        `last_look` is called when the server is ready to take it, and raises to keep it back.
        """
        try:
            server = _connect(self._server)
        except OSError as error:  # every failure of smtplib is one
            return Refused(_code(error), permanent=False)
        try:
            last_look()
            server.send_message(message, sender, [recipient])
        except OSError as error:
            of_recipient = isinstance(error, smtplib.SMTPRecipientsRefused)
            return Refused(_code(error), _is_permanent(error), of_recipient)
        finally:
            _part(server)
        return Delivered()


def _connect(url: SplitResult) -> smtplib.SMTP:
    host = url.hostname or ""
    if url.scheme == "smtps":
        tls = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, url.port or 465, timeout=CONNECT_S, context=tls
        )
    else:
        server = smtplib.SMTP(host, url.port or (587 if url.username else 25), timeout=CONNECT_S)
    _be_patient(server, ANSWER_S)
    try:
        if url.username:
            _log_in(server, url)
    except OSError:
        server.close()
        raise
    return server


def _log_in(server: smtplib.SMTP, url: SplitResult) -> None:
    if url.scheme == "smtp":
        server.starttls(context=ssl.create_default_context())
    server.login(unquote(url.username or ""), unquote(url.password or ""))


def _part(server: smtplib.SMTP) -> None:
    """Say goodbye; the message has had its answer, so that nothing hangs on this one."""
    with suppress(OSError):
        _be_patient(server, CONNECT_S)
        server.quit()


def _be_patient(server: smtplib.SMTP, seconds: float) -> None:
    if server.sock is not None:
        server.sock.settimeout(seconds)


def _is_permanent(error: OSError) -> bool:
    """Tell whether the server will never take this message for this recipient.

    What it has against the sender is for the operator to mend: tried again until then.
    """
    match error:
        case smtplib.SMTPRecipientsRefused() | smtplib.SMTPDataError():
            return 500 <= _reply(error) <= 599
        case smtplib.SMTPNotSupportedError():  # an address beyond ASCII, a server without SMTPUTF8
            return True
    return False


def _reply(error: OSError) -> int:
    """Return the server's three digits, 0 without any. Its text may quote the address: dropped."""
    match error:
        case smtplib.SMTPResponseException():
            return int(error.smtp_code)
        case smtplib.SMTPRecipientsRefused():
            return int(next(iter(error.recipients.values()))[0])
    return 0


def _code(error: OSError) -> str:
    reply = _reply(error)
    if reply > 0:
        return f"smtp_{reply}"
    match error:
        case TimeoutError():
            return "smtp_timeout"
        case smtplib.SMTPServerDisconnected():
            return "smtp_disconnected"
        case smtplib.SMTPNotSupportedError():
            return "smtp_not_supported"
        case ssl.SSLError():
            return "smtp_tls_failed"
    return "smtp_unreachable"
