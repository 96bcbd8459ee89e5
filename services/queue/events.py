"""What happens on a service day: past tense, frozen, no clock; the rules are in `decider.py`.

A service day is one office on one local date: tickets, lanes, counters and the day itself change
together, so that no ticket is ever at two counters.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kernel.personal import Personal


class Lane(StrEnum):
    """Two rows of people; each has numbers of its own."""

    REGULAR = "regular"
    PRIORITY = "priority"


class Stop(StrEnum):
    """Where a visitor is called to."""

    FRONT_OFFICE = "front_office"
    DESK = "desk"


class Outcome(StrEnum):
    """What a service came to."""

    SERVED = "served"
    REFERRED = "referred"
    NOT_AVAILABLE = "not_available"
    LEFT = "left"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How long others waited for their desk, in seconds from the number: half, nine of ten."""

    p50_s: int
    p90_s: int


@dataclass(frozen=True, kw_only=True)
class HourEstimate:
    """What the log says of a lane and an hour of the day, before it begins."""

    lane: Lane
    begins: datetime
    ends: datetime
    estimate: Estimate


@dataclass(frozen=True, kw_only=True)
class ServiceDayOpened:
    """The first use within opening hours, or the supervisor, opens the day."""

    service_date: date
    calendar_version: str
    closes_at: datetime  # by itself, some time after closing time
    ends_at: datetime  # with the local date
    estimates: tuple[HourEstimate, ...]  # of waits, from the days before


@dataclass(frozen=True, kw_only=True)
class TicketIssued:
    """Somebody has come; nobody knows who. `stop`: where they are to be called first.

    `estimate`: what they were told of their wait; None if too little is known.
    """

    ticket_id: str
    number: str
    lane: Lane
    priority_reason: str | None
    party_size: int
    service_date: date
    stop: Stop
    estimate: Estimate | None


@dataclass(frozen=True, kw_only=True)
class TicketCalled:
    """A number was called to a counter. `overtook`: so many who came before wait on, and why."""

    ticket_id: str
    number: str
    lane: Lane
    stop: Stop
    counter: str
    officer_id: str
    attempt: int
    overtook: int
    overtake_reason: str | None
    missed_at: datetime | None  # of the last call: until when they may come


@dataclass(frozen=True, kw_only=True)
class TicketRecalled:
    """The same number, called once more."""

    ticket_id: str
    number: str
    stop: Stop
    counter: str
    attempt: int
    missed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TicketMissed:
    """Nobody came to any of the calls."""

    ticket_id: str
    number: str
    stop: Stop
    counter: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class TicketReinstated:
    """They came after all, and are placed after the next one. `after`: whom, if anyone waits."""

    ticket_id: str
    number: str
    stop: Stop
    after: str | None


@dataclass(frozen=True, kw_only=True)
class RegistrationStarted:
    """The visitor stands at the front office."""

    ticket_id: str
    counter: str


@dataclass(frozen=True, kw_only=True)
class GuestBookSigned:
    """Who came, and what for; the identity's kind and that it was checked, never its number."""

    ticket_id: str
    visit_id: str
    subject_id: str
    name: Personal[str]
    email: Personal[str | None]
    phone: Personal[str | None]
    sex: Personal[str]
    birth_year: Personal[str]
    education: Personal[str]
    occupation: Personal[str]
    institution: Personal[str | None]
    purpose: Personal[str]
    institution_category: str
    use: str
    services: tuple[str, ...]
    means: tuple[str, ...]
    identity_type: str
    identity_checked: bool
    no_email_reason: str | None  # a deviation from the standard, and why
    notice_version: str
    codes_version: str


@dataclass(frozen=True, kw_only=True)
class IdentityChecked:
    """An officer has seen the card, of this kind, of who signed without one."""

    ticket_id: str
    identity_type: str


@dataclass(frozen=True, kw_only=True)
class TicketQueuedForDesk:
    """The visitor waits for the consultation desk."""

    ticket_id: str


@dataclass(frozen=True, kw_only=True)
class StartLimitSet:
    """The ten minutes of a ticket have begun to run, or end at another moment than before."""

    ticket_id: str
    lane: Lane
    t0: datetime
    warns_at: datetime | None  # None: warned already, or not on this day, as its hours stand
    ends_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StartLimitStopped:
    """They run no more: it was started, ended, or service is suspended."""

    ticket_id: str
    lane: Lane


@dataclass(frozen=True, kw_only=True)
class StartLimitApproaching:
    """Seven of the ten minutes are over, and nobody has begun."""

    ticket_id: str
    counter_open: bool


@dataclass(frozen=True, kw_only=True)
class StartLimitBreached:
    """The ten minutes are over. `ahead`: the ticket whose end began them, if there was one."""

    ticket_id: str
    t0: datetime
    ahead: str | None


@dataclass(frozen=True, kw_only=True)
class ServiceStarted:
    """The consultation began. `waited_s`: service seconds since `t0`."""

    ticket_id: str
    counter: str
    officer_id: str
    waited_s: int
    t0: datetime
    within_limit: bool


@dataclass(frozen=True, kw_only=True)
class ConsultationNoted:
    """What the officer wrote down of it."""

    ticket_id: str
    subject_id: str
    text: Personal[str]


@dataclass(frozen=True, kw_only=True)
class ReferralGiven:
    """They were told who else can help."""

    ticket_id: str
    target: str


@dataclass(frozen=True, kw_only=True)
class TicketTransferred:
    """They wait for another counter."""

    ticket_id: str
    counter: str
    to_counter: str


@dataclass(frozen=True, kw_only=True)
class TicketHeld:
    """The service is interrupted, and the desk free for others."""

    ticket_id: str
    counter: str


@dataclass(frozen=True, kw_only=True)
class TicketResumed:
    """It goes on."""

    ticket_id: str
    counter: str
    held_s: int


@dataclass(frozen=True, kw_only=True)
class ServiceFinished:
    """It is done; `duration_s` without what it was held."""

    ticket_id: str
    counter: str
    officer_id: str
    outcome: Outcome
    duration_s: int


@dataclass(frozen=True, kw_only=True)
class ServiceFinishUndone:
    """It had been finished by mistake. `held`: it goes on later, the desk is another's now."""

    ticket_id: str
    counter: str
    held: bool


@dataclass(frozen=True, kw_only=True)
class TicketCancelled:
    """They do not want to wait any longer."""

    ticket_id: str
    number: str


@dataclass(frozen=True, kw_only=True)
class TicketExpired:
    """The day ended before their turn; `reason` is a code."""

    ticket_id: str
    number: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ServiceSuspended:
    """Nobody is served for a declared reason: no ten minutes run."""

    reason_code: str


@dataclass(frozen=True, kw_only=True)
class ServiceResumed:
    """Service goes on."""


@dataclass(frozen=True, kw_only=True)
class ClosingBegun:
    """No more tickets; who is being served, or by policy who waits, still is."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class ServiceDayClosed:
    """The day is over; `counts` of tickets by how they ended."""

    counts: dict[str, int]


OfTicket = (
    TicketCalled
    | TicketRecalled
    | TicketMissed
    | TicketReinstated
    | RegistrationStarted
    | GuestBookSigned
    | IdentityChecked
    | TicketQueuedForDesk
    | ServiceStarted
    | ConsultationNoted
    | ReferralGiven
    | TicketTransferred
    | TicketHeld
    | TicketResumed
    | ServiceFinished
    | ServiceFinishUndone
    | TicketCancelled
    | TicketExpired
)
OfLimit = StartLimitSet | StartLimitStopped | StartLimitApproaching | StartLimitBreached
OfDay = ServiceDayOpened | ServiceSuspended | ServiceResumed | ClosingBegun | ServiceDayClosed
Event = OfDay | OfLimit | TicketIssued | OfTicket
