"""What decisions need to know of a service day, folded from its facts; no personal data."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from offices.service_minutes import Stretch
from services.queue.events import Estimate, HourEstimate, Lane, Outcome, Stop


class Status(StrEnum):
    """Where a ticket stands."""

    WAITING_FRONT_OFFICE = "waiting_front_office"
    CALLED_FRONT_OFFICE = "called_front_office"
    AT_FRONT_OFFICE = "at_front_office"
    WAITING_DESK = "waiting_desk"
    CALLED_DESK = "called_desk"
    IN_SERVICE = "in_service"
    AWAITING_FEEDBACK = "awaiting_feedback"
    FINISHED = "finished"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    REFERRED = "referred"
    EXPIRED = "expired"


WAITING = {
    Stop.FRONT_OFFICE: Status.WAITING_FRONT_OFFICE,
    Stop.DESK: Status.WAITING_DESK,
}
CALLED = {Stop.FRONT_OFFICE: Status.CALLED_FRONT_OFFICE, Stop.DESK: Status.CALLED_DESK}
UNDER_WAY = (
    Status.CALLED_FRONT_OFFICE,
    Status.AT_FRONT_OFFICE,
    Status.CALLED_DESK,
    Status.IN_SERVICE,
)


class DayStatus(StrEnum):
    """Where a service day stands."""

    NONE = ""
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One visitor's way. `arrived_at`: at the stop where they wait or were called from.

    Some fields are only read, not decided by: see docs/adr/0023-a-day-is-read-from-its-state.md.
    `call`, `behind`: which of the day's `calls` was theirs last, and which one was before it in
    their lane.
    """

    number: str
    lane: Lane
    priority_reason: str | None
    party_size: int
    status: Status
    stop: Stop
    issued_at: datetime
    arrived_at: datetime
    arrival: int = 0  # its place in the order of all arrivals at rows, which is the log's
    estimate: Estimate | None = None
    version: int = 1  # counts its facts: what `If-Match` on a ticket is compared with
    reinstated: bool = False
    to_counter: str | None = None
    counter: str | None = None
    last_counter: str | None = None
    officer_id: str | None = None
    attempts: int = 0
    called_at: datetime | None = None
    call: int | None = None
    behind: int | None = None
    subject_id: str | None = None
    identity_checked: bool | None = None  # None: not signed yet
    started_at: datetime | None = None
    held_at: datetime | None = None
    held_s: int = 0
    away_since: datetime | None = None  # on the way from one desk to another
    missed_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    waited_s: int | None = None
    t0: datetime | None = None
    within_limit: bool | None = None
    referrals: tuple[str, ...] = ()
    warned_of: datetime | None = None  # the beginning of the ten minutes of which that was told
    breached_of: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Tell whether it stands in a row."""
        return self.status in WAITING.values()

    @property
    def takes_its_turn(self) -> bool:
        """Tell whether it stands in its lane, and was not sent to a certain counter."""
        return self.to_counter is None

    @property
    def is_held(self) -> bool:
        """Tell whether the service is interrupted; `held_at` outlives a finish, for its undoing."""
        return self.status is Status.IN_SERVICE and self.held_at is not None

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more is to be done for it today."""
        return not (self.is_waiting or self.status in UNDER_WAY)


@dataclass(frozen=True, kw_only=True)
class DeskCall:
    """A call to a desk in turn. `left_at`: when they first left the desk after it, however."""

    ticket_id: str
    left_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A call as it hangs on the board."""

    number: str
    counter: str
    stop: Stop
    called_at: datetime


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The ten minutes that run for a ticket."""

    t0: datetime
    warns_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class State:
    """What decisions need. `rows`: who waits, first to last, by `row_of`."""

    status: DayStatus = DayStatus.NONE
    closing: bool = False
    office: str = ""
    service_date: date | None = None
    tickets: dict[str, Ticket] = field(default_factory=dict)
    rows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    counters: dict[str, str] = field(default_factory=dict)  # counter → ticket
    arrivals: int = 0
    issued: dict[Lane, int] = field(default_factory=dict)  # lane → last serial
    priority_in_a_row: dict[Stop, int] = field(default_factory=dict)
    recent: tuple[Shown, ...] = ()  # calls, the last one first; order is the log's
    calls: tuple[DeskCall, ...] = ()
    last_call: dict[Lane, int] = field(default_factory=dict)
    desks: tuple[str, ...] = ()  # at which somebody was called today
    clocks: dict[str, Clock] = field(default_factory=dict)  # by ticket
    breaches: int = 0
    suspensions: tuple[Stretch, ...] = ()
    suspended_at: datetime | None = None
    estimates: tuple[HourEstimate, ...] = ()  # of waits, told with each number


def row_of(ticket: Ticket) -> str:
    """Return in which row a waiting ticket stands: its lane's, or a counter's own."""
    return row_name(ticket.stop, ticket.to_counter or ticket.lane)


def row_name(stop: Stop, name: str) -> str:
    """Name a row: of a lane, or of a counter that somebody was transferred to."""
    return f"{stop}/{name}"


def ahead_of(state: State, ticket_id: str) -> DeskCall | None:
    """Return the call to a desk before that of a ticket, made or to come, in its lane."""
    ticket = state.tickets[ticket_id]
    last = state.last_call.get(ticket.lane)
    if ticket.status is Status.CALLED_DESK or last == ticket.call:
        last = ticket.behind  # who came back is not behind themselves
    return None if last is None else state.calls[last]
