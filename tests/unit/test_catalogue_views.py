"""What the index, the report and subscribers are made of."""

from dataclasses import replace

from contracts.consultation import SubmitSchema
from kernel.effects import Publish
from services.consultation.catalogue import report, unnamed, views
from services.consultation.catalogue.events import AnswerWithdrawn, CatalogueSearched, Source
from services.consultation.reactions import react
from tests.support import NOON, fact
from tests.unit.consultation import submitted
from tests.unit.test_catalogue_decider import CORRECTED, PUBLISHED


def searched(source=Source.LIVE, hits=0, query="sealed"):
    event = CatalogueSearched(
        source=source, hits=hits, subject_id="siti", words_of=None, query=query
    )
    return fact(event, stream="search-s1", name="catalogue_searched")


def asked(search_id, office="1471"):
    opening = submitted()
    event = type(opening.event)(**{**vars(opening.event), "search_id": search_id})
    return fact(event, office=office)


def folded(view, *facts):
    """Fold facts as the view does; document by key."""
    documents = {}
    for each in facts:
        if (key := view.key(each)) is not None:
            documents[key] = view.project(documents.get(key), each)
    return documents


def test_withdrawn_answer_leaves_no_text_behind():
    """The place stays, for who follows."""
    first = fact(PUBLISHED, stream="answer-a1", position=4)
    last = fact(AnswerWithdrawn(officer_id="budi", reason="…"), stream="answer-a1", position=9)
    (kept,) = folded(views.ANSWERS, first).values()
    assert (kept["answer"], kept["changed"]) == (PUBLISHED.answer, 4)
    (gone,) = folded(views.ANSWERS, first, last).values()
    assert gone == {"office": "1471", "changed": 9, "version": 1, "published_at": None}


def test_correction_keeps_the_day_of_publication():
    """`released_on` is when it was first published."""
    later = NOON.replace(day=24)
    facts = fact(PUBLISHED, stream="answer-a1"), fact(CORRECTED, later, stream="answer-a1")
    (kept,) = folded(views.ANSWERS, *facts).values()
    assert (kept["published_at"], kept["updated_at"]) == (NOON, later)


def test_consultation_that_names_its_search_is_linked_in_either_order():
    """A search may be written down late."""
    found = [
        folded(views.SEARCHES, searched(), asked("s1")),
        folded(views.SEARCHES, asked("s1"), searched()),
    ]
    assert [each["s1"]["followed_in"] for each in found] == [["1471"], ["1471"]]


def test_searches_without_a_name_are_who_named_them():
    """Not one of somebody who is known, nor what another's question names."""
    nobodys = searched()
    nobodys = fact(replace(nobodys.event, words_of="search-s1"), stream="search-s1")
    log = {"consultation-k1": [asked("s1")], "search-s1": [nobodys], "day-1": [asked("s1")]}
    subject_id = asked("s1").event.subject_id

    def named(who, streams=("consultation-k1",)):
        return unnamed.named_by(who, streams, lambda stream: log.get(stream, []))

    assert named(subject_id) == [nobodys]
    assert named("somebody else") == []
    assert named(subject_id, ("day-1",)) == []
    log["search-s1"] = [searched()]
    assert named(subject_id) == []
    log["consultation-k1"] = [asked(None)]
    assert named(subject_id) == []


def test_search_that_never_was_is_named_without_harm():
    """Anybody may name anything, or nothing."""
    assert folded(views.SEARCHES, asked("elsewhere")) == {"elsewhere": {"followed_in": ["1471"]}}
    assert folded(views.SEARCHES, asked(None)) == {}
    assert not SubmitSchema(partial=True, only=["search_id"]).validate({"search_id": "elsewhere"})


def test_consultation_of_another_office_does_not_count():
    """Nor does it take the place of the one that does."""
    rows = folded(views.SEARCHES, searched(), asked("s1", "9471")).values()
    assert report.searches("1471", rows)[0]["followed"] == 0
    rows = folded(views.SEARCHES, searched(), asked("s1", "9471"), asked("s1")).values()
    assert report.searches("1471", rows)[0]["followed"] == 1


def test_what_could_not_be_asked_was_not_looked_for_in_vain():
    """Counted by its source, but not among what is missing."""
    rows = [
        {"source": "live", "hits": 0, "followed_in": ["1471"]},
        {"source": "live", "hits": 2, "followed_in": []},
        {"source": "unavailable", "hits": 0, "followed_in": []},
    ]
    counts, missed = report.searches("1471", rows)
    assert counts["by_source"] == [
        {"source": "live", "searches": 2, "found_nothing": 1, "followed": 1},
        {"source": "unavailable", "searches": 1, "found_nothing": 1, "followed": 0},
    ]
    assert (counts["searches"], counts["found_nothing"], counts["followed"]) == (3, 2, 1)
    assert missed == [rows[0]]


def test_equal_queries_are_counted_together():
    """The commonest first; case and blanks make no other query."""
    found = report.commonest(["Harga  cabai", "upah", "harga cabai ", "HARGA CABAI"])
    assert found == [{"query": "harga cabai", "searches": 3}, {"query": "upah", "searches": 1}]


def test_words_of_a_search_are_published_to_nobody():
    """Source and count are."""
    assert react(searched(hits=3)) == [
        Publish("catalogue_searched", {"source": Source.LIVE, "hits": 3})
    ]
