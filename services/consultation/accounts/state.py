"""What decisions need to know of an account, folded from its facts; no personal data."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from kernel.facts import Fact
from services.consultation.accounts.events import (
    AccountForgotten,
    AccountMovedIn,
    AccountMovedOut,
    AddressNoted,
    CodeCounted,
    CodeIssued,
    CodeSentAgain,
    CodeTried,
    CodeWithheld,
    DetailsClaimed,
    DetailsCorrected,
    EmailBounced,
    EmailChangeConfirmed,
    EmailChangeDropped,
    EmailVerified,
    Event,
    LoginWithoutAccount,
    UserRegistered,
)

TRIES = 5
"""So many wrong ones end a code (domain: code valid 10 minutes, 5 tries)."""

CODES = 5
"""So many codes at most go to an address in an hour."""


class Standing(StrEnum):
    """What an address is."""

    FREE = ""
    STRAY = "stray"  # somebody wanted to log in with it
    UNVERIFIED = "unverified"
    VERIFIED = "verified"


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """The one code that may be right. `to`: it went to the address that is to be the account's."""

    challenge_id: str
    expires_at: datetime
    notice_version: str | None = None
    to: str | None = None
    tries: int = 0


@dataclass(frozen=True, kw_only=True)
class State:
    """What decisions need. `codes_at`: when the last codes went out, the oldest first.

    `moving_to`: a confirmed change of address that is under way; `left`: who had this address
    last, and the mark of the one they went to.
    """

    standing: Standing = Standing.FREE
    office: str = ""
    subject_id: str = ""
    forget_at: datetime | None = None
    challenge: Challenge | None = None
    codes_at: tuple[datetime, ...] = ()
    bounced: bool = False
    moving_to: str | None = None
    left: tuple[str, str] | None = None

    @property
    def is_verified(self) -> bool:
        """Tell whether somebody has shown it to be theirs."""
        return self.standing is Standing.VERIFIED

    @property
    def is_account(self) -> bool:
        """Tell whether somebody, or the office for them, has given it as theirs."""
        return self.standing in (Standing.UNVERIFIED, Standing.VERIFIED)


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact."""
    event: Event = fact.event
    match event:
        case UserRegistered() | AddressNoted():
            forget_at = event.forget_at if isinstance(event, UserRegistered) else None
            return _owned(state, fact, Standing.UNVERIFIED, forget_at)
        case LoginWithoutAccount():
            stray = _owned(state, fact, Standing.STRAY, event.forget_at)
            challenge = Challenge(challenge_id=event.challenge_id, expires_at=event.expires_at)
            return _challenged(stray, challenge, fact.occurred_at)
        case CodeIssued():
            challenge = Challenge(
                challenge_id=event.challenge_id,
                expires_at=event.expires_at,
                notice_version=event.notice_version,
                to=event.to,
            )
            return _challenged(state, challenge, fact.occurred_at)
        case CodeSentAgain():
            return _challenged(state, _read(state.challenge, event), fact.occurred_at)
        case CodeWithheld():
            challenge = Challenge(
                challenge_id=event.challenge_id, expires_at=event.expires_at, to=event.to
            )
            return _challenged(state, challenge, fact.occurred_at)
        case CodeCounted():
            return replace(state, codes_at=_counted(state, fact.occurred_at))
        case CodeTried():
            return replace(state, challenge=_after_try(state.challenge, event.tries))
        case EmailVerified():
            return replace(
                state,
                standing=Standing.VERIFIED,
                challenge=None,
                forget_at=None,
                bounced=False,
            )
        case DetailsCorrected() | DetailsClaimed():
            return state
        case EmailBounced():
            return replace(state, bounced=True)
        case EmailChangeConfirmed():
            return replace(state, challenge=None, moving_to=event.to)
        case AccountMovedIn():
            return replace(_owned(state, fact, Standing.VERIFIED, None), bounced=False)
        case AccountMovedOut():
            return State(codes_at=state.codes_at, left=(event.subject_id, event.to))
        case EmailChangeDropped():
            return replace(state, moving_to=None)
        case AccountForgotten():
            return State(codes_at=state.codes_at)
    assert_never(event)


def _owned(state: State, fact: Fact, standing: Standing, forget_at: datetime | None) -> State:
    return replace(
        state,
        standing=standing,
        office=state.office or fact.office,
        subject_id=fact.event.subject_id,
        forget_at=forget_at,
        challenge=None if state.standing is Standing.STRAY else state.challenge,
    )


def _read(challenge: Challenge | None, event: CodeSentAgain) -> Challenge | None:
    if challenge is None or event.notice_version is None:
        return challenge
    return replace(challenge, notice_version=event.notice_version)


def _challenged(state: State, challenge: Challenge | None, at: datetime) -> State:
    return replace(state, challenge=challenge, codes_at=_counted(state, at))


def _counted(state: State, at: datetime) -> tuple[datetime, ...]:
    return (*state.codes_at, at)[-CODES:]


def _after_try(challenge: Challenge | None, tries: int) -> Challenge | None:
    return replace(challenge, tries=tries) if challenge and tries < TRIES else None
