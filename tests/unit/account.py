"""Facts and commands of an account, as the tests of its rules tell their stories."""

from datetime import datetime, timedelta
from typing import Any

from kernel.facts import Fact
from services.consultation.accounts import commands
from services.consultation.accounts.events import (
    AccountForgotten,
    AccountMovedIn,
    AccountMovedOut,
    AddressNoted,
    CodeIssued,
    CodeSentAgain,
    CodeTried,
    CodeWithheld,
    DetailsClaimed,
    EmailVerified,
    ForgottenBecause,
    LoginWithoutAccount,
    Source,
    UserRegistered,
)
from tests.support import NOON, fact

EMAIL = "siti@example.com"
NEW = "siti@baru.example.com"
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)
UNTIL = NOON + 10 * MINUTE


def registered(at: datetime = NOON, subject: str = "s1") -> UserRegistered:
    return UserRegistered(
        subject_id=subject,
        name="Siti",
        email=EMAIL,
        phone=None,
        institution=None,
        notice_version="2026-1",
        forget_at=at + WEEK,
    )


def issued(challenge: str = "c1", at: datetime = NOON, **more: Any) -> CodeIssued:
    words: dict[str, Any] = {"notice_version": None, "to": None, "new_email": None, **more}
    until = at + 10 * MINUTE
    return CodeIssued(subject_id="s1", challenge_id=challenge, expires_at=until, **words)


def missed(at: datetime = NOON, challenge: str = "c1") -> LoginWithoutAccount:
    return LoginWithoutAccount(
        subject_id="s1",
        email=EMAIL,
        challenge_id=challenge,
        expires_at=at + 10 * MINUTE,
        forget_at=at + WEEK,
    )


def noted(source: Source = Source.CONSULTATION) -> AddressNoted:
    return AddressNoted(subject_id="s1", name="Siti", email=EMAIL, phone=None, source=source)


def again(challenge: str = "c1", notice: str | None = None) -> CodeSentAgain:
    return CodeSentAgain(
        subject_id="s1", challenge_id=challenge, expires_at=UNTIL, notice_version=notice
    )


def claimed(challenge: str = "c2", name: str | None = "Siti") -> DetailsClaimed:
    return DetailsClaimed(
        subject_id="s1",
        challenge_id=challenge,
        name=name,
        email=EMAIL,
        phone=None,
        institution=None,
    )


def withheld() -> CodeWithheld:
    return CodeWithheld(
        subject_id="s1", challenge_id="c2", expires_at=UNTIL, to="m2", new_email=NEW
    )


def tried(tries: int, challenge: str = "c1") -> CodeTried:
    return CodeTried(subject_id="s1", challenge_id=challenge, tries=tries)


def verified(challenge: str = "c1", notice: str | None = None) -> EmailVerified:
    return EmailVerified(subject_id="s1", challenge_id=challenge, notice_version=notice)


def moved_in(subject: str = "s1") -> AccountMovedIn:
    return AccountMovedIn(
        subject_id=subject,
        name="Siti",
        email=NEW,
        phone=None,
        institution=None,
        notice_version="2026-1",
        registered_at=NOON,
    )


def moved_out() -> AccountMovedOut:
    return AccountMovedOut(subject_id="s1", to="m2")


def forgotten(reason: ForgottenBecause = ForgottenBecause.NEVER_VERIFIED) -> AccountForgotten:
    return AccountForgotten(subject_id="s1", reason=reason)


def facts(*events: Any, at: datetime = NOON) -> tuple[Fact, ...]:
    return tuple(fact(event, at, stream="account-m1") for event in events)


def register(at: datetime = NOON, challenge: str = "c2") -> commands.Register:
    return commands.Register(
        now=at,
        subject_id="s1",
        challenge_id=challenge,
        name="Siti",
        email=EMAIL,
        phone=None,
        institution=None,
        notice_version="2026-1",
    )


def login(at: datetime = NOON, challenge: str = "c2") -> commands.LogIn:
    return commands.LogIn(now=at, subject_id="s1", challenge_id=challenge, email=EMAIL)


def verify(
    right: bool = True, challenge: str | None = "c1", at: datetime = NOON
) -> commands.Verify:
    return commands.Verify(now=at, challenge_id=challenge, right=right)


def note() -> commands.Note:
    return commands.Note(
        now=NOON,
        subject_id="s1",
        name="Siti",
        email=EMAIL,
        phone=None,
        source=Source.CONSULTATION,
    )


def change(at: datetime = NOON, subject: str = "s1", counted: bool = True) -> commands.ChangeEmail:
    return commands.ChangeEmail(
        now=at, subject_id=subject, challenge_id="c2", to="m2", email=NEW, counted=counted
    )


def confirm(right: bool = True, challenge: str = "c2") -> commands.ConfirmEmail:
    return commands.ConfirmEmail(now=NOON, subject_id="s1", challenge_id=challenge, right=right)


def move_in(subject: str = "s1") -> commands.MoveIn:
    return commands.MoveIn(
        now=NOON,
        subject_id=subject,
        name="Siti",
        email=NEW,
        phone=None,
        institution=None,
        notice_version="2026-1",
        registered_at=NOON,
    )


def forget(
    at: datetime = NOON,
    reason: ForgottenBecause = ForgottenBecause.NEVER_VERIFIED,
    subject: str = "s1",
) -> commands.Forget:
    return commands.Forget(now=at, subject_id=subject, reason=reason)
