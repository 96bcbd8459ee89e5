"""What is read of accounts: where a person's is, what it says, what a letter to them needs."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from contracts import accounts as shapes
from contracts.common import rfc3339, schema
from contracts.errors import Code, Rejected
from host import held, lists
from host.runtime import Runtime
from kernel.aggregate import Aggregate
from kernel.facts import Fact
from services.consultation.accounts import codes, decider, person, state, views
from services.consultation.accounts.events import CodeIssued
from services.consultation.catalogue import unnamed

Document = dict[str, Any]

ACCOUNT = Aggregate("account", decider.decide, state.evolve, state.State)
PERSON = Aggregate("person", person.decide, person.evolve, person.State)

MOVES = 3
"""So many changes of address may have happened since the view was made; it is moments behind."""


def account_of(core: Runtime, subject_id: str) -> str | None:
    """Return the mark of a person's account as the log has it now; None without one."""
    kept = core.view(views.PEOPLE)
    row = kept.get(subject_id)
    if not (row and row["account"]):  # it may be on its way
        lists.caught_up(core, kept)
        row = kept.get(subject_id)
    mark: str | None = row["account"] if row else None
    for _ in range(MOVES):
        if mark is None:
            return None
        known = core.commands.state(ACCOUNT, mark).state
        if known.subject_id == subject_id:
            return mark
        mark = known.left[1] if known.left and known.left[0] == subject_id else None
    return None


def their_account(core: Runtime, subject_id: str) -> str:
    """Return its mark, or raise `Rejected` (not_found)."""
    mark = account_of(core, subject_id)
    if mark is None:
        raise Rejected(Code.NOT_FOUND, "There is no account for this token.")
    return mark


def profile(core: Runtime, mark: str, subject_id: str) -> Document:
    """Return what an account says of its person, in clear; `version` is its stream's."""
    facts = core.facts(ACCOUNT.stream(mark))
    known: Document = reduce(views.profile, _own(facts, subject_id), dict(views.UNKNOWN))
    return {**known, "user_id": subject_id, "version": facts[-1].sequence if facts else 0}


def me(core: Runtime, subject_id: str) -> Document:
    """Return the account of a person as `MeSchema` dumps it."""
    found: Document = schema(shapes.MeSchema).dump(
        profile(core, their_account(core, subject_id), subject_id)
    )
    return found


def moving_email(core: Runtime, mark: str, to: str) -> str:
    """Return the address to which an account is moving: the last that a code went to there."""
    facts = core.facts(ACCOUNT.stream(mark))
    asked = (f.event for f in reversed(facts) if isinstance(f.event, CodeIssued))
    return next(str(event.new_email) for event in asked if event.to == to)


def letter(core: Runtime, subject_id: str, challenge_id: str | None) -> Document:
    """Return what an e-mail to a person needs: `{contact, subject_id, code, valid_until}`.

    `contact` is null when no address is known; `code` when it is good no more. Its `name` is
    empty until the address is verified: else anybody could have us write their words to anybody.
    `subject_id` is null for an address that is not theirs yet: that it bounces says nothing of
    the one they have.
    """
    answer: Document = {"subject_id": subject_id, "code": None, "valid_until": None}
    mark = account_of(core, subject_id)
    if mark is None:
        return answer | {"contact": _contact(core, subject_id)}
    known = profile(core, mark, subject_id)
    name = known["name"] if known["email_verified"] else None
    answer["contact"] = {"name": name or "", "email": known["email"]}
    if challenge_id is None:
        return answer
    return answer | _with_code(core, mark, challenge_id, known)


def _with_code(core: Runtime, mark: str, challenge_id: str, known: Document) -> Document:
    """Return the code, and where it goes if that is not where other letters do."""
    now = core.clock.now()
    challenge = decider.valid(core.commands.state(ACCOUNT, mark).state.challenge, now)
    if challenge is None or challenge.challenge_id != challenge_id:
        return {}
    code = {
        "code": codes.code_of(core.vault, mark, challenge_id),
        "valid_until": rfc3339(challenge.expires_at),
    }
    if challenge.to is not None:
        pending = {"name": "", "email": known["email_pending"]}
        return code | {"contact": pending, "subject_id": None}
    if known["claimed_email"] is not None:  # as it was typed by who waits for it
        return code | {"contact": {"name": "", "email": known["claimed_email"]}}
    return code


def _contact(core: Runtime, subject_id: str) -> Document | None:
    row = core.view(views.PEOPLE).get(subject_id)
    if row is None or row["email"] is None:
        return None
    return lists.in_clear(core, {**row, "subject_id": subject_id}, ("name", "email"))


def export(core: Runtime, subject_id: str) -> Document:
    """Return everything that this service holds about a person: stream → facts, in clear.

    Also what they searched for without a name, if a question of theirs names the search. An
    attachment has a `url` from which it comes.
    """
    told = held.export(core, subject_id, concerning)
    for fact in unnamed.named_by(subject_id, list(told), core.stored_facts):
        told[fact.stream] = [unnamed.told(fact, core.wiring.types, core.vault)]
    for stream, facts in told.items():
        for fact in facts:
            if fact["type"] == "attachment_uploaded":
                of, file = stream.removeprefix("consultation-"), fact["data"]["attachment_id"]
                fact["url"] = f"/v1/consultations/{of}/attachments/{file}"
    return told


def concerning(subject_id: str, facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts of a stream that concern a person: a conversation is theirs as a whole."""
    if facts and facts[0].stream.startswith("consultation-"):
        return list(facts)
    return _own(facts, subject_id)


def _own(facts: Sequence[Fact], subject_id: str) -> list[Fact]:
    return [f for f in facts if getattr(f.event, "subject_id", None) == subject_id]


def holds(core: Runtime, subject_id: str) -> Document:
    """Return what stands against forgetting a person, as `HoldsSchema` dumps it."""
    known = core.commands.state(PERSON, subject_id)
    words = {
        "subject_id": subject_id,
        "holds": sorted(reference for _, reference in known.state.holds),
        "erasure": known.state.erasure.value,
        "version": known.version,
    }
    found: Document = schema(shapes.HoldsSchema).dump(words)
    return found
