"""Stored events: named by us, sealed, and never skipped in silence."""

import json
from dataclasses import dataclass, make_dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.codec import Earlier, EventType, EventTypes, UnknownEvent
from kernel.personal import FORGOTTEN, Personal
from tests.support import NOON


class ReversingSealer:
    """Turns texts around; forgets whom it is told to forget."""

    def __init__(self) -> None:
        self.forgotten: set[str] = set()

    def seal(self, subject_id: str, plain: bytes) -> str:
        return plain.decode()[::-1]

    def open(self, subject_id: str, sealed: str) -> bytes | None:
        return None if subject_id in self.forgotten else sealed[::-1].encode()


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An event with a personal field."""

    subject_id: str
    text: Personal[str]
    extra: Personal[str | None] = None


@dataclass(frozen=True)
class Ownerless:
    """An event whose personal field nobody's key could seal."""

    text: Personal[str]


TYPES = EventTypes([EventType("noted", 1, Noted)])


@given(st.text(), st.none() | st.text())
def test_what_is_encoded_is_decoded(text, extra):
    """Any text survives; an absent one stays absent."""
    event = Noted(subject_id="s", text=text, extra=extra)
    sealer = ReversingSealer()
    stored = TYPES.encode(event, "e", NOON, sealer)
    assert TYPES.decode(stored, sealer) == event


def test_without_a_sealer_personal_fields_stay_sealed():
    """States and views never see the clear text."""
    stored = TYPES.encode(Noted(subject_id="s", text="rahasia"), "e", NOON, ReversingSealer())
    assert "rahasia" not in str(stored)
    assert "rahasia" not in TYPES.decode(stored).text


def test_forgotten_person_reads_as_erased():
    """The fact stays, the text is gone."""
    sealer = ReversingSealer()
    stored = TYPES.encode(Noted(subject_id="s", text="rahasia"), "e", NOON, sealer)
    sealer.forgotten.add("s")
    assert TYPES.decode(stored, sealer).text == FORGOTTEN


@pytest.mark.parametrize("change", [{"type": "later_invention"}, {"schema_version": 2}])
def test_unknown_form_stops_the_fold(change):
    """An older process names what it cannot read."""
    stored = TYPES.encode(Noted(subject_id="s", text="x"), "e-7", NOON, ReversingSealer())
    with pytest.raises(UnknownEvent, match="e-7"):
        TYPES.decode({**stored, **change})


def test_personal_field_without_an_owner_fails_at_start():
    """A class nobody's key could seal is a fault of ours, found at once."""
    with pytest.raises(TypeError, match="Ownerless"):
        EventTypes([EventType("ownerless", 1, Ownerless)])


@dataclass(frozen=True)
class Person:
    """Somebody, inside an event."""

    name: Personal[str]


@pytest.mark.parametrize(
    "hint",
    [Personal[str] | None, list[Personal[str]], Person, Person | None],
    ids=["optional", "list", "nested", "optional nested"],
)
def test_personal_field_that_would_be_stored_in_clear_fails_at_start(hint):
    """The mark must stand around the whole field: inside it nobody would seal it."""
    leaking = make_dataclass("Leaking", [("subject_id", str), ("name", hint)], frozen=True)
    with pytest.raises(TypeError, match=r"Leaking\.name"):
        EventTypes([EventType("leaking", 1, leaking)])


def test_two_types_of_one_name_fail_at_start():
    """A name means one class."""
    with pytest.raises(ValueError, match="share"):
        EventTypes([EventType("noted", 1, Noted), EventType("noted", 2, replace)])


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """The third form of `noted`: another field name, and a mark."""

    subject_id: str
    words: Personal[str]
    extra: Personal[str | None]
    marked: bool


def marked(data):
    """Version 1 → 2."""
    return {**data, "marked": False}


def renamed(data):
    """Version 2 → 3."""
    return {"words" if name == "text" else name: value for name, value in data.items()}


PRESENT = EventType("noted", 3, Remembered)
STEPS = [Earlier("noted", 1, marked), Earlier("noted", 2, renamed)]


def test_earlier_forms_are_read_through_all_steps():
    """What was stored as version 1 comes out as version 3, its personal text opened."""
    stored = TYPES.encode(Noted(subject_id="s", text="rahasia"), "e", NOON, ReversingSealer())
    event = EventTypes([PRESENT], STEPS).decode(stored, ReversingSealer())
    assert event == Remembered(subject_id="s", words="rahasia", extra=None, marked=False)


def test_what_is_stored_is_not_touched_by_its_steps():
    """A step returns new data; the commit stays as it was hashed."""
    stored = TYPES.encode(Noted(subject_id="s", text="x"), "e", NOON, ReversingSealer())
    before = json.dumps(stored, default=str)
    EventTypes([PRESENT], STEPS).decode(stored)
    assert json.dumps(stored, default=str) == before


@pytest.mark.parametrize(
    "steps", [STEPS[:1], STEPS[1:], [], [*STEPS, Earlier("noted", 3, marked)]], ids=len
)
def test_missing_or_needless_step_fails_at_start(steps):
    """Found when the process starts, not when somebody reads an old stream."""
    with pytest.raises(ValueError, match="one step"):
        EventTypes([PRESENT], steps)
