"""What is read: one aggregate by folding its stream, always current; lists from the view."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from contracts import consultation as shapes
from contracts.common import plain, schema
from contracts.consultation_report import ConsultationReportSchema
from contracts.errors import Code, Rejected, Unavailable
from host import lists
from host.caller import Caller
from host.runtime import Runtime
from kernel.facts import Fact
from offices.office import Office
from services.consultation import guards, report, resource, views
from services.consultation.accounts.views import PEOPLE
from services.consultation.attachments import reading
from services.consultation.events import (
    ConsultationClosed,
    ConsultationSubmitted,
    ContactCorrected,
    MessagePosted,
)
from services.consultation.explained import explain
from services.consultation.timeline import told

Document = dict[str, Any]
Offices = Mapping[str, Office]

CONTACT = ("name", "email", "phone")

CHANGES = 200
"""So many facts are told at a time of a conversation that is followed."""

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Every moment of ours is later: the embedded server finds by an index what is, not what is not."""

COMMIT = 50
"""No commit has more facts: who has seen some of it is told the others."""

STRETCH = 2_000
"""So many positions of the log are looked at at a time when a whole list is gone through."""


def get(
    core: Runtime,
    caller: Caller,
    offices: Offices,
    consultation_id: str,
    at: datetime | None = None,
) -> Document:
    """Return the consultation, as it stood `at` if given; refuse who may not see it.

    `version` is the stream's, also for who does not see its last fact: `If-Match` is
    compared with it.
    """
    facts = opened(core, caller, consultation_id)
    if at is not None:
        facts = _until(facts, at)
    document = resource.of(_visible(core, facts, caller))
    if document is None:  # asked for a time before it began
        raise Rejected(Code.NOT_FOUND, "It did not exist at that time.")
    document["version"] = facts[-1].sequence
    document = resource.late(document, offices[document["office"]], at or core.clock.now())
    reading.named(document["messages"], reading.attachments(facts))
    return {"consultation": _dumped(schema(shapes.ConsultationSchema), document)}


def message(core: Runtime, facts: Iterable[Fact]) -> Document:
    """Return the message among the facts of a decision, in clear."""
    types = core.wiring.types
    (posted,) = (f for f in facts if isinstance(f.event, MessagePosted))
    in_clear = replace(posted, event=types.reveal(posted.event, core.vault))
    document = resource.message(in_clear) or {}
    known = core.facts(posted.stream) if document["attachments"] else []
    reading.named([document], reading.attachments(known))
    return _dumped(schema(shapes.MessageSchema), document)


def limit(core: Runtime, caller: Caller, consultation_id: str, offices: Offices) -> Document:
    """Return the limit, and where every minute of it went."""
    facts = opened(core, caller, consultation_id)
    explained = explain(facts, offices[facts[0].office], core.clock.now())
    words = {**(resource.of(facts) or {}), "explained": explained}
    return _dumped(schema(shapes.LimitSchema), words)


def history(core: Runtime, caller: Caller, consultation_id: str, offices: Offices) -> Document:
    """Return every fact, oldest first; internal notes to officers only."""
    facts = _visible(core, opened(core, caller, consultation_id), caller)
    return _items(facts, offices)


def changes(core: Runtime, caller: Caller, key: str, after: int, offices: Offices) -> Document:
    """Return the facts after a version, so many at a time, likewise; who may see it was checked.

    Who has seen more than there is, as before a restore, is told all from the beginning.
    """
    stream = f"{resource.PREFIX}{key}"
    facts = core.facts(stream, max(0, after - COMMIT))
    if not facts or facts[-1].sequence < after:
        facts, after = core.facts(stream), 0
    later = (f for f in _visible(core, facts, caller) if f.sequence > after)
    return _items(list(islice(later, CHANGES)), offices)


def _items(facts: Iterable[Fact], offices: Offices) -> Document:
    items = [
        {
            "version": fact.sequence,
            "type": fact.name,
            "occurred_at": fact.occurred_at,
            "actor": {"kind": fact.actor_kind, "id": fact.actor_id},
            "told": told(fact, offices[fact.office].time_zone),
            "data": plain(fact.event),
        }
        for fact in facts
    ]
    return _dumped(schema(shapes.HistorySchema), {"items": items})


def page(
    core: Runtime,
    caller: Caller,
    offices: Offices,
    *,
    office: str | None,
    status: str | None,
    officer: str | None,
    unassigned: bool | None,
    turn: str | None,
    overdue: bool | None,
    to_confirm: bool | None,
    limit: int,
    cursor: str | None,
) -> Document:
    """Return one page of summaries, newest first: a user's own, or of an officer's offices."""
    now = core.clock.now()
    wanted = {
        **_scope(caller, office),
        **({} if status is None else {"status": status}),
        **({} if turn is None else {"turn": turn}),
        **_whose(officer, unassigned),
        **_overdue(now, overdue),
        **_lapsed(to_confirm),
    }
    few = bool(overdue or to_confirm) or not caller.is_staff
    found, after = lists.page(core, views.LIST, wanted, "opened", limit, cursor, few=few)
    if not caller.is_staff:
        found = [
            {**row, "duplicate_of": _own(core, row["duplicate_of"], caller.id)} for row in found
        ]
    items = [
        {**resource.late(row, offices[row["office"]], now), **lists.in_clear(core, row, ("topic",))}
        for row in found
    ]
    return _dumped(schema(shapes.ConsultationListSchema), {"items": items, "next_cursor": after})


def open_cases(core: Runtime, office: str, officer: str) -> list[Document]:
    """Return the summaries of what an officer has and is not closed, the longest open first."""
    wanted = {"office": office, "officer_id": officer, "status": {"$ne": "closed"}}
    return core.view(views.LIST).find(wanted, [("opened", 1)], 0)


def open_of(core: Runtime, office: str, subject_id: str) -> list[str]:
    """Return the consultations of a person in an office that are not closed.

    Raises `Unavailable` when the list does not catch up with the log within moments.
    """
    kept = core.view(views.LIST)
    lists.caught_up(core, kept)
    wanted = {"subject_id": subject_id, "office": office, "status": {"$ne": "closed"}}
    return [row["consultation_id"] for row in kept.find(wanted, [("opened", 1)], 0)]


def limits_around(core: Runtime, office: Office, day: date) -> Iterator[str]:
    """Yield the consultations whose limit, or verdict, what counts on `day` may change.

    Those that wait for an answer beyond the day, and those that were answered after it began; but
    none that was reckoned by this calendar. All of the office are looked through, little by
    little: others have their turn meanwhile.
    """
    since = office.calendar.at(day, time.min)
    every = lists.rows(core.view(views.LIST), {"office": office.id}, "opened", longest=STRETCH)
    for row in every:
        judged = row["sla"]["rejudged"] or row["sla"]
        dates = (row["waits_until"], row["answered_at"])
        touched = any(at is not None and at >= since for at in dates)
        if touched and judged["calendar_version"] != office.calendar.version:
            yield row["consultation_id"]


def figures(core: Runtime, office: Office, first: date, last: date) -> Document:
    """Return what became of the consultations submitted from one local date to another."""
    rows = _submitted(core, office, first, last)
    words = {"office": office.id, "from_": first, "to": last, **report.of(office, rows)}
    return _dumped(schema(ConsultationReportSchema), words)


def _submitted(core: Runtime, office: Office, first: date, last: date) -> Iterator[Document]:
    """Yield the summaries, date by date: others have their turn meanwhile."""
    for after in range((last - first).days + 1):
        day = first + timedelta(days=after)
        start, end = (office.calendar.at(d, time.min) for d in (day, day + timedelta(days=1)))
        wanted = {"office": office.id, "submitted_at": {"$gte": start, "$lt": end}}
        yield from core.view(views.LIST).find(wanted, [("submitted_at", 1)], 0)


def dossier(core: Runtime, caller: Caller, consultation_id: str) -> Document:
    """Return the consultation and its person's contact, null when none is known.

    `duplicate_number`: of the person's other consultation, if this one was closed as its duplicate.
    """
    if caller.role != "system":
        raise Rejected(Code.WRONG_ROLE, "Only services may ask for a contact.")
    facts = opened(core, caller, consultation_id)
    document = resource.of(f for f in facts if not _internal(f)) or {}
    reading.named(document["messages"], reading.attachments(facts))
    contact = contact_of(core, facts)
    consultation = _dumped(schema(shapes.ConsultationSchema), document)
    number = _number_of_duplicate(core, consultation)
    return {"consultation": consultation, "contact": contact, "duplicate_number": number}


def _number_of_duplicate(core: Runtime, consultation: Document) -> str | None:
    """Return the number of the consultation in which the same is dealt with, if it is the same
    person's; nobody learns of another's."""
    other = _own(core, consultation["duplicate_of"], consultation["subject_id"])
    return None if other is None else _opening(core, other).number


def _own(core: Runtime, other: str | None, subject_id: str) -> str | None:
    """Return the id of a consultation that is this person's; null for anybody else's."""
    return other if other and _opening(core, other).subject_id == subject_id else None


def _opening(core: Runtime, consultation_id: str) -> ConsultationSubmitted:
    opening: ConsultationSubmitted = core.stored_facts(f"{resource.PREFIX}{consultation_id}")[
        0
    ].event
    return opening


def contact_of(core: Runtime, facts: Iterable[Fact]) -> Document | None:
    """Return how to reach its person: by their own account's words, else as it was written down
    last; null when nothing is known."""
    events = [
        f.event for f in facts if isinstance(f.event, ConsultationSubmitted | ContactCorrected)
    ]
    subject_id, written = events[0].subject_id, events[-1]
    row = core.view(PEOPLE).get(subject_id)
    if written.contact_name is not None and not (row and row["email_verified"]):
        return {n: getattr(written, f"contact_{n}") for n in CONTACT}
    if row is not None:
        return lists.in_clear(core, {**row, "subject_id": subject_id}, CONTACT)
    if core.views_lag():  # it may be on its way
        raise Unavailable("the contacts are being brought up to date")
    return None


def corrected(core: Runtime, consultation_id: str) -> ContactCorrected:
    """Return the contact as it was corrected last."""
    facts = reversed(core.facts(f"{resource.PREFIX}{consultation_id}"))
    return next(f.event for f in facts if isinstance(f.event, ContactCorrected))


def opened(core: Runtime, caller: Caller, consultation_id: str) -> list[Fact]:
    """Return the facts of a consultation in clear; refuse who may not see it."""
    facts = core.facts(f"{resource.PREFIX}{consultation_id}")
    opening = facts[0].event if facts else None
    if not isinstance(opening, ConsultationSubmitted):
        raise Rejected(Code.NOT_FOUND, "There is no such consultation.")
    guards.check_access(caller, facts[0].office, opening.subject_id)
    return facts


def _visible(core: Runtime, facts: list[Fact], caller: Caller) -> list[Fact]:
    """Leave out for who is no officer: internal notes, and of a close what is for the record, or
    names the consultation of somebody else."""
    facts = reading.visible(facts, caller)
    if caller.is_staff:
        return facts
    return [_for_its_user(core, f) for f in facts if not _internal(f)]


def _until(facts: list[Fact], at: datetime) -> list[Fact]:
    """Order is the log's: the first fact recorded later ends what was known."""
    later = next((i for i, f in enumerate(facts) if f.recorded_at > at), len(facts))
    return facts[:later]


def _for_its_user(core: Runtime, fact: Fact) -> Fact:
    event = fact.event
    if not isinstance(event, ConsultationClosed):
        return fact
    other = _own(core, event.duplicate_of, event.subject_id)
    return replace(fact, event=replace(event, note=None, duplicate_of=other))


def _internal(fact: Fact) -> bool:
    return isinstance(fact.event, MessagePosted) and fact.event.internal


def _scope(caller: Caller, office: str | None) -> Document:
    if not caller.is_staff:
        own: Document = {"subject_id": caller.id}
        return own if office is None else {**own, "office": office}
    if office is None:
        return {"office": {"$in": list(caller.offices)}}
    guards.check_access(caller, office, "")
    return {"office": office}


def _whose(officer: str | None, unassigned: bool | None) -> Document:
    if officer is not None:
        return {"officer_id": officer}
    return {} if unassigned is None else {"officer_id": None if unassigned else {"$ne": None}}


def _overdue(now: datetime, overdue: bool | None) -> Document:
    if overdue is None:
        return {}
    late = {"$lt": now}
    return {"waits_until": late if overdue else {"$not": late}}


def _lapsed(to_confirm: bool | None) -> Document:
    if to_confirm is None:
        return {}
    return {"silence.lapsed_at": {"$gt": EVER} if to_confirm else None}


def _dumped(schema: Any, document: Document | None) -> Document:
    dumped: Document = schema.dump(document)
    return dumped
