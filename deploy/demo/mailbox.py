"""The mail catcher's Maildir: every e-mail that the system has sent."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path


class Mailbox:
    """The e-mails that arrive in a Maildir from now on."""

    def __init__(self, directory: Path) -> None:
        self._new = directory / "new"
        self._known = set(self._files())
        self._found: dict[str, EmailMessage] = {}

    @property
    def exists(self) -> bool:
        """Whether e-mails are caught here, or sent to a real mail server."""
        return self._new.is_dir()

    def find(self, notification_id: str) -> EmailMessage | None:
        """Return the e-mail of a notification; its Message-ID is made from that id."""
        for path in self._files():
            if path not in self._known:
                self._known.add(path)
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                name = str(message["Message-ID"]).lstrip("<").partition("@")[0]
                self._found[name] = message
        return self._found.get(notification_id)

    def _files(self) -> list[Path]:
        return sorted(self._new.glob("*"))


def text_of(message: EmailMessage) -> str:
    """Return the plain text of an e-mail."""
    part = message.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""
