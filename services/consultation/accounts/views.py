"""Facts → what is known of a person: their contact, and where their account is."""

from typing import Any

from kernel.facts import Fact
from kernel.views import View
from services.consultation.accounts.events import (
    AccountForgotten,
    AccountMovedIn,
    AddressNoted,
    CodeIssued,
    CodeWithheld,
    DetailsClaimed,
    DetailsCorrected,
    EmailBounced,
    EmailChangeDropped,
    EmailVerified,
    LoginWithoutAccount,
    UserRegistered,
)
from services.consultation.events import ConsultationSubmitted, ContactCorrected

Document = dict[str, Any]

PREFIX = "account-"

DETAILS = ("name", "phone", "institution")

BROUGHT = (*DETAILS, "email", "notice_version", "registered_at")
"""What goes along to another address."""

CLAIMED = ("name", "email", "phone", "institution")
NO_CLAIM: Document = {f"claimed_{name}": None for name in CLAIMED}
"""What was said with the code that is out, of an account that is not verified."""

UNKNOWN: Document = {
    "name": None,
    "email": None,
    "phone": None,
    "institution": None,
    "notice_version": None,
    "registered_at": None,
    "email_verified": False,
    "email_bounced": False,
    "email_pending": None,
    "account": None,
    **NO_CLAIM,
}

_OF_ACCOUNT = (
    UserRegistered,
    AddressNoted,
    LoginWithoutAccount,
    CodeIssued,
    CodeWithheld,
    DetailsClaimed,
    EmailVerified,
    DetailsCorrected,
    EmailBounced,
    AccountMovedIn,
    EmailChangeDropped,
    AccountForgotten,
)


def profile(document: Document | None, fact: Fact) -> Document:
    """Return what is known of a person after one more fact; `account` is the mark of its stream.

    A contact that an officer wrote down with a question counts until the person has an account.
    """
    before = UNKNOWN if document is None else document
    return {**before, **_changes(before, fact)}


def _changes(before: Document, fact: Fact) -> Document:
    event, mark = fact.event, fact.stream.removeprefix(PREFIX)
    match event:
        case ConsultationSubmitted():
            return {} if before["account"] else _contact(event)
        case ContactCorrected():
            unshown = {**_contact(event), "email_bounced": False}
            return {} if before["email_verified"] else unshown
        case UserRegistered():
            given = {n: getattr(event, n) for n in (*DETAILS, "email", "notice_version")}
            return {**given, "registered_at": fact.occurred_at, "account": mark}
        case AddressNoted():
            given = {n: getattr(event, n) for n in ("name", "email", "phone")}
            known = {n: before[n] for n in given if before[n] is not None}
            return {**given, **known, "account": mark}
        case LoginWithoutAccount():
            return {"email": event.email, "account": mark}
        case CodeIssued() | CodeWithheld():
            return {"email_pending": event.new_email, **NO_CLAIM}
        case DetailsClaimed():
            return {f"claimed_{name}": getattr(event, name) for name in CLAIMED}
        case EmailVerified():
            read = event.notice_version or before["notice_version"]
            shown = {"email_verified": True, "email_bounced": False, "notice_version": read}
            return {**_claimed(before, fact), **shown, **NO_CLAIM}
        case DetailsCorrected():
            return {name: getattr(event, name) for name in event.changed}
        case EmailBounced():
            return {"email_bounced": True}
        case AccountMovedIn():
            given = {n: getattr(event, n) for n in BROUGHT}
            moved = {"account": mark, "email_bounced": False, "email_pending": None}
            return {**given, **moved, "email_verified": True}
        case EmailChangeDropped():
            return {"email_pending": None}
        case AccountForgotten():
            return {"account": None}
        case _:
            return {}


def _claimed(before: Document, fact: Fact) -> Document:
    """Return what counts of what was said, now that the code has come back."""
    if before["claimed_email"] is None:
        return {}
    if before["claimed_name"] is None:  # they only logged in
        return {"email": before["claimed_email"]}
    said = {name: before[f"claimed_{name}"] for name in CLAIMED}
    return {**said, "registered_at": before["registered_at"] or fact.occurred_at}


def _contact(event: ConsultationSubmitted | ContactCorrected) -> Document:
    return {
        "name": event.contact_name,
        "email": event.contact_email,
        "phone": event.contact_phone,
    }


def subject_of(fact: Fact) -> str | None:
    """Return whom a fact tells how to reach, None if nobody."""
    event = fact.event
    if isinstance(event, ConsultationSubmitted | ContactCorrected):
        return event.subject_id if event.contact_name is not None else None
    return event.subject_id if isinstance(event, _OF_ACCOUNT) else None


PEOPLE = View(
    name="people",
    key=subject_of,
    project=profile,
    indexes=([("subject_id", 1)],),  # by which whoever is forgotten is looked for
    personal=("name", "email", "phone", "institution", "email_pending", *NO_CLAIM),
)
"""Subject id → how to reach them, sealed, and the mark of their account."""
