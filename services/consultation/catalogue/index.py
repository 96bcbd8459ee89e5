"""The published answers in SQLite's full-text index, in memory: a copy that any process makes anew.

What is asked never meets the query syntax of the index: only letters and digits are left of it, and
each word is quoted (docs/adr/0034-answers-are-indexed-in-memory.md).
"""

import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from services.consultation.catalogue.words import Stemmer, Word

COLUMNS = "office UNINDEXED, topic, text, words"
MATCH = """SELECT rowid FROM answers WHERE answers MATCH ? AND office = ?
    ORDER BY bm25(answers, 0, 4, 1, 0.5) LIMIT ?"""
"""A word of the topic counts four times, one that is only begun half."""

WORDS_MAX = 16
PREFIX_MIN = 3
"""The last word may be unfinished, from so many letters on."""

CANDIDATES = 50
SNIPPET = 240
LEAD = 60


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One published answer."""

    answer_id: str
    office: str
    topic: str
    question: str
    answer: str
    published_at: datetime


@dataclass(frozen=True)
class Found:
    """An answer, and the part of it that speaks of what was asked."""

    entry: Entry
    snippet: str


class AnswerIndex:
    """Finds answers by their stems, the best first; a copy for one thread."""

    def __init__(self, stemmer: Stemmer) -> None:
        self._stemmer = stemmer
        self._entries: dict[str, Entry] = {}
        self._rows: dict[str, int] = {}
        self._ids: dict[int, str] = {}
        self._known: dict[str, frozenset[str]] = {}  # the stems of an answer
        self._db = sqlite3.connect(":memory:")
        self._db.execute(f"CREATE VIRTUAL TABLE answers USING fts5({COLUMNS}, prefix='3 4 5')")

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry) -> None:
        """Take an answer in, in the place of what it said before."""
        self.drop(entry.answer_id)
        topic = list(self._stemmer.words(entry.topic))
        text = [w for t in (entry.question, entry.answer) for w in self._stemmer.words(t)]
        cells = (_stems(topic), _stems(text), " ".join(w.folded for w in chain(topic, text)))
        made = self._db.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", (entry.office, *cells))
        row = made.lastrowid or 0
        self._entries[entry.answer_id], self._rows[entry.answer_id] = entry, row
        self._ids[row] = entry.answer_id
        self._known[entry.answer_id] = frozenset(w.stem for w in chain(topic, text))

    def drop(self, answer_id: str) -> None:
        """Forget an answer; nothing if it is not here."""
        if self._entries.pop(answer_id, None):
            row = self._rows.pop(answer_id)
            del self._ids[row], self._known[answer_id]
            self._db.execute("DELETE FROM answers WHERE rowid = ?", (row,))

    def search(self, office: str, asked: str, limit: int) -> list[Found]:
        """Return an office's answers that hold all words, else those that hold half of them."""
        words = list({w.stem: w for w in islice(self._stemmer.words(asked), WORDS_MAX)}.values())
        terms = [_term(word, last=word is words[-1]) for word in words]
        if not terms:
            return []
        found = self._match(" AND ".join(terms), office, limit)
        if not found and len(terms) > 1:
            loose = self._match(" OR ".join(terms), office, CANDIDATES)
            found = [e for e in loose if self._holds_half(e.answer_id, words)]
        stems = {word.stem for word in words}
        return [Found(entry, self._snippet(entry.answer, stems)) for entry in found[:limit]]

    def _match(self, expression: str, office: str, limit: int) -> list[Entry]:
        rows = self._db.execute(MATCH, (expression, office, limit))
        return [self._entries[self._ids[row]] for (row,) in rows]

    def _holds_half(self, answer_id: str, words: Sequence[Word]) -> bool:
        known = self._known[answer_id]
        return 2 * sum(1 for word in words if word.stem in known) >= len(words)

    def _snippet(self, text: str, stems: set[str]) -> str:
        """Return the part of a text around the first word that was meant, cut between words."""
        text = unicodedata.normalize("NFC", text)  # in which the words are counted
        hit = next((w.start for w in self._stemmer.words(text) if w.stem in stems), 0)
        begin = 0 if hit <= LEAD else text.find(" ", hit - LEAD, hit) + 1 or hit
        part = text[begin : begin + SNIPPET]
        if begin + SNIPPET < len(text):
            part = part.rpartition(" ")[0] or part
        before, after = "… " * (begin > 0), " …" * (begin + len(part) < len(text))
        return f"{before}{' '.join(part.split())}{after}"


def _stems(words: Sequence[Word]) -> str:
    return " ".join(word.stem for word in words)


def _term(word: Word, *, last: bool) -> str:
    """Return what matches a word: its stem, and what begins with it if it is the last."""
    stem = f'{{topic text}} : "{word.stem}"'
    if not last or len(word.folded) < PREFIX_MIN:
        return stem
    return f'({stem} OR words : "{word.folded}" *)'
