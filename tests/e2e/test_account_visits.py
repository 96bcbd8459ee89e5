"""A visitor's address and an account: one person in queue, consultation and notifier."""

import uuid
from datetime import timedelta

import pytest

from contracts.errors import Code
from tests.accounts import Owner
from tests.api import problem
from tests.e2e.walk_in import BOOK, PEKANBARU, Office
from tests.markers import traces
from tests.support import Person, Stack, eventually


@pytest.fixture(scope="module")
def pekanbaru(walk_in: Stack) -> Office:
    return Office(walk_in, PEKANBARU)


def mark() -> str:
    return f"z{uuid.uuid4().hex[:12]}"


def visit(office: Office, word: str, email: str) -> None:
    """Come, sign the guest book, be served, go."""
    ticket = office.issue()
    office.call_next("FO-1", stop="front_office")
    office.step(ticket, "register")
    book = {**BOOK, "name": f"Nama {word}", "email": email, "purpose": f"untuk {word}"}
    office.step(ticket, "guest-book", book)
    office.call_next("K-1")
    office.step(ticket, "start")
    office.step(ticket, "notes", {"text": f"catatan {word}"})
    office.step(ticket, "finish", {"outcome": "served"})


def written_down(office: Office) -> str:
    """Return the guest book of today."""
    today = office.stack.now().date()  # of Greenwich: in the office it may be the next
    days = {"from": str(today), "to": str(today + timedelta(days=1)), "limit": 200}
    answer = office.budi.get(f"/offices/{office.id}/visits", **days)
    assert answer.status_code == 200, answer.text
    return answer.text


def everywhere(stack: Stack) -> bool:
    return all(stack.caught_up(name) for name in ("consultation", "queue", "notifier"))


def test_who_signed_the_guest_book_finds_and_takes_along_their_visit(pekanbaru: Office) -> None:
    """The export has what was written down of them on a day of many, and nothing of the others;
    erased, no mark of theirs is left, and the others' are."""
    stack = pekanbaru.stack
    mine, other = mark(), mark()
    owner = Owner(stack, f"{mine}@example.com", name=f"Nama {mine}")
    visit(pekanbaru, mine, f" {owner.email.upper()}".strip())
    visit(pekanbaru, other, f"{other}@example.com")
    me = owner.logged_in()
    eventually(lambda: everywhere(stack))
    exported = me.get("/me/export")
    for word in (f"Nama {mine}", f"untuk {mine}", f"catatan {mine}"):
        assert word in exported.text
    assert other not in exported.text
    (facts,) = exported.json()["services"]["queue"].values()
    kinds = [fact["type"] for fact in facts]
    assert kinds.count("ticket_issued") == kinds.count("guest_book_signed") == 1

    assert me.post("/me/erasure").status_code == 202
    subject = exported.json()["subject_id"]
    told = {"stream": f"subject-1471-{subject}"}
    eventually(lambda: stack.log_of("queue").count_documents(told) == 1)
    eventually(lambda: stack.log_of("notifier").count_documents(told) == 1)
    eventually(lambda: everywhere(stack))
    assert traces(stack, mine) == []
    assert mine not in written_down(pekanbaru)
    assert other in written_down(pekanbaru)


def test_nobody_is_sent_away_when_accounts_are_away(pekanbaru: Office) -> None:
    """Nor kept waiting: the visit has a person of its own then."""
    stack = pekanbaru.stack
    stack.control.stop("consultation")
    try:
        visit(pekanbaru, word := mark(), f"{word}@example.com")
    finally:
        stack.control.start("consultation")
        stack.wait_ready("consultation")
    eventually(lambda: everywhere(stack))
    assert word in written_down(pekanbaru)


def test_who_only_ever_visited_can_be_held(pekanbaru: Office) -> None:
    """Without an address they are known to the queue alone."""
    stack, word = pekanbaru.stack, mark()
    visit(pekanbaru, word, f"{word}@kantor.local")
    signed = {"events.type": "guest_book_signed"}
    events = [e for c in stack.log_of("queue").find(signed) for e in c["events"]]
    (*_, user) = [e["data"]["subject_id"] for e in events if e["type"] == "guest_book_signed"]
    eventually(lambda: everywhere(stack))
    boss = Person(stack.url, stack.token("supervisor"))
    held = boss.post(f"/subjects/{user}/hold", {"reference": "PD-1"})
    assert held.json()["holds"] == ["PD-1"], held.text
    elsewhere = Person(stack.url, stack.token("supervisor", "cici", ("9471",)))
    problem(elsewhere.post(f"/subjects/{user}/hold", {"reference": "x"}), Code.WRONG_OFFICE)
    assert boss.post(f"/subjects/{user}/release", {"reference": "PD-1"}).json()["holds"] == []


def test_what_no_mail_can_be_sent_to_is_written_down_all_the_same(pekanbaru: Office) -> None:
    """An address that nobody can have is no account."""
    visit(pekanbaru, word := mark(), f"{word}@kantor.local")
    eventually(lambda: everywhere(pekanbaru.stack))
    assert word in written_down(pekanbaru)
