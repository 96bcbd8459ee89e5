"""What can be asked of a service day: by people, and by the clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from host.caller import Caller
from offices.office import Office
from services.queue.events import HourEstimate, Lane, Outcome, Stop

START_LIMIT = "start_limit/"
MISSED = "missed/"
CLOSING = "closing"
MIDNIGHT = "midnight"


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """By somebody, at a time, under the rules of an office."""

    caller: Caller
    now: datetime
    office: Office


@dataclass(frozen=True, kw_only=True)
class _OfTicket(_Asked):
    """Of one ticket; `expected_version` is the one that it is meant for."""

    ticket_id: str
    expected_version: int | None = None


@dataclass(frozen=True, kw_only=True)
class OpenDay(_Asked):
    """The supervisor opens before the first use does; `estimates`: of the waits, if it opens."""

    estimates: tuple[HourEstimate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Suspend(_Asked):
    """Nobody can be served."""

    reason_code: str


@dataclass(frozen=True, kw_only=True)
class Resume(_Asked):
    """Service goes on."""


@dataclass(frozen=True, kw_only=True)
class CloseDay(_Asked):
    """The supervisor ends the day."""


@dataclass(frozen=True, kw_only=True)
class Issue(_OfTicket):
    """A visitor takes a number; `estimates`: of the waits, if this opens the day."""

    lane: Lane = Lane.REGULAR
    priority_reason: str | None = None
    party_size: int = 1
    estimates: tuple[HourEstimate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CallNext(_Asked):
    """An officer at a counter calls who is next."""

    counter: str
    stop: Stop


@dataclass(frozen=True, kw_only=True)
class Recall(_OfTicket):
    """Call the same number again."""


@dataclass(frozen=True, kw_only=True)
class Miss(_OfTicket):
    """Nobody came."""


@dataclass(frozen=True, kw_only=True)
class Reinstate(_OfTicket):
    """They came after all."""


@dataclass(frozen=True, kw_only=True)
class Register(_OfTicket):
    """The visitor stands at the front office."""


@dataclass(frozen=True, kw_only=True)
class SignGuestBook(_OfTicket):
    """Who came, and what for; `words` are the fields of `GuestBookSigned`."""

    visit_id: str
    subject_id: str
    words: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class CheckIdentity(_OfTicket):
    """An officer has seen the card of who signed the guest book without one."""

    identity_type: str


@dataclass(frozen=True, kw_only=True)
class Start(_OfTicket):
    """The consultation begins."""


@dataclass(frozen=True, kw_only=True)
class WriteNote(_OfTicket):
    """The officer writes down what it was about."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Refer(_OfTicket):
    """Tell them who else can help."""

    target: str


@dataclass(frozen=True, kw_only=True)
class Transfer(_OfTicket):
    """Another counter goes on."""

    to_counter: str


@dataclass(frozen=True, kw_only=True)
class Hold(_OfTicket):
    """Interrupt it, and free the desk."""


@dataclass(frozen=True, kw_only=True)
class GoOn(_OfTicket):
    """Go on with what was held, at a counter of one's own choice."""

    counter: str | None = None


@dataclass(frozen=True, kw_only=True)
class Finish(_OfTicket):
    """It is done."""

    outcome: Outcome = Outcome.SERVED


@dataclass(frozen=True, kw_only=True)
class UndoFinish(_OfTicket):
    """It was finished by mistake."""


@dataclass(frozen=True, kw_only=True)
class CancelTicket(_OfTicket):
    """They do not want to wait any longer; `holds_token`: asked with the ticket's own token."""

    holds_token: bool = False


@dataclass(frozen=True, kw_only=True)
class _Timed:
    """By the clock."""

    now: datetime
    office: Office


@dataclass(frozen=True, kw_only=True)
class TellLimit(_Timed):
    """Seven of the ten minutes that began at `t0` are over, or all of them."""

    ticket_id: str
    t0: datetime


@dataclass(frozen=True, kw_only=True)
class MissByTime(_Timed):
    """A minute has passed since the last call."""

    ticket_id: str
    called_at: datetime


@dataclass(frozen=True, kw_only=True)
class CloseByTime(_Timed):
    """Half an hour has passed since closing time."""


@dataclass(frozen=True, kw_only=True)
class EndByTime(_Timed):
    """The local date is over: what was forgotten ends with it."""


OfDay = OpenDay | Suspend | Resume | CloseDay
Timed = TellLimit | MissByTime | CloseByTime | EndByTime
OfTicket = (
    Recall
    | Miss
    | Reinstate
    | Register
    | SignGuestBook
    | CheckIdentity
    | Start
    | WriteNote
    | Refer
    | Transfer
    | Hold
    | GoOn
    | Finish
    | UndoFinish
    | CancelTicket
)
Asked = OfDay | Issue | CallNext | OfTicket
Command = Asked | Timed


def timed(name: str, data: dict[str, Any], now: datetime, office: Office) -> Timed:
    """Return the command of a date that came due; the names are those of `reactions.py`."""
    kinds: dict[str, type[Timed]] = {
        START_LIMIT: TellLimit,
        MISSED: MissByTime,
        CLOSING: CloseByTime,
        MIDNIGHT: EndByTime,
    }
    for beginning, kind in kinds.items():
        if name.startswith(beginning):
            return kind(now=now, office=office, **data)
    raise ValueError(f"no command for a deadline named {name!r}")
