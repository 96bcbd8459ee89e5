"""Answers are found by what is meant, and nothing that is typed reaches the index's own syntax."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.catalogue.following import Following
from services.consultation.catalogue.index import AnswerIndex, Entry
from services.consultation.catalogue.words import LONGEST, Stemmer, fold
from tests.support import NOON

STEMMER = Stemmer()


def entry(answer_id, topic, answer="…", question="…", office="1471"):
    return Entry(
        answer_id=answer_id,
        office=office,
        topic=topic,
        question=question,
        answer=answer,
        published_at=NOON,
    )


@pytest.fixture
def index():
    found = AnswerIndex(STEMMER)
    found.put(
        entry("inflasi", "Inflasi bulanan", "Angka inflasi Pekanbaru ada di tabel statistik.")
    )
    found.put(entry("penduduk", "Jumlah penduduk", "Kependudukan menurut kecamatan, sejak 2010."))
    found.put(entry("kerja", "Tingkat pengangguran", "Ketenagakerjaan: lihat Sakernas."))
    found.put(entry("jauh", "Inflasi Jayapura", office="9471"))
    return found


def ids(found):
    return [each.entry.answer_id for each in found]


KIN = [
    "penduduk kependudukan berpenduduk penduduknya",
    "ikan perikanan",
    "kerja bekerja pekerja pekerjaan",
    "anggur pengangguran menganggur penganggur",
    "dagang perdagangan pedagang memperdagangkan",
    "miskin kemiskinan termiskin",
    "tani petani pertanian",
    "tumbuh pertumbuhan",
    "hasil penghasilan dihasilkan",
    "unduh mengunduh unduhan diunduh",
    "hitung perhitungan penghitungan menghitung",
    "timpang ketimpangan",
    "rumah perumahan",
    "didik pendidikan",
]


@pytest.mark.parametrize("words", KIN)
def test_words_of_one_root_have_one_stem(words):
    """Words that people really look for."""
    stems = {word.stem for word in STEMMER.words(words)}
    assert len(stems) == 1, stems


def test_words_of_different_roots_stay_apart():
    """Nothing is found for what merely resembles it."""
    stems = [{word.stem for word in STEMMER.words(words)} for words in KIN]
    assert all(a.isdisjoint(b) for a, b in itertools.combinations(stems, 2))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("kependudukan", ["penduduk"]),
        ("PÉNDUDUK", ["penduduk"]),
        ("menganggur", ["kerja"]),
        ("berapa inflasi di pekanbaru?", ["inflasi"]),
        ("infl", ["inflasi"]),
        ("jumlah pendud", ["penduduk"]),
        ("in", []),
        ("harga cabai", []),
        ("angka inflasi terbaru", ["inflasi"]),
        ("", []),
        ("di dan yang", []),
    ],
)
def test_found_by_stem_beginning_and_most_words(index, asked, found):
    """Folded, without empty words; the last word may be unfinished."""
    assert ids(index.search("1471", asked, 10)) == found


def test_answers_of_another_office_are_not_listed(index):
    """Their officers answer for them."""
    assert ids(index.search("9471", "inflasi", 10)) == ["jauh"]


def test_word_of_the_topic_counts_more(index):
    """Who writes about it comes before who mentions it."""
    index.put(entry("lain", "Tabel statistik", "Juga inflasi, upah, harga dan ekspor."))
    assert ids(index.search("1471", "inflasi", 10)) == ["inflasi", "lain"]


def test_snippet_is_about_what_was_asked():
    """Cut between words, around the first that was meant."""
    index = AnswerIndex(STEMMER)
    index.put(
        entry("a", "x", "kata lain " * 40 + "jumlah penduduk miskin " + "dan seterusnya " * 40)
    )
    (found,) = index.search("1471", "kemiskinan", 1)
    assert "penduduk miskin" in found.snippet
    assert found.snippet.startswith("… ")
    assert found.snippet.endswith(" …")
    assert len(found.snippet) <= 250


def test_snippet_is_cut_right_though_letters_are_composed_otherwise():
    """Some keyboards write an accent as a character of its own."""
    index = AnswerIndex(STEMMER)
    index.put(entry("a", "x", "e\u0301 " * 100 + "kemiskinan ekstrem " + "kata " * 100))
    (found,) = index.search("1471", "miskin", 1)
    assert "kemiskinan ekstrem" in found.snippet


def test_corrected_and_dropped_answers_are_found_no_more_as_they_were(index):
    """The index says what the log says."""
    index.put(entry("inflasi", "Upah minimum"))
    assert ids(index.search("1471", "inflasi", 10)) == []
    assert ids(index.search("1471", "upah", 10)) == ["inflasi"]
    index.drop("inflasi")
    index.drop("never here")
    assert ids(index.search("1471", "upah", 10)) == []
    assert len(index) == 3


SYNTAX = [
    '"',
    "'",
    "*",
    "AND",
    "NEAR(",
    "NOT",
    ":",
    "^",
    "-",
    "{topic}",
    ";",
    "--",
    "\x00",
    "inflasi",
]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(SYNTAX)).map(" ".join)))
def test_nothing_that_is_typed_is_an_error(asked):
    """Quotes, stars and words of the index's own language are only words, or nothing."""
    index = AnswerIndex(STEMMER)
    index.put(entry("inflasi", "Inflasi bulanan"))
    index.search("1471", asked, 5)
    assert len(index.search("1471", "inflasi", 5)) == 1


def test_word_without_end_costs_no_more_than_a_long_one():
    """The time to a stem grows with the word."""
    assert len(fold("a" * 10_000)) == LONGEST


def test_ten_thousand_answers_are_searched_in_a_moment():
    """As many as an office publishes in decades; measured at 15 to 30 ms."""
    index = AnswerIndex(STEMMER)
    roots = [f"{a}{b}{c}" for a in ("ba", "ru", "ti") for b in ("nga", "so", "li") for c in "kmnp"]
    for number in range(10_000):
        words = " ".join(roots[number * step % 36] for step in range(1, 12))
        index.put(entry(f"a{number}", f"inflasi {words}", f"penduduk {words} {number}"))
    began = time.perf_counter()
    found = index.search("1471", "inflasi penduduk bangakan 777", 5)
    took = time.perf_counter() - began
    assert found
    assert took < 0.25, f"{took * 1000:.0f} ms"


class Kept:
    """The view, in a list."""

    def __init__(self):
        self.documents = []

    def position(self):
        return max((d["changed"] for d in self.documents), default=0)

    def find(self, wanted, _order, limit):
        after = wanted["changed"]["$gt"]
        found = sorted((d for d in self.documents if d["changed"] > after), key=_changed)
        return found[:limit]


def _changed(document):
    return document["changed"]


def kept_answer(answer_id, changed, published=True):
    words = {"office": "1471", "topic": "Inflasi", "question": "?", "answer": "…"}
    at = {"published_at": NOON if published else None}
    return {"_id": answer_id, "changed": changed, **words, **at}


def test_index_follows_the_view():
    """Published, corrected, withdrawn; and nothing is read while nothing has happened."""
    index, kept, asked = AnswerIndex(STEMMER), Kept(), []
    following = Following(index, kept, lambda at: asked.append(at) or kept.position() > at)
    kept.documents = [kept_answer(f"a{n}", n + 1) for n in range(450)]
    following.step()
    assert len(index) == 450
    kept.documents[3] = kept_answer("a3", 451, published=False)
    following.step()
    assert len(index) == 449
    kept.find = None  # it must not be asked
    following.step()
    assert asked == [-1, 450, 451]
