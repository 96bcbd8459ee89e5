"""The rules of published answers.

    published ⇄ withdrawn, corrected any number of times meanwhile

Source: officers approve what everybody may read; who asked is not to be known from it.

Refusals: `wrong_role`, `not_answered`, `validation_failed` (something personal is in a text),
`not_found`, `wrong_state` (withdrawn already).
"""

from typing import Any, assert_never

from contracts.errors import Code, Rejected
from offices.office import Office
from services.consultation.catalogue.commands import Command, PublishAnswer, WithdrawAnswer
from services.consultation.catalogue.events import (
    AnswerCorrected,
    AnswerEvent,
    AnswerPublished,
    AnswerWithdrawn,
)
from services.consultation.catalogue.personal_words import kinds_in
from services.consultation.catalogue.state import State

TEXTS = ("topic", "question", "answer")


def decide(command: Command, state: State) -> list[AnswerEvent]:
    """Return the fact that follows, or raise `Rejected`."""
    match command:
        case PublishAnswer():
            return [_published(command, state)]
        case WithdrawAnswer():
            return [_withdrawn(command, state)]
    assert_never(command)


def _published(command: PublishAnswer, state: State) -> AnswerEvent:
    if not command.caller.is_staff:
        raise Rejected(Code.WRONG_ROLE, "An officer approves what is published.")
    if not command.answered:
        raise Rejected(Code.NOT_ANSWERED, "There is no answer that could be published.")
    texts = {name: getattr(command, name) for name in TEXTS}
    _refuse_personal(texts, command.office, command.theirs)
    event = AnswerCorrected if state.published else AnswerPublished
    return event(
        consultation_id=command.consultation_id,
        officer_id=command.caller.id,
        language=command.language,
        **texts,
    )


def _withdrawn(command: WithdrawAnswer, state: State) -> AnswerEvent:
    if not state.office:
        raise Rejected(Code.NOT_FOUND, "There is no such answer.")
    if not state.published:
        raise Rejected(Code.WRONG_STATE, "It has been withdrawn.")
    _refuse_personal({"reason": command.reason}, command.office)
    return AnswerWithdrawn(officer_id=command.caller.id, reason=command.reason)


def _refuse_personal(texts: dict[str, str], office: Office, theirs: tuple[str, ...] = ()) -> None:
    contact: dict[str, Any] = office.document["contact"]
    own = (contact["email"].casefold(), contact["phone"])
    found = {name: kinds for name, text in texts.items() if (kinds := kinds_in(text, own, theirs))}
    if found:
        errors = {name: [f"Holds a personal {kind}." for kind in k] for name, k in found.items()}
        raise Rejected(Code.VALIDATION_FAILED, "Take out what tells of a person.", errors)
