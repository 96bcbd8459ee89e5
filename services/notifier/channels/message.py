"""An e-mail as it travels: headers that thread, that say it is automatic, that none can forge.

Everything in it follows from the notification, so that a second copy (a crash between the
mail server's "yes" and our record of it) is the same message under the same `Message-ID`.
"""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from offices.office import Office
from services.notifier.channels.letters import Letter
from services.notifier.channels.wording import one_line
from services.notifier.events import NotificationRequested
from services.notifier.state import Owed

NAME_MAX = 60
"""Longer display names are cut: folding one over lines is where mail libraries have bugs."""

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def compose(owed: Owed, letter: Letter, to: Address, office: Office) -> EmailMessage:
    """Return the message to send."""
    request = owed.request
    sender = mailbox(office.name, office.mail_from)
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
    message["Content-Language"] = "id" if request.params.service_date is None else "id, en"
    message.set_boundary(f"=_{request.notification_id}")  # "=_" never occurs in quoted-printable
    return message


def _thread(request: NotificationRequested, office: Office) -> str:
    """Name what belongs together: the e-mails of a consultation, or of an office's day."""
    day = request.params.service_date
    return f"consultation-{request.about}" if day is None else f"day-{office.id}-{day}"


def mailbox(name: str, address: str) -> Address:
    """Return a mailbox safe to put in a header; raise ValueError for what is no address.

    An internationalised domain is written in its ASCII form; a local part beyond ASCII is
    kept and needs a mail server with SMTPUTF8. Not for quoted local parts and numeric
    domains (`"a b"@x.id`, `a@[10.0.0.1]`), which nobody is given.
    """
    local, _, domain = address.rpartition("@")
    ascii_domain = domain.encode("idna").decode()
    if not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(ascii_domain)) or "=?" in local:
        raise ValueError("not an address")
    # "=?" opens an encoded word, which the library would decode on its way into the header:
    # line breaks hidden in one have become headers of their own.
    shown = one_line(name).replace("=?", "= ?")[:NAME_MAX].strip()
    return Address(shown, username=local, domain=ascii_domain)
