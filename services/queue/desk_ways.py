"""Each visitor's way from the row of the desks to its end, read from what happened on a day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from offices.service_minutes import Stretch
from services.queue.events import (
    Event,
    ServiceFinished,
    ServiceFinishUndone,
    ServiceStarted,
    Stop,
    TicketCalled,
    TicketCancelled,
    TicketExpired,
    TicketHeld,
    TicketIssued,
    TicketMissed,
    TicketQueuedForDesk,
    TicketReinstated,
    TicketResumed,
    TicketTransferred,
)

Happening = tuple[datetime, Event]


@dataclass
class Call:
    """One call to a desk. `left_at`: when it came to nothing; `back_at`: and they came back."""

    at: datetime
    left_at: datetime | None = None
    back_at: datetime | None = None


@dataclass
class Way:
    """One visitor's. Who comes back after a miss has arrived anew; the first beginning counts.

    `calls`: up to the beginning; `stays`: when a desk was theirs; `went_at`: home, from the row.
    """

    arrived_at: datetime
    calls: list[Call] = field(default_factory=list)
    begun_at: datetime | None = None
    waited_s: int = 0  # by the 10-minute rule, when it began
    within_limit: bool = True
    finished_at: datetime | None = None
    stays: list[Stretch] = field(default_factory=list)
    since: datetime | None = None  # at a desk
    went_at: datetime | None = None
    forgotten: bool = False  # at a desk when the date ended

    @property
    def served_for(self) -> timedelta | None:
        """Return how long desks were theirs since it began; None when nobody knows its end."""
        if self.begun_at is None or self.forgotten or self.since is not None:
            return None
        begun = self.begun_at
        stays = (stay.end - max(stay.start, begun) for stay in self.stays if stay.end > begun)
        return sum(stays, timedelta(0))

    def take(self, at: datetime, event: Event) -> None:
        """Take in what happens to them after they have arrived."""
        match event:
            case TicketCalled():
                self.since = at
                if self.begun_at is None:
                    self.calls.append(Call(at))
            case ServiceStarted() if self.begun_at is None:
                self.begun_at = at
                self.waited_s, self.within_limit = event.waited_s, event.within_limit
            case ServiceFinishUndone(held=True):
                self.finished_at = None
            case TicketResumed() | ServiceFinishUndone():
                self.since, self.finished_at = at, None
            case TicketHeld() | TicketTransferred():
                self._leave(at)
            case ServiceFinished():
                self._leave(at)
                self.finished_at = at
            case TicketMissed() | TicketCancelled():
                self._give_up(at)
            case TicketExpired():
                self.forgotten = self.since is not None
                self._leave(at)
            case TicketReinstated() if self.begun_at is None:
                self.arrived_at = self.calls[-1].back_at = at
            case _:
                pass

    def _give_up(self, at: datetime) -> None:
        if self.begun_at is None and self.since is None:
            self.went_at = at
        elif self.begun_at is None:
            self.calls[-1].left_at = at
        self._leave(at)

    def _leave(self, at: datetime) -> None:
        if self.since is not None:
            self.stays.append(Stretch(self.since, at))
        self.since = None


def ways(happened: Iterable[Happening]) -> dict[str, Way]:
    """Return the way of each ticket that came to the row of the desks, in that order."""
    found: dict[str, Way] = {}
    for at, event in happened:
        match event:
            case TicketQueuedForDesk() | TicketIssued(stop=Stop.DESK):
                found[event.ticket_id] = Way(at)
            case _:
                if (way := found.get(getattr(event, "ticket_id", ""))) is not None:
                    way.take(at, event)
    return found


def desks_used(happened: Iterable[Happening]) -> int:
    """Return at how many desks anybody was."""
    return len(
        {
            event.counter
            for _, event in happened
            if isinstance(event, TicketResumed)
            or (isinstance(event, TicketCalled) and event.stop is Stop.DESK)
        }
    )
