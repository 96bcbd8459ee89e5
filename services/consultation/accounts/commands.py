"""What can be asked of an account: by anybody, by its owner, by the office, and by the clock.

`subject_id` of what anybody asks is that of a new person, should the address be free; of the
others it is the person they are about. Ids of challenges are new each time.
"""

from dataclasses import dataclass
from datetime import datetime

from services.consultation.accounts.events import ForgottenBecause, Source

FORGET = "forget_unverified"
GIVE_UP = "give_up_key_"
MOVE = "move_account"
"""Names of dates; the second is followed by the person's id."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """Somebody gives the address as theirs."""

    now: datetime
    subject_id: str
    challenge_id: str
    name: str
    email: str
    phone: str | None
    institution: str | None
    notice_version: str


@dataclass(frozen=True, kw_only=True)
class LogIn:
    """Somebody wants a code for the address."""

    now: datetime
    subject_id: str
    challenge_id: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Verify:
    """A code is sent back. `right`: it is that of `challenge_id`, the last one known then."""

    now: datetime
    challenge_id: str | None
    right: bool


@dataclass(frozen=True, kw_only=True)
class Note:
    """The office writes the address down for a person."""

    now: datetime
    subject_id: str
    name: str | None
    email: str
    phone: str | None
    source: Source


@dataclass(frozen=True, kw_only=True)
class LeaveAddress:
    """The office had written this address down wrong: theirs is the one of `to`."""

    now: datetime
    subject_id: str
    to: str


@dataclass(frozen=True, kw_only=True)
class NoteAnew:
    """It is this one, of whom the office knows already."""

    now: datetime
    subject_id: str
    name: str
    email: str
    phone: str | None


@dataclass(frozen=True, kw_only=True)
class Correct:
    """The owner corrects what is in `changed`."""

    now: datetime
    subject_id: str
    changed: tuple[str, ...]
    name: str | None = None
    phone: str | None = None
    institution: str | None = None


@dataclass(frozen=True, kw_only=True)
class CountCode:
    """The owner of another account wants this address: does it get a code?"""

    now: datetime
    subject_id: str


@dataclass(frozen=True, kw_only=True)
class ChangeEmail:
    """The owner wants another address, and maybe a correction with it: both or neither.

    `to` is the mark of its stream; `counted`: the code has been counted there, and may go out.
    """

    now: datetime
    subject_id: str
    challenge_id: str
    to: str
    email: str
    counted: bool
    correct: Correct | None = None


@dataclass(frozen=True, kw_only=True)
class ConfirmEmail:
    """The owner sends back the code that went to the new address."""

    now: datetime
    subject_id: str
    challenge_id: str | None
    right: bool


@dataclass(frozen=True, kw_only=True)
class MoveIn:
    """An account comes to this address."""

    now: datetime
    subject_id: str
    name: str | None
    email: str
    phone: str | None
    institution: str | None
    notice_version: str | None
    registered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EndMove:
    """It has come there, or (`to` is None) could not."""

    now: datetime
    subject_id: str
    to: str | None


@dataclass(frozen=True, kw_only=True)
class MarkBounced:
    """A mail server refused an e-mail to it for good."""

    now: datetime
    subject_id: str
    about: str


@dataclass(frozen=True, kw_only=True)
class Forget:
    """The person is being forgotten."""

    now: datetime
    subject_id: str
    reason: ForgottenBecause


Command = (
    Register
    | LogIn
    | Verify
    | Note
    | LeaveAddress
    | NoteAnew
    | Correct
    | CountCode
    | ChangeEmail
    | ConfirmEmail
    | MoveIn
    | EndMove
    | MarkBounced
    | Forget
)
