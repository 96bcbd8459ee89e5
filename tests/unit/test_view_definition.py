"""The name of a view's definition changes with whatever its documents depend on."""

from dataclasses import dataclass, replace

import pytest

from kernel.codec import Earlier, EventType, EventTypes
from kernel.views import View
from services.consultation.schemas import TYPES
from services.consultation.views import VIEWS
from services.notifier.views import VIEWS as NOTIFIER
from services.queue.views import VIEWS as QUEUE


@dataclass(frozen=True)
class Noted:
    """Something that happens; this is its second form."""

    text: str


def key(_fact):
    """Name the document."""
    return "one"


def project(_document, _fact):
    """Make it."""
    return {}


def otherwise(_document, _fact):
    """Make it otherwise."""
    return {"n": 1}


def lower(data):
    """Bring an earlier form up to date."""
    return {"text": data["text"].lower()}


def upper(data):
    """Bring it up to date otherwise."""
    return {"text": data["text"].upper()}


def types(upcast):
    """Return the stored forms, the first read through `upcast`."""
    return EventTypes([EventType("noted", 2, Noted)], [Earlier("noted", 1, upcast)])


VIEW = View("things", key, project)


def test_same_definition_same_name():
    """In every process of one version."""
    assert VIEW.definition(types(lower)) == VIEW.definition(types(lower))
    assert VIEW.definition(types(lower)).startswith("view_things_")


@pytest.mark.parametrize(
    "change",
    [
        {"project": otherwise},
        {"key": otherwise},
        {"indexes": ([("n", 1)],)},
        {"personal": ("name",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changed_view_has_another_name(change):
    """Nobody has to count up a number."""
    assert replace(VIEW, **change).definition(types(lower)) != VIEW.definition(types(lower))


def test_changed_upcaster_changes_the_name():
    """A view made through the old one may be wrong."""
    assert VIEW.definition(types(upper)) != VIEW.definition(types(lower))


def test_views_of_the_services_have_names_of_their_own():
    """Two views never share a collection."""
    names = {view.definition(TYPES) for view in VIEWS}
    assert len(names) == len(VIEWS)


@pytest.mark.parametrize("view", [*VIEWS, *NOTIFIER, *QUEUE], ids=lambda view: view.name)
def test_who_is_forgotten_is_found_by_an_index(view):
    """Redacting a view looks for its documents by their person, however many others there are."""
    assert not view.personal or "subject_id" in [index[0][0] for index in view.indexes]
