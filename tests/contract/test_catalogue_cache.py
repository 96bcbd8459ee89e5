"""What the Web API answered, kept in a real database: for some hours, and telling nothing."""

from datetime import timedelta

import bson
import pytest

from kernel.clock import random_bytes
from kernel.vault import Vault
from services.consultation.catalogue import cache as module
from services.consultation.catalogue.cache import KEYHOLDER, Cache
from tests.support import NOON

HOUR = timedelta(hours=1)
QUESTION = ("siti rahma jalan mawar", "1471", "ind")
ITEMS = [{"kind": "publication", "title": "Pekanbaru Dalam Angka", "url": None}]


@pytest.fixture
def vault(db):
    found = Vault(db, random_bytes(32))
    found.check(lambda: False)
    return found


@pytest.fixture
def cache(db, vault):
    made = Cache(db, vault, 12 * HOUR)
    made.prepare()
    return made


def test_kept_for_its_hours_then_stale(cache):
    """Both are given out: who asks decides."""
    assert cache.get(QUESTION, NOON) is None
    cache.put(QUESTION, ITEMS, NOON)
    fresh, stale = (cache.get(QUESTION, NOON + hours * HOUR) for hours in (11, 12))
    assert (fresh.items, fresh.cached_at, fresh.fresh) == (ITEMS, NOON, True)
    assert (stale.items, stale.cached_at, stale.fresh) == (ITEMS, NOON, False)
    cache.put(QUESTION, [], NOON + 13 * HOUR)
    assert cache.get(QUESTION, NOON + 14 * HOUR).items == []


def test_every_process_finds_it(cache, db, vault):
    """By the same mark, made by the vault they share; another vault's would find nothing."""
    cache.put(QUESTION, ITEMS, NOON)
    again = Vault(db, b"")
    again.masters, again._cache = vault.masters, type(vault._cache)()
    assert Cache(db, again, HOUR).get(QUESTION, NOON).items == ITEMS
    vault.forget(KEYHOLDER, NOON)
    with pytest.raises(Exception, match="subject_erased"):
        cache.get(QUESTION, NOON)


@pytest.mark.parametrize("other", [("inflasi", "1471", "ind"), (QUESTION[0], "0000", "ind")])
def test_other_question_or_domain_is_another_answer(cache, other):
    """None is taken for another."""
    cache.put(QUESTION, ITEMS, NOON)
    assert cache.get(other, NOON) is None


def test_words_of_the_question_are_not_kept(cache, db):
    """What people look for may be a name."""
    cache.put(QUESTION, ITEMS, NOON)
    stored = b"".join(bson.encode(d) for d in db["catalogue_cache"].find())
    assert b"Dalam Angka" in stored
    assert b"siti" not in stored


def test_clock_that_was_set_back_makes_nothing_fresh_for_ever(cache):
    """An answer of the future is none."""
    cache.put(QUESTION, ITEMS, NOON + 48 * HOUR)
    assert cache.get(QUESTION, NOON) is None


def test_sweep_drops_what_is_too_old_and_the_oldest_of_too_many(cache, db, monkeypatch):
    """In slices; twice is as good as once."""
    monkeypatch.setattr(module, "SLICE", 3)
    monkeypatch.setattr(module, "MOST", 10)
    for number in range(20):
        cache.put((f"kata {number}", "1471", "ind"), [], NOON + number * HOUR)
    late = NOON + 12 * HOUR + module.STALE + timedelta(hours=4.5)
    assert cache.sweep(late) == 10  # five for their age, five for their number
    assert cache.sweep(late) == 0
    assert db["catalogue_cache"].count_documents({}) == 10
    assert cache.get(("kata 19", "1471", "ind"), late)
    assert cache.get(("kata 9", "1471", "ind"), late) is None
