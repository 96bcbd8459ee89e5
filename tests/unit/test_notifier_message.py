"""The e-mail as it travels: whatever a name or an address holds, the headers stay ours."""

import email
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError
from marshmallow.validate import Email

from services.notifier.channels.letters import Letter
from services.notifier.channels.message import compose, mailbox
from services.notifier.channels.wording import one_line
from tests.unit.notification import OFFICE, intent, owed

LETTER = Letter("[KS-1471-2026-000001] Petugas kami sudah menjawab", "Halo,\n", "<p>Halo,</p>\n")
HEADERS = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]

nasty = st.text(alphabet='ab.-+,;:<>@"\\()[]=?_ \r\n\t\0é王\u202e😀', max_size=120)
few = settings(max_examples=40, deadline=None)  # all unit tests together take seconds
plain = st.text(alphabet="ab.-+=?_é王", max_size=20)


def sent(to: Address, letter: Letter = LETTER) -> EmailMessage:
    """Return the message as a mail program reads it."""
    message = compose(owed(intent()), letter, to, OFFICE)
    utf8 = not str(to.addr_spec).isascii()  # as smtplib writes it then
    raw = message.as_bytes(policy=SMTP.clone(utf8=utf8)).decode()
    parsed = email.message_from_string(raw.replace("\r\n", "\n"), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def to_of(message: EmailMessage) -> Any:
    return message["To"].addresses


@few
@given(nasty | st.text(max_size=200))
@example('"Siti" <x@evil.id>, Rahma')
@example("Siti\r\nBcc: x@evil.id")
@example("=?utf-8?q?=0D=0ABcc:_x@evil.id?=")
@example("é" * 100)
@example('é, "b" ' * 30)
def test_no_name_can_forge_a_header_or_a_recipient(name):
    """One recipient, the right one, and no header that is not ours."""
    message = sent(mailbox(name, "siti@example.com"))
    assert message.keys() == HEADERS
    (to,) = to_of(message)
    assert to.addr_spec == "siti@example.com"
    assert message["To"].defects == ()


@few
@given(st.text(max_size=12))  # longer ones are folded, which this library reads back wrongly
@example("Rahma, Siti")
@example("Siti “Ñ” Rahma; S.Si.")
@example("王小明 (Budi)")
def test_a_name_arrives_as_it_was_given(name):
    """Apart from what was never visible."""
    (to,) = to_of(sent(mailbox(name, "siti@example.com")))
    assert to.display_name == one_line(name).replace("=?", "= ?")


@few
@given(nasty, nasty)
@example("siti@example.com\r\nBcc: x", "evil.id")
@example("siti>, <x", "evil.id")
@example('"a b"', "example.com")
@example('""', "example.com")
@example("=?utf-8?q?=0D=0ABcc:_x?=", "evil.id")
@example("", "example.com")
@example("siti", "")
@example("siti", "a" * 64 + ".id")
def test_no_address_can_forge_a_header_or_a_recipient(local, domain):
    """It is written as one recipient, or refused as no address."""
    address = f"{local}@{domain}"
    try:
        to = mailbox("Siti", address)
    except ValueError:
        return
    message = sent(to)
    assert message.keys() == HEADERS
    assert [a.addr_spec for a in to_of(message)] == [to.addr_spec]


@few
@given(st.emails() | st.builds("{}@{}".format, plain, plain))
def test_what_the_api_takes_for_an_address_can_be_written_to(address):
    """Nobody is accepted and then never reached."""
    try:
        Email()(address)
        address.rpartition("@")[2].encode("idna")
    except (ValidationError, UnicodeError):  # no address, or a domain that cannot exist
        return
    assume("=?" not in address)
    assert mailbox("Siti", address).username == address.rpartition("@")[0]


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("siti@example.com", "siti@example.com"),
        ("siti@münchen.de", "siti@xn--mnchen-3ya.de"),
        ("siti@例え.jp", "siti@xn--r8jz45g.jp"),
        ("sítí@example.com", "sítí@example.com"),
        ("siti+bps@localhost", "siti+bps@localhost"),
        ("o'brien@example.co.id", "o'brien@example.co.id"),
    ],
)
def test_internationalised_addresses_are_written_safely(address, written):
    """A domain in its ASCII form; a local part as it is, for servers with SMTPUTF8."""
    (to,) = to_of(sent(mailbox("Siti", address)))
    assert to.addr_spec == written


def test_a_second_copy_is_the_same_message():
    """Byte for byte, so that mail programs show one."""
    to = mailbox("Siti", "siti@example.com")
    first, second = (compose(owed(intent()), LETTER, to, OFFICE).as_bytes() for _ in range(2))
    assert first == second


def test_the_message_threads_and_says_that_it_is_automatic():
    """All e-mails of a consultation share an ancestor; none invites an automatic answer."""
    message = sent(mailbox("Siti", "siti@example.com"))
    assert message["Message-ID"] == "<n1@bps.go.id>"
    assert message["References"] == message["In-Reply-To"] == "<consultation-k1@bps.go.id>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == message["Reply-To"] == f"{OFFICE.name} <bps1471@bps.go.id>"
    assert message["Date"] == "Mon, 23 Nov 2026 12:00:00 +0700"
    assert message["Content-Language"] == "id"


@few
@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
@example("=_n1 --=_n1--")
@example("." * 5)
def test_any_text_arrives_in_both_forms(text):
    """Letter by letter, with its line breaks."""
    message = sent(mailbox("Siti", "s@example.com"), Letter("[KS] x", f"{text}\n", f"<p>{text}\n"))
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert plain.get_content() == f"{text}\n"
    assert html.get_content() == f"<p>{text}\n"
    assert [p.get_content_type() for p in (plain, html)] == ["text/plain", "text/html"]
