"""Pages of a list on the real server: all that matches, once, newest first."""

from types import SimpleNamespace

import pytest

from contracts.errors import Rejected
from host import lists
from host.lists import STRETCH

PLACE = "opened"
LONG = 40 * STRETCH
"""So many positions that a list is read in several stretches."""


class Kept:
    """Reads a collection as a view's reader does; counts what it is asked."""

    def __init__(self, collection, end):
        self._collection = collection
        self._end = end
        self.read = 0

    def position(self):
        return self._end

    def find(self, wanted, order, limit):
        found = list(self._collection.find(wanted).sort(order).limit(limit))
        self.read += len(found)
        return found


@pytest.fixture
def kept(db):
    """A row for every hundredth position, of one office in four; the last is not told of yet."""
    rows = [
        {"_id": at, PLACE: at, "office": str(at // 100 % 4), "rare": at < 1_000}
        for at in range(100, LONG + 1, 100)
    ]
    db["rows"].create_index([("office", 1), (PLACE, -1)])
    db["rows"].insert_many(rows)
    return Kept(db["rows"], LONG - 100)


def pages(kept, wanted, limit, few=False):
    core = SimpleNamespace(view=lambda _view: kept)
    cursor, found = None, []
    while True:
        page, cursor = lists.page(core, None, wanted, PLACE, limit, cursor, few=few)
        assert len(page) == limit or cursor is None
        found.append([row[PLACE] for row in page])
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 7, 50, 1_000])
@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize(
    "wanted", [{}, {"office": "0"}, {"office": "1", "rare": True}, {"office": "9"}]
)
def test_pages_hold_all_that_matches_once_newest_first(kept, wanted, limit, few):
    if limit == 1 and len(wanted) < 2:
        limit = 3  # one by one would take long
    matching = [
        at
        for at in range(LONG, 0, -100)
        if all(
            {"office": str(at // 100 % 4), "rare": at < 1_000}[n] == v for n, v in wanted.items()
        )
    ]
    found = pages(kept, wanted, limit, few)
    assert [at for page in found for at in page] == matching


def test_first_page_of_a_long_list_reads_little_of_it(kept):
    """However long the list, as the embedded server reads all that it is asked for."""
    core = SimpleNamespace(view=lambda _view: kept)
    page, _ = lists.page(core, None, {"office": "0"}, PLACE, 10, None)
    assert len(page) == 10
    assert kept.read < 30


def test_rows_in_bounded_stretches_are_all_rows(kept):
    """Nobody waits long for his turn while a list is gone through."""
    assert [r["_id"] for r in lists.rows(kept, {}, PLACE, longest=STRETCH)] == list(
        range(LONG, 0, -100)
    )


def test_cursor_of_somebody_else_is_refused(kept):
    core = SimpleNamespace(view=lambda _view: kept)
    with pytest.raises(Rejected):
        lists.page(core, None, {}, PLACE, 10, "%%%")
