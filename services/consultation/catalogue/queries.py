"""What is read: one answer by folding its stream, always current; the report from the view."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from contracts import catalogue as shapes
from contracts.common import schema
from contracts.errors import Code, Rejected
from host import lists
from host.runtime import Runtime
from kernel.clock import pause
from kernel.personal import FORGOTTEN
from offices.office import Office
from services.consultation.accounts import queries as accounts
from services.consultation.catalogue import report, unnamed, views

Document = dict[str, Any]

NO_LIMIT = 0
MIDNIGHT = time()


def answer(core: Runtime, answer_id: str) -> Document:
    """Return a published answer; refuse one that is withdrawn, or was never there."""
    found: Document = {}
    for fact in core.facts(f"{views.ANSWER_PREFIX}{answer_id}"):
        found = views.answer(found, fact)
    if not found.get("published_at"):
        raise Rejected(Code.NOT_FOUND, "There is no such answer.")
    dumped: Document = schema(shapes.AnswerSchema).dump({**found, "answer_id": answer_id})
    return dumped


def known_of_asker(core: Runtime, consultation_id: str, subject_id: str) -> tuple[str, ...]:
    """Return the names, addresses and numbers of who asked, by the question or their account."""
    opening = core.facts(f"consultation-{consultation_id}")[0].event
    known = [opening.contact_name, opening.contact_email, opening.contact_phone]
    if (mark := accounts.account_of(core, subject_id)) is not None:
        profile = accounts.profile(core, mark, subject_id)
        known += [profile[name] for name in ("name", "email", "phone")]
    return tuple(word for word in known if word and word != FORGOTTEN)


def searches_report(core: Runtime, office: Office, first: date, last: date) -> Document:
    """Return what was looked for from one local date to another, in vain or not."""
    counts, missed = report.searches(office.id, _searches(core, office, first, last))
    words = {"office": office.id, "from_": first, "to": last, **counts}
    words["missed"] = report.commonest(_in_clear(core, missed))
    dumped: Document = schema(shapes.SearchReportSchema).dump(words)
    return dumped


def _searches(core: Runtime, office: Office, first: date, last: date) -> Iterator[Document]:
    """Yield what the view has; others have their turn after each date."""
    kept, at = core.view(views.SEARCHES), office.calendar.at
    for after in range((last - first).days + 1):
        day = first + timedelta(days=after)
        span = {"$gte": at(day, MIDNIGHT), "$lt": at(day + timedelta(days=1), MIDNIGHT)}
        wanted = {"office": office.id, "searched_at": span}
        yield from kept.find(wanted, [("office", 1), ("searched_at", 1)], NO_LIMIT)
        pause(0)


def _in_clear(core: Runtime, rows: list[Document]) -> Iterator[str]:
    for row in rows:
        outer = lists.in_clear(core, row, ("query",))["query"]
        query = unnamed.opened(core.vault, row["words_of"], outer)
        if query != FORGOTTEN:
            yield query
