"""What follows from a fact of an account or a person. No I/O, only data.

Told under the person's id: the account's stream is named by a mark of the address.
"""

from typing import assert_never

from kernel.effects import Cancel, Effect, Ignore, Publish, Schedule
from kernel.facts import Fact
from services.consultation.accounts import events, person
from services.consultation.accounts.commands import FORGET, GIVE_UP, MOVE

Reacting = events.Event | person.Event


def react(fact: Fact) -> list[Effect]:
    """Return the effects of one fact."""
    event: Reacting = fact.event
    match event:
        case events.UserRegistered() | events.LoginWithoutAccount():
            data = {"subject_id": event.subject_id}
            return [_told(fact), Schedule(FORGET, event.forget_at, data)]
        case events.AddressNoted():
            return [Cancel(FORGET)]
        case events.EmailVerified():
            return [_told(fact), Cancel(FORGET)]
        case events.CodeIssued() | person.ErasureHeld():
            return [_told(fact)]
        case events.CodeSentAgain():
            return [_told(fact, "code_issued")]
        case events.EmailChangeConfirmed():
            data = {"subject_id": event.subject_id, "to": event.to}
            return [Schedule(MOVE, fact.occurred_at, data)]
        case events.AccountMovedOut() | events.EmailChangeDropped():
            return [Cancel(MOVE)]
        case events.AccountForgotten(reason=events.ForgottenBecause.NEVER_VERIFIED):
            data = {"subject_id": event.subject_id}
            return [Schedule(f"{GIVE_UP}{event.subject_id}", fact.occurred_at, data)]
        case (
            events.CodeTried()
            | events.CodeWithheld()
            | events.CodeCounted()
            | events.DetailsClaimed()
            | events.DetailsCorrected()
            | events.EmailBounced()
            | events.AccountMovedIn()
            | events.AccountForgotten()
        ):
            return [Ignore("for the account alone")]
        case person.ErasureBegun():
            data = {"subject_id": event.subject_id}
            return [_told(fact), Schedule(person.ERASE, event.due_at, data)]
        case person.PersonErased():
            return [Cancel(person.ERASE)]
        case person.LegalHoldLifted():
            data = {"subject_id": event.subject_id}
            return [Schedule(person.FORGET_IF_UNVERIFIED, fact.occurred_at, data)]
        case person.LegalHoldPlaced() | person.ErasureDecided():
            return [Ignore("what follows is told by itself")]
    assert_never(event)


def _told(fact: Fact, name: str = "") -> Publish:
    """Published under its own name, if no other; `contracts/events.py` says what crosses over."""
    fields = {n: getattr(fact.event, n) for n in fact.event.__dataclass_fields__}
    return Publish(name or fact.name, fields, subject=fact.event.subject_id)
