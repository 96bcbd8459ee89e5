"""Cases handed on in bulk: one wish, whoever repeats it or carries it on."""

from types import SimpleNamespace
from unittest.mock import create_autospec

import pytest
from marshmallow import ValidationError

from contracts.errors import Code, Rejected, Unavailable
from contracts.sharing import ReassignSchema
from kernel.aggregate import Meta
from kernel.clock import new_id
from kernel.deadlines import Deadline
from kernel.effects import Cancel, Schedule
from kernel.handling import CommandHandler
from kernel.vault import Vault
from services.consultation import commands, handover, queries, sharing_service
from services.consultation.entrypoints import CONSULTATION
from services.consultation.events import ConsultationAssigned
from services.consultation.handover import HANDOVER, Case, HandoverBegun, HandoverDone
from services.consultation.schemas import TYPES
from services.consultation.sharing_service import SharingService
from tests.memory_log import MemoryLog
from tests.support import NOON, fact, given
from tests.unit.consultation import OFFICE, RINA, accept, assigned, by, submitted

CASE = Case(consultation_id="k1", number="KS-1471-2026-000001", officer_id="ani")
BEGUN = HandoverBegun(from_officer="budi", cases=(CASE,), remaining=0)
BODY = {"office": "1471", "from_officer": "budi", "to_officers": ["ani", "eka"]}


def meta(command_id):
    return Meta(
        actor_kind="officer",
        actor_id="budi",
        office="1471",
        command_id=command_id,
        correlation_id="",
        causation_id="",
    )


class Service(SharingService):
    """With what it needs in memory; `held` is what the list says that Budi has."""

    core = offices = None

    def __init__(self, monkeypatch, count=3):
        vault = create_autospec(Vault, instance=True)
        vault.seal.side_effect = lambda _subject, plain: plain.decode()
        handler = CommandHandler(MemoryLog(), TYPES, vault)
        clock = SimpleNamespace(now=lambda: NOON)
        self.core = SimpleNamespace(commands=handler, clock=clock, view=lambda _: None)
        self.offices = {"1471": OFFICE}
        self.held = [f"k{n}" for n in range(count)]
        for key in self.held:
            self.of(key, submitted().event)
        monkeypatch.setattr(sharing_service.lists, "caught_up", lambda *_: None)
        monkeypatch.setattr(queries, "open_cases", lambda *_: self.rows())

    def rows(self):
        return [{"consultation_id": key, "number": f"KS-{key}"} for key in self.held]

    def of(self, key, event):
        """Have something happen to a consultation."""
        told = CONSULTATION.__class__(
            "consultation", lambda *_: [event], CONSULTATION.evolve, CONSULTATION.initial
        )
        self.core.commands.handle(told, key, accept(), meta(new_id()))

    def officer(self, key):
        return self.core.commands.state(CONSULTATION, key).state.officer_id

    def ask(self, body=BODY, request_hash="one", key="command-1"):
        caller = {"role": "supervisor", "id": "rina", "offices": ["1471"]}
        ids = {"correlation_id": "c", "command_id": key, "request_hash": request_hash}
        return self.reassign({"caller": {**caller, **ids}, **body})


@pytest.fixture
def service(monkeypatch):
    made = Service(monkeypatch)
    for key in made.held:
        made.of(key, ConsultationAssigned(officer_id="budi"))
    return made


def test_repeat_answers_as_the_first_did_and_hands_on_nothing_else(service):
    """What the officer got meanwhile stays theirs, and who has been closed is still named."""
    first = service.ask()
    assert [item["officer_id"] for item in first["items"]] == ["ani", "eka", "ani"]
    assert not first["replayed"]
    service.held.append("k9")
    service.of("k9", submitted().event)
    service.of("k9", ConsultationAssigned(officer_id="budi"))
    again = service.ask()
    assert again == {**first, "replayed": True}
    assert service.officer("k9") == "budi"


def test_same_key_for_another_wish_is_refused(service):
    """Nothing is handed on."""
    service.ask()
    with pytest.raises(Rejected) as refused:
        service.ask({**BODY, "to_officers": ["gita"]}, "two")
    assert refused.value.code is Code.IDEMPOTENCY_KEY_REUSED
    assert service.officer("k0") == "ani"


def test_case_that_somebody_else_got_meanwhile_is_left(service):
    """The list was a moment old."""
    service.of("k1", ConsultationAssigned(officer_id="cici"))
    assert [item["consultation_id"] for item in service.ask()["items"]] == ["k0", "k2"]
    assert service.officer("k1") == "cici"


def test_what_a_process_left_half_done_is_carried_on(service, monkeypatch):
    """By a date, or by who asks again; nothing is done twice."""
    hand_on, tried = Service._hand_on, []

    def dies(self, key, whose, caller, case):
        tried.append(case)
        if len(tried) > 1:
            raise Unavailable("database")
        return hand_on(self, key, whose, caller, case)

    monkeypatch.setattr(Service, "_hand_on", dies)
    with pytest.raises(Unavailable):
        service.ask()
    assert {service.officer(key) for key in service.held} == {"ani", "budi"}
    monkeypatch.setattr(Service, "_hand_on", hand_on)
    date = Deadline(
        stream="handover-command-1",
        sequence=1,
        name=handover.CARRY_ON,
        due_at=NOON,
        data={},
        office="1471",
        correlation_id="c",
        causation_id="e",
    )
    service.handover_came_due(date)
    assert [service.officer(key) for key in service.held] == ["ani", "eka", "ani"]
    assert len(service.ask()["items"]) == 3


def test_what_was_begun_is_carried_on_by_a_date():
    """Which its end cancels."""
    (date,) = handover.react(fact(BEGUN))
    assert date == Schedule(handover.CARRY_ON, NOON + handover.PATIENCE)
    assert handover.react(fact(HandoverDone(cases=()))) == [Cancel(handover.CARRY_ON)]


def test_it_is_done_once():
    """The end of a rival decides nothing."""
    done = fact(HandoverDone(cases=(CASE,)))
    finish = handover.FinishHandover(now=NOON, cases=())
    given(HANDOVER, fact(BEGUN)).when(finish).then(HandoverDone(cases=()))
    given(HANDOVER, fact(BEGUN), done).when(finish).then()


def test_it_is_taken_from_who_has_it_still():
    """Else it stays where it is."""
    assign = by(commands.Assign, caller=RINA, officer_id="ani", from_officer="budi")
    given(CONSULTATION, submitted(), assigned()).when(assign).then(
        ConsultationAssigned(officer_id="ani")
    )
    given(CONSULTATION, submitted(), assigned("cici")).when(assign).then()
    given(CONSULTATION, submitted()).when(assign).then()


def test_nothing_is_handed_to_who_is_absent():
    """A slip of the pen."""
    with pytest.raises(ValidationError) as refused:
        ReassignSchema().load({"from_officer": "budi", "to_officers": ["ani", "budi"]})
    assert refused.value.messages.keys() == {"to_officers"}
