"""What happened to an account: past tense, frozen, no clock; the rules are in `decider.py`.

Every fact names the person: the account's stream is the address's, and an address may come to
belong to somebody else. No code is in any of them, in whatever form.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.personal import Personal


class Source(StrEnum):
    """Who wrote an address down before its owner did."""

    CONSULTATION = "consultation"
    GUEST_BOOK = "guest_book"


class ForgottenBecause(StrEnum):
    """Why an account is no more."""

    NEVER_VERIFIED = "never_verified"
    ERASED = "erased"


@dataclass(frozen=True, kw_only=True)
class UserRegistered:
    """Somebody gives this address as theirs; not yet shown to be."""

    subject_id: str
    name: Personal[str]
    email: Personal[str]
    phone: Personal[str | None]
    institution: Personal[str | None]
    notice_version: str
    forget_at: datetime  # unless verified, or wanted by the office, by then


@dataclass(frozen=True, kw_only=True)
class AddressNoted:
    """The office wrote it down for a person: who registers with it later finds what was said."""

    subject_id: str
    name: Personal[str | None]
    email: Personal[str]
    phone: Personal[str | None]
    source: Source


@dataclass(frozen=True, kw_only=True)
class LoginWithoutAccount:
    """Somebody wants to log in where there is no account; its owner is told, nobody else.

    `challenge_id`: of a code that is never right, so that tries are counted as anywhere.
    """

    subject_id: str
    email: Personal[str]
    challenge_id: str
    expires_at: datetime
    forget_at: datetime


@dataclass(frozen=True, kw_only=True)
class CodeIssued:
    """A code goes out and ends the one before. It can be made from the challenge's id and a key.

    `notice_version`: what who asked for it has read. `to` and `new_email`: the address that it
    goes to instead, as that is to be the account's, and by which mark its stream is known.
    """

    subject_id: str
    challenge_id: str
    expires_at: datetime
    notice_version: str | None
    to: str | None
    new_email: Personal[str | None]


@dataclass(frozen=True, kw_only=True)
class CodeSentAgain:
    """The code that is out goes out once more, and stays as good as it was: who merely knows an
    address cannot end the code of its owner."""

    subject_id: str
    challenge_id: str
    expires_at: datetime
    notice_version: str | None


@dataclass(frozen=True, kw_only=True)
class CodeWithheld:
    """What would have been issued, but the new address has had enough of them: nobody is told.

    Its challenge stands in the place of the one before, so that who asked sees no difference.
    """

    subject_id: str
    challenge_id: str
    expires_at: datetime
    to: str
    new_email: Personal[str]


@dataclass(frozen=True, kw_only=True)
class CodeCounted:
    """A code goes to this address for another account, that of `subject_id`."""

    subject_id: str


@dataclass(frozen=True, kw_only=True)
class DetailsClaimed:
    """What was said when a code was asked for an address that nobody has shown to be theirs.

    It counts if the code of that challenge comes back, and not before. `name` is null when they
    only wanted to log in; `email` is the spelling to which the code goes.
    """

    subject_id: str
    challenge_id: str
    name: Personal[str | None]
    email: Personal[str]
    phone: Personal[str | None]
    institution: Personal[str | None]


@dataclass(frozen=True, kw_only=True)
class CodeTried:
    """A wrong code was sent; the `tries`-th time of this challenge."""

    subject_id: str
    challenge_id: str
    tries: int


@dataclass(frozen=True, kw_only=True)
class EmailVerified:
    """The right code came back: the address is theirs, and they are logged in."""

    subject_id: str
    challenge_id: str
    notice_version: str | None


@dataclass(frozen=True, kw_only=True)
class DetailsCorrected:
    """Their own correction; of what is not in `changed`, nothing is said."""

    subject_id: str
    changed: tuple[str, ...]
    name: Personal[str | None]
    phone: Personal[str | None]
    institution: Personal[str | None]


@dataclass(frozen=True, kw_only=True)
class EmailBounced:
    """The mail server of the address takes nothing for it."""

    subject_id: str
    about: str


@dataclass(frozen=True, kw_only=True)
class EmailChangeConfirmed:
    """The code that went to the new address came back: the account moves to its stream."""

    subject_id: str
    challenge_id: str
    to: str


@dataclass(frozen=True, kw_only=True)
class AccountMovedIn:
    """An account has this address now; it brings what was known of the person."""

    subject_id: str
    name: Personal[str | None]
    email: Personal[str]
    phone: Personal[str | None]
    institution: Personal[str | None]
    notice_version: str | None
    registered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AccountMovedOut:
    """It has another address now (`to`); this one is free."""

    subject_id: str
    to: str


@dataclass(frozen=True, kw_only=True)
class EmailChangeDropped:
    """The new address has an account of its own: this one stays where it is."""

    subject_id: str


@dataclass(frozen=True, kw_only=True)
class AccountForgotten:
    """The address is free; the person's key is given up next."""

    subject_id: str
    reason: ForgottenBecause


Event = (
    UserRegistered
    | AddressNoted
    | LoginWithoutAccount
    | CodeIssued
    | CodeSentAgain
    | CodeWithheld
    | CodeCounted
    | DetailsClaimed
    | CodeTried
    | EmailVerified
    | DetailsCorrected
    | EmailBounced
    | EmailChangeConfirmed
    | AccountMovedIn
    | AccountMovedOut
    | EmailChangeDropped
    | AccountForgotten
)
