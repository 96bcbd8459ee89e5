"""Facts and commands of a consultation, as the tests of its rules tell their stories."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from host.caller import Caller
from kernel.aggregate import Aggregate
from kernel.facts import Fact
from offices.office import Office, load_offices
from services.consultation import commands, decider, state
from services.consultation.events import (
    ClarificationEnded,
    ClarificationRequested,
    CloseReason,
    ConsultationAnswered,
    ConsultationAssigned,
    ConsultationClosed,
    ConsultationReopened,
    ConsultationSubmitted,
    DeadlineRecalculated,
    MeetingScheduled,
    MessagePosted,
    Party,
    RequestAccepted,
    SilenceStarted,
    SlaMet,
)
from tests.support import NOON, fact

CONSULTATION = Aggregate("consultation", decider.decide, state.evolve, state.State)

OFFICE = load_offices(Path(__file__).parents[2] / "deploy/offices")["1471"]
BUDI = Caller(role="officer", id="budi", offices=("1471",))
ANI = Caller(role="officer", id="ani", offices=("1471",))
ELSEWHERE = Caller(role="officer", id="cici", offices=("3171",))
SITI = Caller(role="service_user", id="siti")
RINA = Caller(role="supervisor", id="rina", offices=("1471",))
CHANNEL = Caller(role="system", id="email")
STRANGER = Caller(role="service_user", id="joko")

DUE = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
"""Closing time on the third working day after Monday noon: Thursday 15:30 local."""

WARN = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
"""One working day before that."""

CLOSES = datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)
"""23:59:59 local of the seventh day after Monday."""

REMINDERS = tuple(datetime(2026, 11, day, 2, 0, tzinfo=UTC) for day in (26, 28, 29))

SILENCE = SilenceStarted(since=NOON, closes_at=CLOSES, reminders_at=REMINDERS)


def submitted() -> Fact:
    return fact(
        ConsultationSubmitted(
            number="KS-1471-2026-000001",
            type="data",
            channel="web",
            subject_id="siti",
            officer_id="budi",
            topic="Inflasi",
            question="Berapa?",
            message_id="m-0",
            contact_name="Siti",
            contact_email="siti@example.com",
            contact_phone=None,
            classification=None,
            search_id=None,
        )
    )


def accepted(at: datetime = NOON) -> Fact:
    return fact(RequestAccepted(due_at=DUE, warn_at=WARN, calendar_version="v"), at)


def assigned(officer: str = "budi") -> Fact:
    return fact(ConsultationAssigned(officer_id=officer))


def said(by: Party, at: datetime = NOON, internal: bool = False, automatic: bool = False) -> Fact:
    officer = None if by is Party.USER else "budi"
    return fact(
        MessagePosted(
            message_id="m-1",
            by=by,
            officer_id=officer,
            subject_id="siti",
            text="…",
            internal=internal,
            channel="web",
            sent_at=None,
            automatic=automatic,
            clarification=False,
            attachments=(),
        ),
        at,
    )


def answered(at: datetime = NOON) -> tuple[Fact, ...]:
    return (
        said(Party.OFFICER, at),
        fact(ConsultationAnswered(message_id="m-1", late_by_working_days=0), at),
        fact(SlaMet(answered_at=at, due_at=DUE), at),
        fact(SILENCE, at),
    )


def closed(
    reason: CloseReason = CloseReason.RESOLVED, at: datetime = NOON, by: Party = Party.OFFICER
) -> Fact:
    return fact(
        ConsultationClosed(
            reason=reason,
            closed_by=by,
            officer_id="budi" if by is Party.OFFICER else None,
            subject_id="siti",
            note=None,
            silent_since=None,
            duplicate_of=None,
            rating_token_ref="closing-1",
        ),
        at,
    )


def post(caller: Caller, at: datetime = NOON, **more: Any) -> commands.PostMessage:
    return commands.PostMessage(
        caller=caller, now=at, office=OFFICE, message_id="m-2", text="…", **more
    )


def accept(caller: Caller = BUDI, at: datetime = NOON) -> commands.Accept:
    return commands.Accept(caller=caller, now=at, office=OFFICE)


def close(
    reason: CloseReason = CloseReason.RESOLVED, caller: Caller = BUDI, at: datetime = NOON
) -> commands.Close:
    return commands.Close(caller=caller, now=at, office=OFFICE, reason=reason)


def reopened(due_at: datetime | None, at: datetime = NOON) -> Fact:
    return fact(
        ConsultationReopened(
            by=Party.USER,
            officer_id=None,
            subject_id="siti",
            reason=None,
            reverses_close=False,
            due_at=due_at,
            warn_at=None,
        ),
        at,
    )


def moved(new: datetime, paused: int, at: datetime = NOON) -> Fact:
    return fact(
        DeadlineRecalculated(
            name="limit",
            old=DUE,
            new=new,
            warn_at=None,
            calendar_version="v",
            paused_working_days=paused,
        ),
        at,
    )


def reopen(at: datetime, caller: Caller = SITI) -> commands.Reopen:
    return commands.Reopen(caller=caller, now=at, office=OFFICE, reason="Masih kurang")


def ask(at: datetime = NOON, caller: Caller = BUDI) -> commands.AskClarification:
    return commands.AskClarification(
        caller=caller, now=at, office=OFFICE, message_id="m-3", text="?", missing=("period",)
    )


def asked(at: datetime = NOON) -> tuple[Fact, ...]:
    """An officer asked what is meant, and the user's silence counts."""
    return (
        said(Party.OFFICER, at),
        fact(ClarificationRequested(message_id="m-1", missing=("period",)), at),
        fact(replace(SILENCE, since=at), at),
    )


def cleared_up(at: datetime, due_at: datetime | None = None) -> tuple[Fact, ...]:
    """The user answered."""
    ended = ClarificationEnded(by=Party.USER, due_at=due_at, warn_at=None)
    return said(Party.USER, at), fact(ended, at)


def meeting(start: datetime, sequence: int = 0, at: datetime = NOON) -> Fact:
    """An appointment of half an hour."""
    return fact(
        MeetingScheduled(
            meeting_id="meet-1",
            kind="zoom",
            start=start,
            end=start + timedelta(minutes=30),
            sequence=sequence,
            officer_id="budi",
            subject_id="siti",
            join_url="https://zoom.us/j/1",
            place=None,
            link_follows=False,
        ),
        at,
    )


def by(what: type[Any], at: datetime = NOON, caller: Caller = BUDI, **words: Any) -> Any:
    """Make a command of a person."""
    return what(caller=caller, now=at, office=OFFICE, **words)


def clock(what: type[Any], at: datetime, office: Office = OFFICE, **words: Any) -> Any:
    """Make a command that nobody asks for."""
    return what(now=at, office=office, **words)


HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
