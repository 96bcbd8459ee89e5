"""Answers that an office keeps."""

from contracts.errors import Code
from services.consultation.canned import (
    CANNED,
    MOST,
    CannedAnswerRemoved,
    CannedAnswerSaved,
    RemoveCannedAnswer,
    SaveCannedAnswer,
)
from tests.support import NOON, fact, given

SAVED = CannedAnswerSaved(
    canned_id="c-1", title="Inflasi", text_id="Di situs.", text_en=None, officer_id="budi"
)
REMOVE = RemoveCannedAnswer(now=NOON, canned_id="c-1", officer_id="ani")


def save(new=True, **changes):
    return SaveCannedAnswer(now=NOON, new=new, **{**vars(SAVED), **changes})


def test_kept_and_changed():
    """Under the same id, by whoever changes it."""
    given(CANNED).when(save()).then(SAVED)
    changed = CannedAnswerSaved(**{**vars(SAVED), "title": "Inflasi bulanan", "officer_id": "ani"})
    given(CANNED, fact(SAVED)).when(
        save(new=False, title="Inflasi bulanan", officer_id="ani")
    ).then(changed)


def test_removed():
    """It is offered no more, and cannot be changed."""
    given(CANNED, fact(SAVED)).when(REMOVE).then(
        CannedAnswerRemoved(canned_id="c-1", officer_id="ani")
    )
    gone = (fact(SAVED), fact(CannedAnswerRemoved(canned_id="c-1", officer_id="ani")))
    given(CANNED, *gone).when(REMOVE).then_refused(Code.NOT_FOUND)
    given(CANNED, *gone).when(save(new=False)).then_refused(Code.NOT_FOUND)


def test_enough_is_enough():
    """A list that nobody can read helps nobody."""
    many = [fact(CannedAnswerSaved(**{**vars(SAVED), "canned_id": f"c-{n}"})) for n in range(MOST)]
    given(CANNED, *many).when(save(canned_id="c-new")).then_refused(Code.TOO_MANY)
    given(CANNED, *many).when(save(new=False, canned_id="c-7", title="Baru")).then_kinds(
        CannedAnswerSaved
    )
