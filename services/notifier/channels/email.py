"""The e-mail channel: from what is owed to what came of it."""

from collections.abc import Callable
from typing import Any

from offices.office import Office
from services.notifier.channels.invitation import invitation
from services.notifier.channels.letters import Letters
from services.notifier.channels.message import compose, mailbox, sender_of
from services.notifier.channels.smtp import Mailer
from services.notifier.commands import Delivered, Refused
from services.notifier.state import Owed


class EmailChannel:
    """Writes and sends e-mails by way of one SMTP server."""

    def __init__(self, smtp_url: str) -> None:
        self._letters = Letters()
        self._mailer = Mailer(smtp_url)

    def deliver(
        self, owed: Owed, dossier: dict[str, Any], office: Office, last_look: Callable[[], None]
    ) -> Delivered | Refused:
        """Try once; `dossier` holds a contact with an address.

        `last_look` is called before the message leaves, and raises to keep it back.
        """
        contact = dossier["contact"]
        try:
            to = mailbox(contact["name"], contact["email"])
        except ValueError:
            return Refused("address_invalid", permanent=True)
        letter = self._letters.write(owed.request, dossier, office)
        with_it = invitation(owed.request, dossier, office, sender_of(office), to)
        message = compose(owed, letter, to, office, with_it)
        return self._mailer.send(message, office.mail_from, to.addr_spec, last_look)
