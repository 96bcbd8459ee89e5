"""The way out, against a real SMTP server that accepts, refuses, falters and dies."""

import email
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.errors import Unavailable
from services.notifier.channels import smtp
from services.notifier.channels.email import EmailChannel
from services.notifier.channels.message import mailbox
from services.notifier.channels.smtp import Mailer
from services.notifier.commands import Delivered, Refused
from tests.unit.notification import OFFICE, dossier, intent, owed


class Server:
    """A handler that answers as told, and keeps what it took."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.taken: list[Envelope] = []

    async def handle_MAIL(self, _s: SMTP, _e: Session, envelope: Envelope, *to: Any) -> str:
        envelope.mail_from = to[0]
        envelope.mail_options.extend(to[1])
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, _s: SMTP, _e: Session, envelope: Envelope, *to: Any) -> str:
        answer = self.answers.get("rcpt", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(to[0])
        return answer

    async def handle_DATA(self, _s: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.answers.get("data", "250 taken")
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer

    async def handle_QUIT(self, server: SMTP, _session: Session, _e: Envelope) -> str:
        if "quit" not in self.answers:
            return "221 Bye"
        server.transport.close()
        return self.answers["quit"]


@contextmanager
def serving(handler: Server, **options: Any) -> Iterator[str]:
    """Run the server on a free port; give its URL."""
    controller = Controller(handler, hostname="127.0.0.1", port=0, **options)
    # with port 0 the controller cannot find the server it started: give it one that is free
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that is no good: `talk` has the connection; give its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                talk(connection)

        Thread(target=serve, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}"


def go() -> None:
    """Let it go."""


def deliver(
    url: str, address: str = "siti@example.com", last_look: Callable[[], None] = go
) -> Delivered | Refused:
    """Let the e-mail channel deliver one notification."""
    told = dossier({"name": "Siti Rahma", "email": address})
    return EmailChannel(url).deliver(owed(intent()), told, OFFICE, last_look)


def test_a_taken_message_is_delivered():
    """To its one recipient, from the office, both forms in it."""
    handler = Server()
    with serving(handler) as url:
        assert deliver(url) == Delivered()
    (envelope,) = handler.taken
    assert envelope.mail_from == "bps1471@bps.go.id"
    assert envelope.rcpt_tos == ["siti@example.com"]
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Message-ID"] == "<n1@bps.go.id>"
    assert mail["Subject"] == "[KS-1471-2026-000001] Pertanyaan Anda sudah kami terima"
    for form in ("plain", "html"):
        body = mail.get_body((form,))
        assert body is not None
        assert "Siti Rahma" in body.get_content()


@pytest.mark.parametrize(
    ("answers", "code", "permanent"),
    [
        ({"rcpt": "450 4.2.1 greylisted"}, "smtp_450", False),
        ({"rcpt": "421 4.3.2 too busy"}, "smtp_421", False),
        ({"rcpt": "550 5.1.1 <siti@example.com> unknown"}, "smtp_550", True),
        ({"data": "451 4.3.0 try again"}, "smtp_451", False),
        ({"data": "554 5.7.1 looks like spam"}, "smtp_554", True),
        ({"mail": "451 4.1.8 who are you"}, "smtp_451", False),
        ({"mail": "553 5.7.1 not your domain"}, "smtp_553", False),  # ours to mend, meanwhile
    ],
)
def test_a_refusal_is_for_now_or_for_good(answers, code, permanent):
    """4xx and what is our own fault: again later; 5xx for recipient or message: never."""
    handler = Server(**answers)
    with serving(handler) as url:
        assert deliver(url) == Refused(code, permanent, of_recipient="rcpt" in answers)
    assert handler.taken == []


def test_last_look_keeps_the_message_back():
    """Taken when the server is ready for the message, however long that took: nothing goes."""
    handler = Server()

    def look() -> None:
        raise Unavailable("another process has taken over")

    with serving(handler) as url, pytest.raises(Unavailable):
        deliver(url, last_look=look)
    assert handler.taken == []


def test_what_the_server_says_is_not_kept():
    """Its words may quote the address; only its digits are recorded."""
    with serving(Server(rcpt="550 5.1.1 <siti@example.com> unknown")) as url:
        assert "siti" not in repr(deliver(url))


@pytest.mark.parametrize("parting", ["421 4.4.2 going down", "500 what"])
def test_a_bad_goodbye_changes_nothing(parting):
    """The message was taken: to send it again would be a second e-mail."""
    with serving(Server(quit=parting)) as url:
        assert deliver(url) == Delivered()


def test_nobody_there_is_tried_again():
    """Connection refused."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert deliver(f"smtp://127.0.0.1:{port}") == Refused("smtp_unreachable", permanent=False)


def test_no_such_host_is_tried_again():
    """A name that does not resolve."""
    assert deliver("smtp://nowhere.invalid:25") == Refused("smtp_unreachable", permanent=False)


def test_a_server_that_is_closing_is_tried_again():
    """It greets with 421 or 554."""
    with talking(lambda c: c.sendall(b"554 no service here\r\n")) as url:
        assert deliver(url) == Refused("smtp_554", permanent=False)


def test_a_silent_server_is_given_up_soon(monkeypatch):
    """It takes the connection and never greets."""
    monkeypatch.setattr(smtp, "CONNECT_S", 0.2)
    with talking(lambda c: c.recv(1)) as url:
        assert deliver(url) == Refused("smtp_disconnected", permanent=False)


def test_a_server_that_hangs_over_the_message_is_tried_again(monkeypatch):
    """Whether it took the message is unknown: the next copy carries the same Message-ID."""
    monkeypatch.setattr(smtp, "ANSWER_S", 0.3)
    monkeypatch.setattr(smtp, "CONNECT_S", 0.3)
    with talking(script_until_data(lambda c: c.recv(1_000_000))) as url:
        assert deliver(url) == Refused("smtp_disconnected", permanent=False)


def test_a_server_that_dies_over_the_message_is_tried_again():
    """The connection breaks before the answer."""
    with talking(script_until_data(lambda _: None)) as url:
        result = deliver(url)
    assert result in (
        Refused("smtp_disconnected", permanent=False),
        Refused("smtp_unreachable", permanent=False),  # reset instead of closed
    )


def script_until_data(then: Callable[[socket.socket], object]) -> Callable[[socket.socket], None]:
    """Speak SMTP until the message begins, then do something else."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        for answer in (b"250 hello", b"250 OK", b"250 OK", b"354 go on"):
            connection.recv(10_000)
            connection.sendall(answer + b"\r\n")
        connection.recv(1)
        then(connection)

    return talk


def test_an_address_beyond_ascii_needs_a_server_that_can():
    """One with SMTPUTF8 gets it; another never will."""
    handler = Server()
    with serving(handler, enable_SMTPUTF8=True) as url:
        assert deliver(url, "sítí@münchen.de") == Delivered()
    assert handler.taken[0].rcpt_tos == ["sítí@xn--mnchen-3ya.de"]
    with serving(Server(), enable_SMTPUTF8=False) as url:
        assert deliver(url, "sítí@example.com") == Refused("smtp_not_supported", permanent=True)


def test_no_address_at_all_has_failed_for_good():
    """Without asking the server."""
    nowhere = "smtp://127.0.0.1:1"
    assert deliver(nowhere, "siti") == Refused("address_invalid", permanent=True)
    assert deliver(nowhere, "siti@x.id\r\nBcc: a@b.id") == Refused("address_invalid", True)


# Logging in.


@pytest.fixture
def tls(tmp_path, monkeypatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that this machine trusts; the server's side of it."""
    certificate, key = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def self_signed(directory: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = serialization.PrivateFormat.PKCS8
    (directory / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, plain))
    return directory / "cert.pem", directory / "key.pem"


def knows(password: bytes) -> Callable[..., AuthResult]:
    """Let in who knows the password."""

    def check(_s: Any, _session: Any, _e: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == password, handled=False)

    return check


def test_a_password_goes_over_tls(tls):
    """By STARTTLS; percent-encoded in the URL."""
    handler = Server()
    options = {"tls_context": tls, "auth_required": True, "authenticator": knows(b"r@hasia")}
    with serving(handler, **options) as url:
        assert deliver(url.replace("//", "//pst:r%40hasia@")) == Delivered()
        wrong = deliver(url.replace("//", "//pst:salah@"))
    assert wrong == Refused("smtp_535", permanent=False)  # the operator can mend it
    assert len(handler.taken) == 1


def test_smtps_is_tls_from_the_start(tls):
    """As providers offer on port 465."""
    handler = Server()
    with serving(handler, ssl_context=tls) as url:
        assert deliver(url.replace("smtp:", "smtps:")) == Delivered()


def test_a_password_is_never_sent_in_clear():
    """A server without STARTTLS does not get to see it."""
    with serving(Server(), auth_require_tls=False, authenticator=knows(b"rahasia")) as url:
        refused = deliver(url.replace("//", "//pst:rahasia@"))
    assert refused == Refused("smtp_not_supported", permanent=False)


def test_a_certificate_nobody_vouches_for_is_refused(tls, monkeypatch):
    """Whoever answers in the server's place gets neither password nor e-mail."""
    monkeypatch.delenv("SSL_CERT_FILE")
    handler = Server()
    with serving(handler, ssl_context=tls) as url:
        refused = deliver(url.replace("smtp:", "smtps:"))
    assert refused == Refused("smtp_tls_failed", permanent=False)
    assert handler.taken == []


def test_the_mailer_sends_to_whom_it_is_told():
    """Not to whom the headers name."""
    handler = Server()
    message = EmailMessage()
    message["To"] = mailbox("Orang Lain", "lain@example.com")
    message["Bcc"] = "diam@example.com"
    message.set_content("Halo")
    with serving(handler) as url:
        assert Mailer(url).send(message, "bps1471@bps.go.id", "siti@example.com", go) == Delivered()
    assert handler.taken[0].rcpt_tos == ["siti@example.com"]
