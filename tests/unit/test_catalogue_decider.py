"""The rules of published answers and of searches that are written down."""

from dataclasses import replace

import pytest

from contracts.errors import Code
from kernel.aggregate import Aggregate
from services.consultation.catalogue import commands, decider, searches, state
from services.consultation.catalogue.events import (
    AnswerCorrected,
    AnswerPublished,
    AnswerWithdrawn,
    CatalogueSearched,
    Source,
)
from tests.support import NOON, fact, given
from tests.unit.consultation import BUDI, OFFICE, SITI

ANSWER = Aggregate("answer", decider.decide, state.evolve, state.State)
SEARCH = Aggregate("search", searches.decide, searches.evolve, searches.initial)

TEXTS = {
    "topic": "Inflasi Pekanbaru",
    "question": "Di mana angka inflasi bulanan?",
    "answer": "Di pekanbarukota.bps.go.id, menu Inflasi.",
    "language": "id",
}
PUBLISHED = AnswerPublished(consultation_id="k1", officer_id="budi", **TEXTS)
CORRECTED = AnswerCorrected(consultation_id="k1", officer_id="budi", **TEXTS)
WITHDRAWN = AnswerWithdrawn(officer_id="budi", reason="Sudah pindah.")

PUBLISH = commands.PublishAnswer(
    caller=BUDI, now=NOON, office=OFFICE, consultation_id="k1", answered=True, **TEXTS
)
WITHDRAW = commands.WithdrawAnswer(caller=BUDI, now=NOON, office=OFFICE, reason="Sudah pindah.")


def test_officer_publishes_what_was_answered():
    """Who approved it is recorded."""
    given(ANSWER).when(PUBLISH).then(PUBLISHED)


def test_published_again_is_a_correction():
    """One published answer a consultation."""
    given(ANSWER, fact(PUBLISHED)).when(PUBLISH).then(CORRECTED)


def test_published_after_a_withdrawal_is_published_anew():
    """Withdrawing is not for ever."""
    given(ANSWER, fact(PUBLISHED), fact(WITHDRAWN)).when(PUBLISH).then(PUBLISHED)


def test_consultation_without_an_answer_has_nothing_to_publish():
    """Whatever the officer wrote down."""
    given(ANSWER).when(replace(PUBLISH, answered=False)).then_refused(Code.NOT_ANSWERED)


def test_user_publishes_nothing():
    """Not their own question either: an officer answers for it."""
    given(ANSWER).when(replace(PUBLISH, caller=SITI)).then_refused(Code.WRONG_ROLE)


def test_withdrawn_once():
    """With a reason, for the record."""
    given(ANSWER, fact(PUBLISHED)).when(WITHDRAW).then(WITHDRAWN)
    given(ANSWER, fact(PUBLISHED), fact(WITHDRAWN)).when(WITHDRAW).then_refused(Code.WRONG_STATE)
    given(ANSWER).when(WITHDRAW).then_refused(Code.NOT_FOUND)


@pytest.mark.parametrize("field", ["topic", "question", "answer"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hubungi siti.rahma@example.com ya", "e-mail address"),
        ("Surel: Siti+1@Kantor.BPS.go.id.", "e-mail address"),
        ("Telepon 0812-3456-7890", "phone number"),
        ("WA +62 812 3456 7890", "phone number"),
        ("(021) 3841195", "phone number"),
        ("NIK 1471014507900001", "identity number"),
        ("NIK 147101 450790 0001", "identity number"),
        ("1234567890123456", "identity number"),
        ("14710145079000011", "identity number"),
        ("NPWP 09.254.294.3-407.000", "identity number"),
        ("NPWP: 092542943407000", "identity number"),
        ("Paspor A1234567", "identity number"),
        ("paspor no. AB 123456", "identity number"),
        ("WhatsApp 812-3456-7890", "phone number"),
        ("WA: 81234567890", "phone number"),
        ("https://wa.me/6281234567890", "phone number"),
        ("\uff10\uff18\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19", "phone number"),
        ("siti\uff20example.com", "e-mail address"),
        ("siti(at)example.com", "e-mail address"),
        ("siti [at] example.com", "e-mail address"),
    ],
)
def test_what_tells_of_a_person_is_refused_by_field(field, text, kind):
    """An officer overlooked it."""
    found = given(ANSWER).when(replace(PUBLISH, **{field: text}))
    found.then_refused(Code.VALIDATION_FAILED)
    assert found.refusal.errors == {field: [f"Holds a personal {kind}."]}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Saya SITI  Rahma, bertanya", "name"),
        ("S.Rahma@kantor", "e-mail address"),
        ("nomor (761) 55 66 77", "phone number"),
    ],
)
def test_who_asked_is_not_named(text, kind):
    """What is known of them is looked for, whatever its form."""
    theirs = ("Siti Rahma", "s.rahma@kantor", "+62761556677")
    found = given(ANSWER).when(replace(PUBLISH, question=text, theirs=theirs))
    found.then_refused(Code.VALIDATION_FAILED)
    assert found.refusal.errors == {"question": [f"Holds a personal {kind}."]}
    given(ANSWER).when(replace(PUBLISH, theirs=theirs)).then(PUBLISHED)


@pytest.mark.parametrize(
    "text",
    [
        "Telepon kantor (0761) 7874567, surel bps1471@bps.go.id.",
        "Tahun 2020 2021 2022 2023 sebesar 1.234.567 jiwa",
        "Rp 12.345.678.901.234 dan 215 123 456 ton",
        "Tabel 3.1.2 menurut kecamatan, 2020-2025; kode KBLI 47111",
        "Penduduk 1 123 456 (2023), 1 134 567 (2024)",
        "Sebanyak 812 345 678 ribu; 812-815 ha; 2020-2021-2022",
        "Katalog 1102001.1471, ISSN 0215-6814, SK 0102067/1471, KBLI C10130",
    ],
)
def test_figures_and_the_office_itself_may_be_named(text):
    """Statistics are full of numbers."""
    given(ANSWER).when(replace(PUBLISH, answer=text)).then_kinds(AnswerPublished)


def test_reason_of_a_withdrawal_tells_of_nobody_either():
    """It stays in the log for ever."""
    command = replace(WITHDRAW, reason="Menyebut 081234567890")
    given(ANSWER, fact(PUBLISHED)).when(command).then_refused(Code.VALIDATION_FAILED)


def test_search_is_written_down_once():
    """The same at once is one."""
    command = commands.RecordSearch(
        now=NOON, subject_id="siti", words_of=None, query="inflasi", source=Source.LIVE, hits=3
    )
    searched = CatalogueSearched(
        source=Source.LIVE, hits=3, subject_id="siti", words_of=None, query="inflasi"
    )
    given(SEARCH).when(command).then(searched)
    given(SEARCH, fact(searched)).when(command).then()
