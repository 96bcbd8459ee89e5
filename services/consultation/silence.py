"""The silence: closed when the user has not responded for 7 days.

It counts from an officer's word that awaits an answer, in calendar days: to 23:59:59 local on the
seventh day after its local date, with reminders before. A meeting that is still to be suspends it;
what does not reach the user starts none. Source: the published service standard, step 15; the
reminders are a policy of ours.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from offices.office import Office
from services.consultation import limit
from services.consultation.commands import (
    CloseSilent,
    RemindSilence,
    ReportBounce,
    ReportReached,
)
from services.consultation.events import (
    ContactBounced,
    ContactReached,
    Event,
    Party,
    SilenceLapsed,
    SilenceReminderDue,
    SilenceStarted,
)
from services.consultation.state import Meeting, State, Status


def started(office: Office, state: State, now: datetime) -> list[Event]:
    """Begin to count, unless a meeting is to come or our words do not arrive."""
    if state.bounced or _future(state, now):
        return []
    calendar, policy = office.calendar, office.policy
    day = calendar.local_date(now)
    began = SilenceStarted(
        since=now,
        closes_at=calendar.end_of_day(day + timedelta(days=policy.silence_days)),
        reminders_at=tuple(
            calendar.at(day + timedelta(days=n), policy.reminder_time) for n in policy.reminder_days
        ),
    )
    return [began]


def restarted(office: Office, state: State, now: datetime) -> list[Event]:
    """Begin anew when what had suspended it is over, if it is still the user whom we wait for."""
    if state.turn is not Party.USER or state.silence is not None or state.lapsed is not None:
        return []
    return started(office, state, now)


def remind(command: RemindSilence, state: State) -> list[Event]:
    """A reminder is due; so late that a nearer warning or the close is due itself, none is."""
    silence = state.silence
    if silence is None or silence.closes_at != command.closes_at or command.n <= state.reminders:
        return []
    later = silence.reminders_at[command.n :]
    if command.now >= silence.closes_at or (later and command.now >= later[0]):
        return []
    return [SilenceReminderDue(n=command.n, closes_at=silence.closes_at)]


def over(command: CloseSilent, state: State) -> SilenceStarted | None:
    """Return the silence that has ended; None if a reply came, or a newer word awaits one."""
    silence = state.silence
    if silence is None or silence.closes_at != command.closes_at:
        return None
    return silence


def lapsed(silence: SilenceStarted) -> SilenceLapsed:
    """It is over, and an officer is to confirm the close."""
    return SilenceLapsed(silent_since=silence.since, closes_at=silence.closes_at)


def bounce(command: ReportBounce, state: State) -> list[Event]:
    """What we write does not arrive; the limit runs all the same, also if they were to clear it up.

    Else nothing would: they were never asked, and it is the officer who has to find a way.
    """
    if state.status in (Status.NONE, Status.CLOSED):
        return []
    told = [] if state.bounced else [ContactBounced(channel=command.channel)]
    if state.status is not Status.NEEDS_CLARIFICATION:
        return [*told]
    return [*told, *limit.clarified(command.office, state, Party.SYSTEM, command.now)]


def reached(command: ReportReached, state: State) -> list[Event]:
    """It arrives after all: if it is the user whom we wait for, their days begin."""
    if not state.bounced or state.status is Status.CLOSED:
        return []
    begun = restarted(command.office, replace(state, bounced=False), command.now)
    return [ContactReached(channel=command.channel), *begun]


def _future(state: State, now: datetime) -> list[Meeting]:
    return [meeting for meeting in state.meetings.values() if meeting.end > now]
