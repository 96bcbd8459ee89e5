"""Somebody with a mail address, and what the tests of accounts share."""

import re
import ssl
import uuid
from email.message import EmailMessage
from typing import Any

import httpx

from tests.support import Person, Stack, eventually

NOTICE = "2026-1"

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing is encrypted here, and to read the certificates of the world takes 40 ms each time."""


class Owner:
    """Reads the mail of one address, and speaks to the API without a token until logged in."""

    def __init__(self, stack: Stack, email: str = "", name: str = "Siti Rahma") -> None:
        self.stack = stack
        self.email = email or f"siti.{uuid.uuid4().hex[:12]}@example.com"
        self.name = name
        self.http = httpx.Client(base_url=f"{stack.url}/v1", timeout=30, verify=NO_TLS)

    def register(self, key: str = "", **changes: Any) -> httpx.Response:
        """Give the address as one's own."""
        body = {"name": self.name, "email": self.email, "notice_version": NOTICE, **changes}
        return self.http.post("/users", json=body, headers=_key(key))

    def login(self, email: str = "", key: str = "") -> httpx.Response:
        """Ask for a code."""
        body = {"email": email or self.email}
        return self.http.post("/users/login", json=body, headers=_key(key))

    def verify(self, code: str, email: str = "", key: str = "") -> httpx.Response:
        """Send a code back."""
        body = {"email": email or self.email, "code": code}
        return self.http.post("/users/verify", json=body, headers=_key(key))

    def mails(self) -> list[EmailMessage]:
        """Return what has come to the address, in whatever letter case."""
        own = self.email.strip().lower()
        return [mail for mail in self.stack.mails() if own in str(mail["To"]).lower()]

    def code(self, nth: int = 1) -> str:
        """Wait for the n-th code, and read it."""
        return eventually(lambda: codes_in(self.mails())[nth - 1 :])[0]

    def logged_in(self) -> Person:
        """Register, read the mail, send back the code."""
        before = len(codes_in(self.mails()))
        assert self.register().status_code == 202
        answer = self.verify(self.code(before + 1))
        assert answer.status_code == 200, answer.text
        return Person(self.stack.url, answer.json()["access_token"])


def codes_in(mails: list[EmailMessage]) -> list[str]:
    """Return the codes that stand alone on a line, the oldest first."""
    texts = [mail.get_body(("plain",)).get_content() for mail in mails]  # type: ignore[union-attr]
    return [found[1] for text in texts if (found := re.search(r"^ {4}(\d{6})$", text, re.M))]


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}
