"""Indonesian words as the index knows them: folded, without the empty ones, each with its stem."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from Sastrawi.Stemmer.StemmerFactory import StemmerFactory

_WORD = re.compile(r"[^\W_]+")

_EMPTY = """
yang di ke dari dan atau untuk pada dengan dalam adalah ini itu oleh sebagai tentang apa apakah
berapa bagaimana mana dimana kapan siapa mengapa kenapa saya kami kita anda tidak ada akan bisa
dapat mohon tolong ingin mau cari mencari menemukan sudah belum juga agar karena sejak
the of in and or for to
"""
EMPTY = frozenset(_EMPTY.split())
"""Not Sastrawi's list: bekerja, bulan, ibu and tahun are on it, which people do look for."""

LONGEST = 40
"""So many letters of a word count: nobody means more, and the time to a stem grows with them."""


class Word(NamedTuple):
    """One word of a text: where it stands, how it reads folded, and its stem."""

    start: int
    folded: str
    stem: str


class Stemmer:
    """Finds the stems of words; what it needs is read when it is made, which takes a moment.

    Roots are Sastrawi's dictionary. Some words stay apart from their kin (pariwisata, wisata).
    """

    def __init__(self) -> None:
        known: Any = StemmerFactory().create_stemmer()
        # past its own cache, which grows without end
        self._stem = lru_cache(maxsize=50_000)(known.delegatedStemmer.stem)

    def words(self, text: str) -> Iterator[Word]:
        """Yield the words of a text that say something."""
        for found in _WORD.finditer(unicodedata.normalize("NFC", text)):
            folded = fold(found[0])
            if folded and folded not in EMPTY:
                yield Word(found.start(), folded, self._stem(folded) or folded)


def fold(text: str) -> str:
    """Return a word without case and diacritics, cut to a length."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return "".join(_WORD.findall(plain))[:LONGEST]
