"""The rules of an account, and nothing else: one a mail address, whoever asks.

    free → stray → unverified → verified;   moved out, forgotten → free

What anybody may ask is refused to nobody, as a refusal would tell whether the address is known:
what may not be decides nothing, or counts a try. Refusals of what only its owner can ask:
`not_found` (no account, or of another address by now), `rate_limited`, `email_taken`.
"""

from datetime import datetime, timedelta
from typing import Any, assert_never

from contracts.errors import Code, Rejected
from services.consultation.accounts.commands import (
    ChangeEmail,
    Command,
    ConfirmEmail,
    Correct,
    CountCode,
    EndMove,
    Forget,
    LeaveAddress,
    LogIn,
    MarkBounced,
    MoveIn,
    Note,
    NoteAnew,
    Register,
    Verify,
)
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
    ForgottenBecause,
    LoginWithoutAccount,
    Source,
    UserRegistered,
)
from services.consultation.accounts.state import CODES, Challenge, Standing, State

VALID_FOR = timedelta(minutes=10)
"""Of a code (domain: code valid 10 minutes, 5 tries)."""

HOUR = timedelta(hours=1)

FORGOTTEN_AFTER = timedelta(days=7)
"""What nobody has shown to be theirs by then is forgotten."""


def decide(command: Command, state: State) -> list[Event]:
    """Return the facts that follow, none when nothing does, or raise `Rejected`."""
    match command:
        case Register():
            return _registered(command, state)
        case LogIn():
            return _login(command, state)
        case Verify():
            return _verified(command, state)
        case Note():
            return _noted(command, state)
        case LeaveAddress():
            return _left(command, state)
        case NoteAnew():
            return _noted_anew(command, state)
        case Correct():
            _must_be_theirs(command.subject_id, state)
            return [_corrected(command)] if command.changed else []
        case CountCode():
            left = codes_left(state, command.now)
            return [CodeCounted(subject_id=command.subject_id)] if left else []
        case ChangeEmail():
            return _change_asked(command, state)
        case ConfirmEmail():
            return _change_confirmed(command, state)
        case MoveIn():
            return _moved_in(command, state)
        case EndMove():
            return _move_ended(command, state)
        case MarkBounced():
            return _bounced(command, state)
        case Forget():
            return _forgotten(command, state)
    assert_never(command)


def valid(challenge: Challenge | None, now: datetime) -> Challenge | None:
    """Return the challenge whose code is still good; None without any."""
    return challenge if challenge and now < challenge.expires_at else None


def codes_left(state: State, now: datetime) -> bool:
    """Tell whether one more code may go to the address within this hour."""
    return len([at for at in state.codes_at if at > now - HOUR]) < CODES


def _registered(command: Register, state: State) -> list[Event]:
    """Who is known gets a code to log in; nobody changes a name by knowing an address."""
    if not codes_left(state, command.now):
        return []
    if state.is_account:
        return _code_to_log_in(command, state, command.notice_version)
    subject_id = state.subject_id or command.subject_id
    registered = UserRegistered(
        subject_id=subject_id,
        name=command.name,
        email=command.email,
        phone=command.phone,
        institution=command.institution,
        notice_version=command.notice_version,
        forget_at=command.now + FORGOTTEN_AFTER,
    )
    return [registered, _code(command, subject_id, command.notice_version)]


def _login(command: LogIn, state: State) -> list[Event]:
    if not codes_left(state, command.now):
        return []
    if state.is_account:
        return _code_to_log_in(command, state)
    missed = LoginWithoutAccount(
        subject_id=state.subject_id or command.subject_id,
        email=command.email,
        challenge_id=command.challenge_id,
        expires_at=command.now + VALID_FOR,
        forget_at=state.forget_at or command.now + FORGOTTEN_AFTER,
    )
    return [missed]


def _code_to_log_in(
    command: Register | LogIn, state: State, notice_version: str | None = None
) -> list[Event]:
    """The code; of an address that is nobody's yet, whoever sends it back is who they said."""
    details = isinstance(command, Register) and state.standing is not Standing.VERIFIED
    challenge = valid(state.challenge, command.now)
    if challenge and not details and _good_for_more(challenge, command.now):
        again = CodeSentAgain(
            subject_id=state.subject_id,
            challenge_id=challenge.challenge_id,
            expires_at=challenge.expires_at,
            notice_version=notice_version,
        )
        return [again]
    code = _code(command, state.subject_id, notice_version)
    if state.standing is Standing.VERIFIED:
        return [code]
    given = command if isinstance(command, Register) else None
    claimed = DetailsClaimed(
        subject_id=state.subject_id,
        challenge_id=command.challenge_id,
        name=given.name if given else None,
        email=command.email,
        phone=given.phone if given else None,
        institution=given.institution if given else None,
    )
    return [code, claimed]


def _good_for_more(challenge: Challenge, now: datetime) -> bool:
    """Tell whether a code to log in can go out once more: untried, and with half of its time."""
    fresh = now + VALID_FOR / 2 <= challenge.expires_at
    return fresh and challenge.tries == 0 and challenge.to is None


def _code(
    command: Register | LogIn, subject_id: str, notice_version: str | None = None
) -> CodeIssued:
    return CodeIssued(
        subject_id=subject_id,
        challenge_id=command.challenge_id,
        expires_at=command.now + VALID_FOR,
        notice_version=notice_version,
        to=None,
        new_email=None,
    )


def _verified(command: Verify, state: State) -> list[Event]:
    challenge = valid(state.challenge, command.now)
    if challenge is None or challenge.to is not None:
        return []
    if challenge.challenge_id != command.challenge_id:
        return []  # a newer code went out since the one that was compared
    if not command.right or not state.is_account:
        return [_tried(state, challenge)]
    verified = EmailVerified(
        subject_id=state.subject_id,
        challenge_id=challenge.challenge_id,
        notice_version=challenge.notice_version,
    )
    return [verified]


def _tried(state: State, challenge: Challenge) -> Event:
    return CodeTried(
        subject_id=state.subject_id,
        challenge_id=challenge.challenge_id,
        tries=challenge.tries + 1,
    )


def _noted(command: Note, state: State) -> list[Event]:
    """Once; and what would have been forgotten unverified is kept from now on."""
    if state.is_account and state.forget_at is None:
        return []
    noted = AddressNoted(
        subject_id=state.subject_id or command.subject_id,
        name=command.name,
        email=command.email,
        phone=command.phone,
        source=command.source,
    )
    return [noted]


def _left(command: LeaveAddress, state: State) -> list[Event]:
    """Whoever has shown the address to be theirs stays."""
    if state.subject_id != command.subject_id or state.standing is not Standing.UNVERIFIED:
        return []
    return [AccountMovedOut(subject_id=command.subject_id, to=command.to)]


def _noted_anew(command: NoteAnew, state: State) -> list[Event]:
    if state.is_account:
        return []
    noted = AddressNoted(
        subject_id=command.subject_id,
        name=command.name,
        email=command.email,
        phone=command.phone,
        source=Source.CONSULTATION,
    )
    return [*_stray_forgotten(state), noted]


def _corrected(command: Correct) -> Event:
    return DetailsCorrected(
        subject_id=command.subject_id,
        changed=command.changed,
        name=command.name,
        phone=command.phone,
        institution=command.institution,
    )


def _change_asked(command: ChangeEmail, state: State) -> list[Event]:
    _must_be_theirs(command.subject_id, state)
    if not codes_left(state, command.now):
        raise Rejected(Code.RATE_LIMITED, f"At most {CODES} codes an hour.")
    words: dict[str, Any] = {
        "subject_id": state.subject_id,
        "challenge_id": command.challenge_id,
        "expires_at": command.now + VALID_FOR,
        "to": command.to,
        "new_email": command.email,
    }
    corrected = [_corrected(command.correct)] if command.correct else []
    if not command.counted:
        return [*corrected, CodeWithheld(**words)]
    return [*corrected, CodeIssued(notice_version=None, **words)]


def _change_confirmed(command: ConfirmEmail, state: State) -> list[Event]:
    _must_be_theirs(command.subject_id, state)
    challenge = valid(state.challenge, command.now)
    if challenge is None or challenge.challenge_id != command.challenge_id:
        return []
    if challenge.to is None or not command.right:
        return [_tried(state, challenge)]
    confirmed = EmailChangeConfirmed(
        subject_id=state.subject_id, challenge_id=challenge.challenge_id, to=challenge.to
    )
    return [confirmed]


def _moved_in(command: MoveIn, state: State) -> list[Event]:
    """Whoever has shown the address to be theirs takes it, but from no other account."""
    if state.is_account:
        if state.subject_id == command.subject_id:
            return []
        raise Rejected(Code.EMAIL_TAKEN, "This address has an account of its own: log in with it.")
    moved = AccountMovedIn(
        subject_id=command.subject_id,
        name=command.name,
        email=command.email,
        phone=command.phone,
        institution=command.institution,
        notice_version=command.notice_version,
        registered_at=command.registered_at,
    )
    return [*_stray_forgotten(state), moved]


def _stray_forgotten(state: State) -> list[Event]:
    if state.standing is not Standing.STRAY:
        return []
    reason = ForgottenBecause.NEVER_VERIFIED
    return [AccountForgotten(subject_id=state.subject_id, reason=reason)]


def _move_ended(command: EndMove, state: State) -> list[Event]:
    if state.subject_id != command.subject_id or state.moving_to is None:
        return []
    if command.to is None:
        return [EmailChangeDropped(subject_id=command.subject_id)]
    return [AccountMovedOut(subject_id=command.subject_id, to=command.to)]


def _bounced(command: MarkBounced, state: State) -> list[Event]:
    if not state.is_account or state.bounced or state.subject_id != command.subject_id:
        return []
    return [EmailBounced(subject_id=command.subject_id, about=command.about)]


def _forgotten(command: Forget, state: State) -> list[Event]:
    """Of the clock only what is due: it was verified meanwhile, or registered anew."""
    if state.subject_id != command.subject_id:
        return []
    if command.reason is ForgottenBecause.NEVER_VERIFIED:
        due = state.forget_at is not None and state.forget_at <= command.now
        if not due or state.standing is Standing.VERIFIED:
            return []
    return [AccountForgotten(subject_id=command.subject_id, reason=command.reason)]


def _must_be_theirs(subject_id: str, state: State) -> None:
    if not state.is_account or state.subject_id != subject_id:
        raise Rejected(Code.NOT_FOUND, "There is no account for this token.")
