"""Marks of addresses, one-time codes, ids of wishes: all made with keys that lie in the vault.

None of them is derived from the master key itself, so that it can be changed; and none can be
guessed, or undone, by who reads the log without the vault.
"""

import unicodedata

from email_validator import validate_email

from kernel.vault import Vault

DIGITS = 6


def mark_of(vault: Vault, email: str) -> str:
    """Return by what the stream of an address is known; raise `ValueError` for what is none.

    The same for every spelling that reaches the same person: blanks around it, letter case,
    composed or decomposed letters, a domain in letters or in its ASCII form. Letters that are
    merely like others (ß, ſ, ﬁ) stay apart: they may be another person's.
    """
    return vault.mark("addresses", _one_spelling(email)).hex()[:40]


def spelled(email: str) -> str:
    """Return an address as it is written to: without blanks around it, letter case kept."""
    return validate_email(email.strip(), check_deliverability=False).normalized


def code_of(vault: Vault, mark: str, challenge_id: str) -> str:
    """Return the six digits of a challenge, made anew each time (RFC 4226, of SHA-256)."""
    digest = vault.mark("codes", f"{mark}/{challenge_id}")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def wish_of(vault: Vault, *words: str) -> str:
    """Return the id of what somebody without a token asks: theirs only with the same words.

    An `Idempotency-Key` is as good as a name; here nobody has one, so the words count, too. The
    log keeps this id: without a key, an address or a code could be guessed from it.
    """
    return vault.mark("wishes", "\x1f".join(words)).hex()[:32]


def _one_spelling(email: str) -> str:
    found = validate_email(email.strip(), check_deliverability=False)
    local = unicodedata.normalize("NFC", found.local_part).lower()
    return f"{local}@{(found.ascii_domain or found.domain).lower()}"
