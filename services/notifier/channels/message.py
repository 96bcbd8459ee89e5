"""An e-mail as it travels: headers that thread, that say it is automatic, that none can forge.

Everything in it follows from the notification, so that a second copy (a crash between the
mail server's "yes" and our record of it) is the same message under the same `Message-ID`.
"""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import idna

from offices.office import Office
from services.notifier.channels.invitation import Invitation
from services.notifier.channels.letters import Letter
from services.notifier.channels.wording import one_line
from services.notifier.events import IN_ENGLISH_TOO, TO_PERSON, NotificationRequested
from services.notifier.state import Owed

NAME_MAX = 60
"""Longer display names are cut: folding one over lines is where mail libraries have bugs."""

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def sender_of(office: Office) -> Address:
    """Return the mailbox from which an office writes."""
    return mailbox(office.name, office.mail_from)


def compose(
    owed: Owed, letter: Letter, to: Address, office: Office, with_it: Invitation | None = None
) -> EmailMessage:
    """Return the message to send, and an invitation with it."""
    request = owed.request
    sender = sender_of(office)
    thread = f"<{_thread(request, office)}@{sender.domain}>"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["Reply-To"] = sender
    message["To"] = to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(owed.since.astimezone(ZoneInfo(office.time_zone)))
    message["Message-ID"] = f"<{request.notification_id}@{sender.domain}>"
    message["In-Reply-To"] = thread  # no such message exists: the common ancestor of them all
    message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    message["X-Auto-Response-Suppress"] = "All"  # Exchange heeds this one instead
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = "id, en" if request.template in IN_ENGLISH_TOO else "id"
    message.set_boundary(f"=_{request.notification_id}")  # "=_" never occurs in quoted-printable
    if with_it is not None:
        _invite(message, with_it)
        message.set_boundary(f"=_with_{request.notification_id}")
    return message


def _invite(message: EmailMessage, invitation: Invitation) -> None:
    """Add it twice, as calendars expect: as a form of the letter, and as a file to open."""
    kind: Any = {"subtype": "calendar", "cte": "base64", "charset": "utf-8"}
    method = {"method": invitation.method}
    message.add_alternative(invitation.text, **kind, params=method)
    message.add_attachment(
        invitation.text.encode(),
        maintype="application",
        subtype="ics",
        filename="undangan.ics",
    )


def _thread(request: NotificationRequested, office: Office) -> str:
    """Name what belongs together: the e-mails of a consultation, a person, an office's day."""
    day = request.params.service_date
    if request.template in TO_PERSON:
        return f"account-{request.about}"
    return f"consultation-{request.about}" if day is None else f"day-{office.id}-{day}"


def mailbox(name: str, address: str) -> Address:
    """Return a mailbox safe to put in a header; raise ValueError for what is no address.

    An internationalised domain is written in its ASCII form; a local part beyond ASCII is
    kept and needs a mail server with SMTPUTF8. Not for quoted local parts and numeric
    domains (`"a b"@x.id`, `a@[10.0.0.1]`), which nobody is given.
    """
    local, _, domain = address.rpartition("@")
    ascii_domain = idna.encode(domain, uts46=True).decode()  # as addresses are known by
    if not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(ascii_domain)) or "=?" in local:
        raise ValueError("not an address")
    # "=?" opens an encoded word, which the library would decode on its way into the header:
    # line breaks hidden in one have become headers of their own.
    shown = one_line(name).replace("=?", "= ?")[:NAME_MAX].strip()
    return Address(shown, username=local, domain=ascii_domain)
