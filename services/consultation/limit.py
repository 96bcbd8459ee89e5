"""The limit: answered at most 3 working days after the request is clear and complete.

It starts when an officer accepts the request, stands still while the user is asked something (or
while it is closed without an answer), and stops at the first substantive answer. Due = closing time
of service on working day (limit + pauses), where a pause is as long as the working dates d with
start < d ≤ end. Source: the published service standard; pauses are a policy of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.errors import Code, Rejected
from offices.office import Office
from services.consultation.commands import (
    LIMIT,
    Accept,
    JudgeLimit,
    Recalculate,
    WarnOfLimit,
)
from services.consultation.events import (
    ClarificationEnded,
    ConsultationAnswered,
    DeadlineRecalculated,
    Event,
    Party,
    RequestAccepted,
    SlaApproaching,
    SlaBreached,
    SlaMet,
    SlaRejudged,
)
from services.consultation.state import Pause, Sla, State, Status


@dataclass(frozen=True)
class Limit:
    """Where a limit ends, and when one working day of it is left (None: from the start)."""

    due_at: datetime
    warn_at: datetime | None
    calendar_version: str
    paused_working_days: int


def limit_of(office: Office, accepted_at: datetime, pauses: Iterable[Pause] = ()) -> Limit:
    """Return the limit of a request that was accepted then, by the calendar as it is."""
    calendar = office.calendar
    paused = sum(calendar.working_days_between(p.start, p.end) for p in pauses)
    days = office.policy.limit_working_days + paused
    due = calendar.due(accepted_at, days)
    day_before = calendar.due(accepted_at, days - 1).due_at
    warn_at = day_before if day_before > accepted_at else None
    return Limit(due.due_at, warn_at, due.calendar_version, paused)


def accept(command: Accept, state: State) -> list[Event]:
    """The request is clear: the limit starts, or runs on."""
    if state.status not in (Status.SUBMITTED, Status.NEEDS_CLARIFICATION):
        raise Rejected(Code.WRONG_STATE, f"It is {state.status} already.")
    asked = state.status is Status.NEEDS_CLARIFICATION
    ended = clarified(command.office, state, Party.OFFICER, command.now) if asked else []
    if state.accepted_at is not None:
        return ended
    limit = limit_of(command.office, command.now)
    accepted = RequestAccepted(
        due_at=limit.due_at, warn_at=limit.warn_at, calendar_version=limit.calendar_version
    )
    return [*ended, accepted]


def clarified(office: Office, state: State, by: Party, now: datetime) -> list[Event]:
    """The user wrote, or an officer knows enough: a limit that stood still runs on."""
    moved = resumed(office, state, now)
    due_at, warn_at = runs_on(office, state, now)
    return [ClarificationEnded(by=by, due_at=due_at, warn_at=warn_at), *moved]


def runs_on(office: Office, state: State, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the dates of a limit that stands still and goes on now; None if none does.

    Of one that was judged, the end at which it is judged anew, if it has moved since.
    """
    if _to_be_rejudged(state):
        return state.due_at, None
    if state.paused_at is None or state.accepted_at is None:
        return None, None
    limit = limit_of(office, state.accepted_at, _pauses(state, now))
    return state.due_at, limit.warn_at


def resumed(office: Office, state: State, now: datetime) -> list[Event]:
    """Return by how much a limit that goes on has moved, nothing if it has not."""
    if state.answered:
        return []
    return _moved(office, state, _pauses(state, now))


def due_after(facts: Iterable[Event], state: State) -> datetime | None:
    """Return where the limit ends once these facts, not folded yet, are taken in."""
    moved = (fact.new for fact in facts if isinstance(fact, DeadlineRecalculated))
    return next(moved, state.due_at)


def answered(
    office: Office, state: State, message_id: str, now: datetime, due_at: datetime | None
) -> list[Event]:
    """The first substantive answer stops the limit; told late, the verdict is not told again."""
    if state.answered or due_at is None:
        return []
    judged_by = state.judged_by or due_at
    late = _days_late(office, now, judged_by)
    stopped = ConsultationAnswered(message_id=message_id, late_by_working_days=late)
    if state.sla is Sla.BREACHED:  # by the clock; a decree may have moved the limit since
        stands = due_at == judged_by and not state.moved_since
        return [stopped] if stands else [stopped, _verdict(office, now, due_at)]
    if now > due_at:
        return [stopped, SlaBreached(due_at=due_at, late_by_working_days=late)]
    return [stopped, SlaMet(answered_at=now, due_at=due_at)]


def warn(command: WarnOfLimit, state: State) -> list[Event]:
    """One working day is left; told once for each date at which the limit ends."""
    if state.sla is not Sla.RUNNING or state.due_at != command.due_at:
        return []
    if command.due_at in state.warned_of or command.now >= command.due_at:
        return []  # late: the breach is told itself
    return [SlaApproaching(due_at=command.due_at)]


def judge(command: JudgeLimit, state: State) -> list[Event]:
    """The limit has passed without an answer; judged before, the end to which it was moved has."""
    if state.due_at != command.due_at:
        return []
    if _to_be_rejudged(state):
        return [_verdict(command.office, None, command.due_at)]
    if state.sla is not Sla.RUNNING:
        return []
    return [SlaBreached(due_at=command.due_at, late_by_working_days=0)]


def recalculate(command: Recalculate, state: State) -> list[Event]:
    """The calendar has changed: a limit that runs moves, a verdict is kept and judged anew.

    One that stands still is reckoned when it goes on.
    """
    if state.accepted_at is None or state.sla is Sla.PAUSED:
        return []
    if state.answered_at is None and state.status is Status.CLOSED:
        return []
    if state.answered_at is None:
        return _moved(command.office, state, state.pauses)
    due_at = limit_of(command.office, state.accepted_at, state.pauses).due_at
    known = state.rejudged.due_at if state.rejudged else state.judged_by
    return [] if due_at == known else [_verdict(command.office, state.answered_at, due_at)]


def _to_be_rejudged(state: State) -> bool:
    """Tell whether a limit that was judged runs anew, to another end."""
    open_still = state.sla is Sla.BREACHED and not state.answered and state.rejudged is None
    return open_still and state.due_at != state.judged_by


def _verdict(office: Office, answered_at: datetime | None, due_at: datetime) -> SlaRejudged:
    """Judge anew; what nobody has answered when it passes is late, by no day yet."""
    return SlaRejudged(
        met=answered_at is not None and answered_at <= due_at,
        due_at=due_at,
        late_by_working_days=_days_late(office, answered_at or due_at, due_at),
        calendar_version=office.calendar.version,
    )


def _days_late(office: Office, answered_at: datetime, due_at: datetime) -> int:
    late = answered_at > due_at
    return office.calendar.working_days_between(due_at, answered_at) if late else 0


def _moved(office: Office, state: State, pauses: Iterable[Pause]) -> list[Event]:
    if state.accepted_at is None or state.due_at is None:
        return []
    limit = limit_of(office, state.accepted_at, pauses)
    if limit.due_at == state.due_at:
        return []
    moved = DeadlineRecalculated(
        name=LIMIT,
        old=state.due_at,
        new=limit.due_at,
        warn_at=limit.warn_at,
        calendar_version=limit.calendar_version,
        paused_working_days=limit.paused_working_days,
    )
    return [moved]


def _pauses(state: State, now: datetime) -> tuple[Pause, ...]:
    if state.paused_at is None:
        return state.pauses
    return (*state.pauses, Pause(state.paused_at, now))
