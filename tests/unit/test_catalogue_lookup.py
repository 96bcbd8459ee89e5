"""A question is looked up in time, from wherever there is an answer, and it is said from where."""

from datetime import timedelta

import eventlet
import pytest
from circuitbreaker import STATE_CLOSED

from host.side_by_side import side_by_side
from kernel.clock import monotonic
from services.consultation.catalogue import lookup as module
from services.consultation.catalogue.cache import Kept
from services.consultation.catalogue.channels.rows import READING, WebApiFailure
from services.consultation.catalogue.events import Source
from services.consultation.catalogue.lookup import Lookup, keyword_of
from tests.support import NOON

HOUR = timedelta(hours=1)


class Api:
    """Answers, fails or sleeps, by (model, domain)."""

    def __init__(self, **wrong):
        self.asked = []
        self.wrong = wrong

    def ask(self, model, domain, keyword):
        self.asked.append((model, domain, keyword))
        wrong = self.wrong.get(model) or self.wrong.get(f"d{domain}") or self.wrong.get("all")
        if isinstance(wrong, float):
            eventlet.sleep(wrong)
        elif wrong:
            raise wrong
        return [{"title": f"{model} {domain}"}]


class Cache:
    """In a dictionary; fails or sleeps as told."""

    def __init__(self, wrong=None):
        self.kept = {}
        self.wrong = wrong

    def get(self, question, now):
        if isinstance(self.wrong, float):
            eventlet.sleep(self.wrong)
        elif self.wrong:
            raise self.wrong
        found = self.kept.get(question)
        return found and Kept(found[0], found[1], now < found[1] + 12 * HOUR)

    def put(self, question, items, now):
        if self.wrong:
            raise self.wrong
        self.kept[question] = (items, now)


def look(api, cache=None, at=NOON, lookup=None):
    looked = (lookup or Lookup(api, cache or Cache(), 30)).look("1471", "Inflasi!", at)
    eventlet.sleep(0)  # what goes on by itself
    return looked


def titles(looked):
    return [item["title"] for item in looked.items]


AWAY = WebApiFailure("away")
LISTS = [f"{model} {domain}" for domain in ("1471", "0000") for model in READING]


def test_all_lists_are_asked_at_once_the_office_first():
    """Three models, two domains, side by side."""
    api = Api(all=0.1)
    began = monotonic()
    looked = look(api)
    assert monotonic() - began < 0.4
    assert (looked.source, looked.incomplete, looked.cached_at) == (Source.LIVE, False, None)
    assert titles(looked) == LISTS
    assert {keyword for _, _, keyword in api.asked} == {"inflasi"}


def test_asked_again_it_comes_from_the_cache():
    """For the hours that are set, and says since when."""
    api, cache = Api(), Cache()
    look(api, cache)
    looked = look(api, cache, NOON + 11 * HOUR)
    assert (looked.source, looked.cached_at, titles(looked)) == (Source.CACHE, NOON, LISTS)
    assert len(api.asked) == 6
    assert look(api, cache, NOON + 13 * HOUR).source is Source.LIVE
    assert len(api.asked) == 12


def test_stale_answers_are_better_than_none():
    """While the Web API is away; they say how old they are, and that there may be more."""
    cache = Cache()
    look(Api(), cache)
    looked = look(Api(all=AWAY), cache, NOON + 20 * HOUR)
    assert (looked.source, looked.cached_at, titles(looked)) == (Source.CACHE, NOON, LISTS)
    assert looked.incomplete


@pytest.mark.parametrize(
    ("away", "source"), [("d1471", Source.CACHE), ("d0000", Source.LIVE), ("all", Source.CACHE)]
)
def test_what_has_run_out_and_could_not_be_asked_again_is_said(away, source):
    """Whichever of the two domains it is of; the source is that of the office's own."""
    cache = Cache()
    look(Api(), cache)
    looked = look(Api(**{away: AWAY}), cache, NOON + 30 * HOUR)
    assert (looked.source, looked.incomplete, titles(looked)) == (source, True, LISTS)


def test_what_is_known_of_the_country_alone_is_not_passed_off_as_the_offices():
    """Nothing is known of the office's own domain: that is what counts."""
    looked = look(Api(d1471=AWAY))
    assert (looked.source, looked.incomplete) == (Source.UNAVAILABLE, True)
    assert titles(looked) == LISTS[3:]


def test_nothing_to_be_had_is_said():
    """An empty list would be a lie."""
    looked = look(Api(all=AWAY))
    assert (looked.source, looked.items, looked.incomplete) == (Source.UNAVAILABLE, [], True)


def test_who_is_late_is_left_out(monkeypatch):
    """The others are listed, and nothing of the late domain is kept."""
    monkeypatch.setattr(module, "BUDGET_S", 0.2)
    cache = Cache()
    began = monotonic()
    looked = look(Api(d0000=5.0), cache)
    assert monotonic() - began < 0.5
    assert (looked.source, looked.incomplete) == (Source.LIVE, True)
    assert titles(looked) == LISTS[:3]
    assert [domain for _, domain, _ in cache.kept] == ["1471"]


def test_a_list_that_fails_leaves_the_others():
    """Not kept: the next who asks may get it whole."""
    cache = Cache()
    looked = look(Api(statictable=WebApiFailure("no_json")), cache)
    assert (looked.source, looked.incomplete) == (Source.LIVE, True)
    assert titles(looked) == [t for t in LISTS if "static" not in t]
    assert cache.kept == {}


@pytest.mark.parametrize("wrong", [OSError("x"), 5.0])
def test_cache_that_is_away_or_slow_is_done_without(wrong, monkeypatch):
    """The database is down: the Web API is asked all the same."""
    monkeypatch.setattr(module, "CACHE_S", 0.1)
    looked = look(Api(), Cache(wrong))
    assert titles(looked) == LISTS


def test_after_failures_in_a_row_it_is_left_alone_and_tried_again():
    """Then one success closes the breaker."""
    api = Api(all=AWAY)
    lookup = Lookup(api, Cache(), 1)
    for _ in range(module.FAILURES + 2):
        assert look(api, lookup=lookup).source is Source.UNAVAILABLE
    assert len(api.asked) == module.FAILURES * 6
    api.wrong = {}
    eventlet.sleep(1.1)  # the pause itself
    assert look(api, lookup=lookup).source is Source.LIVE
    assert lookup._breaker.state == STATE_CLOSED


def test_single_lists_that_fail_do_not_open_the_breaker():
    """The server lives."""
    api = Api(statictable=AWAY)
    lookup = Lookup(api, Cache(), 30)
    for _ in range(5):
        assert look(api, lookup=lookup).source is Source.LIVE


@pytest.mark.parametrize(
    ("takes", "sources"),
    [(0.2, ["live"] * 4), (1.2, ["live", "live", "unavailable", "unavailable"])],
)
def test_no_more_than_so_many_ask_it_at_once(monkeypatch, takes, sources):
    """While it is slow, others need the workers: the next wait a moment, and it is said why not."""
    monkeypatch.setattr(module, "AT_ONCE", 2)
    monkeypatch.setattr(module, "TURN_S", 0.5)
    before = module.ANSWERS.labels("publication", "busy")._value.get()
    lookup = Lookup(Api(all=takes), Cache(), 30)
    looks = [eventlet.spawn(lookup.look, "1471", f"kata {n}", NOON) for n in range(4)]
    assert sorted(each.wait().source for each in looks) == sources
    busy = module.ANSWERS.labels("publication", "busy")._value.get() - before
    assert busy == sources.count("unavailable")


def test_question_without_a_word_is_not_asked():
    """There is nothing to put into the address."""
    api = Api()
    assert Lookup(api, Cache(), 30).look("1471", "?!", NOON).source is Source.LOCAL
    assert api.asked == []


def test_national_office_asks_once():
    """Its domain is the national one."""
    api = Api()
    Lookup(api, Cache(), 30).look("0000", "inflasi", NOON)
    assert len(api.asked) == 3


@pytest.mark.parametrize(
    ("asked", "keyword"),
    [
        ("  Inflasi,  PEKANBARU?! ", "inflasi pekanbaru"),
        ("rata-rata 2020-2024", "rata-rata 2020-2024"),
        ("../../key/x", "key x"),
        ("x" * 500, "x" * 100),
        ("Berapa inflasi di Pekanbaru dan Dumai?", "inflasi pekanbaru dumai"),
        ("Apa itu?", "apa itu"),
    ],
)
def test_equal_questions_are_equal(asked, keyword):
    """Case, blanks and signs make no other."""
    assert keyword_of(asked) == keyword


def test_job_that_fails_or_is_late_is_none():
    """The others are there."""
    jobs = [lambda: 1, lambda: 1 / 0, lambda: eventlet.sleep(9)]
    assert side_by_side(jobs, 0.1, end_late=True) == [1, None, None]


def test_late_job_goes_on_if_it_must():
    """A commit is not broken off in its midst."""
    done = []

    def slow():
        eventlet.sleep(0.1)
        done.append(True)

    assert side_by_side([slow], 0.01, end_late=False) == [None]
    eventlet.sleep(0.2)
    assert done == [True]
