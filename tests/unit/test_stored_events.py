"""Every stored version must load for ever, and be published as its golden example says.

`stored/<service>.<event>.v<n>.json` is a commit's event as it lies in the log, its personal
fields sealed by a stand-in; `events/…` is the CloudEvent that follows, for the consumers' tests.
"""

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from unittest.mock import create_autospec

import msgspec
import pytest

from contracts.events import EVENTS, Envelope
from kernel.commit import Commit
from kernel.effects import Publish, Schedule
from kernel.erasure import telling
from kernel.facts import facts_of
from kernel.personal import personal_fields
from kernel.relay import envelope
from kernel.vault import Vault
from tests.support import NOON

FIXTURES = Path(__file__).parents[1] / "fixtures"
SERVICES = ("consultation", "queue", "notifier")
STREAMS = {
    "consultation": "consultation-k1",
    "queue": "day-1471-2026-11-23",
    "notifier": "notification-k1",
}
PUBLISHED = sorted(EVENTS)
STORED = [
    (service, name, version)
    for service in SERVICES
    for name, version in import_module(f"services.{service}.schemas").TYPES.stored()
]


def stored_fact(service, name, version):
    """Read the fixture as the log would."""
    event = json.loads((FIXTURES / f"stored/{service}.{name}.v{version}.json").read_text())
    stream = "subject-k1" if name == "subject_erased" else STREAMS[service]
    commit = Commit(
        stream=stream,
        version=3,
        events=({**event, "occurred_at": NOON},),
        recorded_at=NOON,
        office="1471",
        actor={"kind": "officer", "id": "budi"},
        command_id="command-1",
        fingerprint=None,
        correlation_id="correlation-1",
        causation_id="command-1",
        position=42,
        hash=b"",
    )
    types = import_module(f"services.{service}.schemas").TYPES
    (fact,) = facts_of(commit, types)
    return fact


def published(fact, service):
    """Return the envelopes that a fact leads to."""
    react = import_module(f"services.{service}.reactions").react
    effects = telling(react, create_autospec(Vault))(fact)
    return [envelope(service, e, fact) for e in effects if isinstance(e, Publish)]


@pytest.mark.parametrize(("service", "name", "version"), STORED, ids=str)
def test_stored_version_loads(service, name, version):
    """Whatever was stored once."""
    assert stored_fact(service, name, version).name == name


@pytest.mark.parametrize(("service", "name", "version"), PUBLISHED, ids=str)
def test_published_as_its_golden_example(service, name, version):
    """What subscribers rely on changes only on purpose."""
    golden = json.loads((FIXTURES / f"events/{service}.{name}.v{version}.json").read_text())
    assert published(stored_fact(service, name, version), service) == [golden]
    assert Envelope().validate(golden) == {}
    shape = EVENTS[service, name, version]()
    assert shape.validate(golden["data"]) == {}
    assert set(golden["data"]) == set(shape.fields)


def test_internal_notes_are_published_to_nobody():
    """Not even that there was one."""
    fact = stored_fact("consultation", "message_posted", 1)
    note = type(fact.event)(**{**vars(fact.event), "internal": True})
    assert published(type(fact)(**{**vars(fact), "event": note}), "consultation") == []


def test_no_published_shape_has_a_place_for_personal_text():
    """What is published, parked or kept in a stream tells nothing of a person but their id."""
    seen = set()
    for service in SERVICES:
        for form in import_module(f"services.{service}.schemas").TYPES.all():
            personal = set(personal_fields(form.event_class))
            shapes = [shape for key, shape in EVENTS.items() if key[:2] == (service, form.name)]
            assert all(personal.isdisjoint(shape().fields) for shape in shapes)
            seen |= personal
    assert seen >= {"contact_name", "contact_email", "contact_phone", "topic", "question", "text"}


@pytest.mark.parametrize(("service", "name", "version"), STORED, ids=str)
def test_no_reaction_passes_on_what_is_personal(service, name, version):
    """Neither in what is published, nor in the dates that are kept for a fact."""
    fact = stored_fact(service, name, version)
    planted = dict.fromkeys(personal_fields(type(fact.event)), "rahasia pengguna")
    event = type(fact.event)(**{**vars(fact.event), **planted})
    told = replace(fact, event=event)
    react = import_module(f"services.{service}.reactions").react
    effects = telling(react, create_autospec(Vault))(told)
    kept = [effect.data for effect in effects if isinstance(effect, Schedule)]
    assert "rahasia pengguna" not in repr((published(told, service), kept))


@pytest.mark.parametrize("service", SERVICES)
def test_no_stored_event_has_a_fraction(service):
    """Not a number and infinity have no canonical form: such a commit would break the chain."""
    for kind in import_module(f"services.{service}.schemas").TYPES.all():
        made_of = repr(msgspec.inspect.type_info(kind.event_class))
        assert "FloatType" not in made_of, kind.name
