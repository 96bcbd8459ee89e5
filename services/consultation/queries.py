"""What is read: one aggregate by folding its stream, always current; lists from the view."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from contracts import consultation as shapes
from contracts.common import plain, schema
from contracts.errors import Code, Rejected, Unavailable
from host import lists
from host.runtime import Runtime
from kernel.caller import Caller
from kernel.facts import Fact
from services.consultation import decider, views
from services.consultation.events import (
    ConsultationClosed,
    ConsultationSubmitted,
    MessagePosted,
)

Document = dict[str, Any]

CONTACT = ("name", "email", "phone")


def get(
    core: Runtime, caller: Caller, consultation_id: str, at: datetime | None = None
) -> Document:
    """Return the consultation, as it stood `at` if given; refuse who may not see it.

    `version` is the stream's, also for who does not see its last fact: `If-Match` is
    compared with it.
    """
    facts = _facts(core, caller, consultation_id)
    if at is not None:
        facts = _until(facts, at)
    document = views.resource(_visible(facts, caller))
    if document is None:  # asked for a time before it began
        raise Rejected(Code.NOT_FOUND, "It did not exist at that time.")
    document["version"] = facts[-1].sequence
    return {"consultation": _dumped(schema(shapes.ConsultationSchema), document)}


def message(core: Runtime, facts: Iterable[Fact]) -> Document:
    """Return the message among the facts of a decision, in clear."""
    types = core.wiring.types
    (posted,) = (f for f in facts if isinstance(f.event, MessagePosted))
    in_clear = replace(posted, event=types.reveal(posted.event, core.vault))
    return _dumped(schema(shapes.MessageSchema), views.message(in_clear))


def history(core: Runtime, caller: Caller, consultation_id: str) -> Document:
    """Return every fact, oldest first; internal notes to officers only."""
    items = [
        {
            "version": fact.sequence,
            "type": fact.name,
            "occurred_at": fact.occurred_at,
            "actor": {"kind": fact.actor_kind, "id": fact.actor_id},
            "data": plain(fact.event),
        }
        for fact in _visible(_facts(core, caller, consultation_id), caller)
    ]
    return _dumped(schema(shapes.HistorySchema), {"items": items})


def page(
    core: Runtime,
    caller: Caller,
    *,
    office: str | None,
    status: str | None,
    officer: str | None,
    overdue: bool | None,
    limit: int,
    cursor: str | None,
) -> Document:
    """Return one page of summaries, newest first: a user's own, or of an officer's offices."""
    wanted: Document = {**_scope(caller, office)}
    if status is not None:
        wanted["status"] = status
    if officer is not None:
        wanted["officer_id"] = officer
    if overdue is not None:
        now = core.clock.now()
        late = {"$lt": now}
        wanted["waits_until"] = {"$ne": None, **late} if overdue else {"$not": late}
    found, after = lists.page(core, views.LIST, wanted, "opened", limit, cursor)
    items = [{**row, **lists.in_clear(core, row, ("topic",))} for row in found]
    return _dumped(schema(shapes.ConsultationListSchema), {"items": items, "next_cursor": after})


def dossier(core: Runtime, caller: Caller, consultation_id: str) -> Document:
    """Return the consultation and its person's contact, null when none is known."""
    if caller.role != "system":
        raise Rejected(Code.WRONG_ROLE, "Only services may ask for a contact.")
    facts = _facts(core, caller, consultation_id)
    document = views.resource(facts)
    opening = facts[0].event
    contact: Document | None = {n: getattr(opening, f"contact_{n}") for n in CONTACT}
    if opening.contact_name is None:
        contact = _known_contact(core, opening.subject_id)
    resource = _dumped(schema(shapes.ConsultationSchema), document)
    return {"consultation": resource, "contact": contact}


def _known_contact(core: Runtime, subject_id: str) -> Document | None:
    row = core.view(views.PEOPLE).get(subject_id)
    if row is None:
        if core.views_lag():  # it may be on its way
            raise Unavailable("the contacts are being brought up to date")
        return None
    return lists.in_clear(core, {**row, "subject_id": subject_id}, CONTACT)


def _facts(core: Runtime, caller: Caller, consultation_id: str) -> list[Fact]:
    """Return the facts of a consultation; refuse who may not see it."""
    facts = core.facts(f"{views.PREFIX}{consultation_id}")
    opening = facts[0].event if facts else None
    if not isinstance(opening, ConsultationSubmitted):
        raise Rejected(Code.NOT_FOUND, "There is no such consultation.")
    decider.check_access(caller, facts[0].office, opening.subject_id)
    return facts


def _visible(facts: list[Fact], caller: Caller) -> list[Fact]:
    """Leave out for who is no officer: internal notes, and the note for the record of a close."""
    if caller.is_staff:
        return facts
    return [_without_note(f) for f in facts if not _internal(f)]


def _until(facts: list[Fact], at: datetime) -> list[Fact]:
    """Order is the log's: the first fact recorded later ends what was known."""
    later = next((i for i, f in enumerate(facts) if f.recorded_at > at), len(facts))
    return facts[:later]


def _without_note(fact: Fact) -> Fact:
    if not isinstance(fact.event, ConsultationClosed):
        return fact
    return replace(fact, event=replace(fact.event, note=None))


def _internal(fact: Fact) -> bool:
    return isinstance(fact.event, MessagePosted) and fact.event.internal


def _scope(caller: Caller, office: str | None) -> Document:
    if not caller.is_staff:
        own: Document = {"subject_id": caller.id}
        return own if office is None else {**own, "office": office}
    if office is None:
        return {"office": {"$in": list(caller.offices)}}
    decider.check_access(caller, office, "")
    return {"office": office}


def _dumped(schema: Any, document: Document | None) -> Document:
    dumped: Document = schema.dump(document)
    return dumped
