"""Several processes of one service: who leads, who stands back, what is fired."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Event, Lock, Thread

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from contracts.errors import Unavailable
from contracts.events import EVENTS
from host import runtime as runtimes
from host.observability import Health
from host.runtime import Runtime, Wiring
from kernel import lease as leases
from kernel.clock import monotonic, new_id
from kernel.codec import EventType, EventTypes
from kernel.deadlines import Deadlines
from kernel.effects import Publish
from kernel.firing import SIDE_BY_SIDE, Firing
from kernel.views import View
from tests.contract.log_contract import draft
from tests.contract.test_following import date
from tests.contract.test_relay import Noted
from tests.support import NOON, eventually

OLD = EventType("noted", 1, Noted)
NEW = EventType("invented_later", 1, Noted)


class Deployment:
    """Processes of one service that know different events."""

    def __init__(self, stack):
        self.settings = replace(stack.settings, db_prefix=f"test_{new_id()[:12]}")
        self._made = []

    def process(self, *types, views=()):
        """Start one, and what says whether it is ready."""
        wiring = Wiring("desk", EventTypes(types), lambda _fact: [], views)
        runtime = Runtime(wiring, self.settings)
        health = Health()
        health.started()
        health.add_all(runtime.checks())
        self._made.append(runtime)
        return runtime, health

    def stop(self):
        """End them, and drop what they have left."""
        for runtime in self._made:
            runtime.stop()
        client = self._made[0].db.client
        client.drop_database(f"{self.settings.db_prefix}_desk")


@pytest.fixture
def deployment(stack, monkeypatch):
    """No process yet; who stands back does so for a moment only."""
    monkeypatch.setattr(runtimes, "STAND_BACK_S", 0.6)
    monkeypatch.setattr(runtimes, "DATES_S", 0.4)
    monkeypatch.setattr(leases, "RENEW_S", 0.1)
    found = Deployment(stack)
    yield found
    found.stop()


def reached(runtime):
    """Return the relay's position."""
    return runtime.deadlines.checkpoint().read()


def newer_event(runtime, versions=range(1, 6)):
    """Append five commits; the fourth is of a type that only newer processes know."""
    runtime.log.prepare()
    for version in versions:
        commit = draft("a-1", version)
        commit.events[0]["type"] = "invented_later" if version == 4 else "noted"
        runtime.log.append(commit)


def test_newer_event_hands_the_lead_to_a_newer_process(deployment):
    """The old one does what it can, says why it stops, and lets the other go on."""
    old, health = deployment.process(OLD)
    newer_event(old)
    with capture_logs() as said:
        for _ in range(20):
            assert old.relay_step() == 0
    assert reached(old) == 3
    (line,) = [entry for entry in said if entry["event"] == "newer_event_stops_the_relay"]
    assert "invented_later" in line["newer"]
    ready, words = health.report()
    assert not ready
    assert "invented_later v1" in words["checks"]["following"]

    new, _ = deployment.process(OLD, NEW)
    assert new.relay_step() == 2
    assert reached(new) == 5
    assert health.report()[1]["checks"]["following"] == "ok"
    for _ in range(20):
        assert old.relay_step() == 0


def test_lone_old_process_tries_again_and_fires_its_dates(deployment):
    """Nobody newer is there: once a period it says so, and dates of other streams are fired."""
    old, _ = deployment.process(OLD)
    newer_event(old)
    old.deadlines.apply([date("close", -9000)])
    fired, since = [], monotonic()
    with capture_logs() as said:

        def look():
            old.relay_step()
            old.deadlines_step(lambda deadline: fired.append(deadline.name))
            return fired and monotonic() - since > 2

        eventually(look, within=10, every=0.02)
    periods = [entry for entry in said if entry["event"] == "newer_event_stops_the_relay"]
    assert fired == ["close"]
    assert 2 <= len(periods) <= 4


def publishing(runtime, publish):
    """Have each fact published, by `publish` instead of the broker."""
    runtime._relay._react = lambda fact: [Publish("sla_met", {"answered_at": NOON, "due_at": NOON})]
    runtime._relay._publisher.publish_all = publish


def test_leader_without_a_broker_lets_another_try(deployment, monkeypatch):
    """Whose broker is away does not keep the lead for ever, though its dates are fired."""
    monkeypatch.setitem(EVENTS, ("desk", "sla_met", 1), EVENTS["consultation", "sla_met", 1])
    (cut_off, _), (other, _), told = deployment.process(OLD), deployment.process(OLD), []
    cut_off.log.prepare()
    cut_off.log.append(draft("a-1"))

    def away(_messages):
        raise Unavailable("the broker did not confirm")

    publishing(cut_off, away)
    publishing(other, told.extend)
    assert cut_off._lead(lambda _fence: 1), "it leads"

    def look():
        with suppress(Unavailable):
            cut_off.relay_step()
        cut_off.deadlines_step(lambda _deadline: None)
        other.relay_step()
        return told

    eventually(look, within=10, every=0.02)
    assert reached(other) == 1


def test_process_that_keeps_up_is_ready_though_something_always_waits(deployment, monkeypatch):
    """Standing still is what counts, not that a look finds a commit under way."""
    monkeypatch.setattr(runtimes, "STUCK_S", 0.3)
    runtime, health = deployment.process(OLD)
    runtime.log.prepare()
    assert runtime.relay_step() == 0
    since, version = monotonic(), 0
    while monotonic() - since < 1:
        version += 1
        runtime.log.append(draft("a-1", version))
        assert health.report()[1]["checks"]["following"] == "ok"
        runtime.relay_step()


def test_relay_that_stands_still_is_told_though_commits_keep_coming(deployment, monkeypatch):
    """A growing log is no sign of movement."""
    monkeypatch.setattr(runtimes, "STUCK_S", 0.3)
    runtime, health = deployment.process(OLD)
    runtime.log.prepare()
    versions = count(1)

    def look():
        runtime.log.append(draft("a-1", next(versions)))
        return "for the relay" in health.report()[1]["checks"]["following"]

    eventually(look, within=5)


def test_view_that_waits_for_a_newer_release_does_not_make_unready(deployment, monkeypatch):
    """The newer process leads the relay and follows a view of its own."""
    monkeypatch.setattr(runtimes, "STUCK_S", 0.1)
    view = View("notes", lambda fact: fact.stream, lambda _document, fact: {"n": fact.sequence})
    old, health = deployment.process(OLD, views=(view,))
    new, _ = deployment.process(OLD, NEW)
    newer_event(old, range(1, 4))
    ((old_view, _),) = old.view_steps()
    eventually(lambda: old_view() == 3)
    assert old.view(view).get("a-1")["n"] == 3
    newer_event(old, range(4, 6))
    with capture_logs() as said:
        assert old_view() == 0
        since = monotonic()
        eventually(lambda: not new.relay_step() and reached(new) == 5 and monotonic() > since + 1)
        old_view()
    assert health.report()[1]["checks"]["following"] == "ok"
    assert [e["event"] for e in said].count("newer_event_stops_the_view") == 1
    assert old.view(view).get("a-1")["n"] == 3


def test_standby_asks_for_the_lead_once_a_second(db):
    """Also in vain it does not ask on each step."""
    first, second = leases.Lease(db, "leader"), leases.Lease(db, "leader")
    assert first.held()
    assert not second.held()
    first.release()
    assert not second.held()
    assert eventually(second.held, within=3)


@pytest.fixture
def deadlines(db):
    """No dates yet."""
    found = Deadlines(db)
    found.prepare()
    return found


def due(stream, name, minute=0):
    """Make a date that has passed."""
    return replace(date(name, 0), stream=stream, due_at=NOON + timedelta(minutes=minute))


def firing(deadlines, leads=lambda: True):
    """Have dates fired by somebody who leads."""
    return Firing(deadlines, lambda: NOON + timedelta(days=1), leads)


def all_fired(deadlines):
    """Tell whether none is left that is due."""
    return not list(deadlines.due(NOON + timedelta(days=1)))


def test_lateness_is_that_of_the_oldest_date(deadlines):
    """Also while it is being fired, however long; none when nothing is due."""
    late = replace(due("a-2", "d"), due_at=NOON + timedelta(hours=23))
    deadlines.apply([due("a-1", "d"), late])
    goes_on = Event()
    subject = firing(deadlines)
    assert subject.step(lambda _date: goes_on.wait(5)) == 2
    assert subject.late_s() == 24 * 3600.0
    goes_on.set()
    eventually(lambda: not subject.step(lambda _date: None), every=0)
    subject.stop()
    assert subject.late_s() == 0.0


@pytest.mark.parametrize(
    ("trouble", "reason"), [(Unavailable("mail"), "unavailable"), (ValueError("odd"), "failed")]
)
def test_date_that_is_put_off_is_counted(deadlines, trouble, reason):
    """It is late only while it is looked at; that it does not fire is seen all the same."""
    deadlines.apply([due("a-1", "d")])
    before = put_off(reason)
    subject = firing(deadlines)

    def fire(_date):
        raise trouble

    eventually(lambda: not subject.step(fire), every=0)
    subject.stop()
    assert put_off(reason) == before + 1


def put_off(reason):
    """Return how often dates were put off for it."""
    return REGISTRY.get_sample_value("pst_deadlines_put_off_total", {"reason": reason}) or 0.0


@pytest.mark.parametrize("fails", [False, True])
def test_date_set_anew_to_the_same_moment_is_another(deadlines, fails):
    """By a later fact, while the earlier one was being fired: neither dropped nor put off."""
    first = due("a-1", "d")
    deadlines.apply([first])
    anew = replace(first, sequence=first.sequence + 1)

    fired = []

    def fire(deadline):
        fired.append(deadline)
        if deadline == first:
            deadlines.apply([anew])
            if fails:
                raise Unavailable("for now")

    subject = firing(deadlines)
    with capture_logs():
        eventually(lambda: not subject.step(fire), every=0)
    subject.stop()
    assert fired == [first, anew]
    assert all_fired(deadlines)
    assert first.command_id != anew.command_id  # or its effect would pass for the first one's


def test_streams_fire_side_by_side_and_each_in_order(deadlines):
    """No more at once than the pool has room for; of one stream, one at a time."""
    deadlines.apply([due(f"a-{s}", f"d{n}", n) for s in range(20) for n in range(3)])
    seen, at_once, busy, lock = [], [0], Counter(), Lock()

    def fire(deadline):
        with lock:
            busy[deadline.stream] += 1
            at_once.append(busy.total())
            assert busy[deadline.stream] == 1
            seen.append((deadline.stream, deadline.name))
        Event().wait(0.02)
        with lock:
            busy[deadline.stream] -= 1

    subject = firing(deadlines)
    eventually(lambda: not subject.step(fire), every=0)
    assert all_fired(deadlines)
    for s in range(20):
        assert [n for stream, n in seen if stream == f"a-{s}"] == ["d0", "d1", "d2"]
    assert 1 < max(at_once) <= SIDE_BY_SIDE
    subject.stop()


def test_burst_is_begun_in_one_look(deadlines, monkeypatch):
    """Each look has the embedded server go through all that is due, while others wait."""
    deadlines.apply([due(f"a-{n}", "close") for n in range(1_000)])
    looks, fired, look = [], [], deadlines.due
    monkeypatch.setattr(deadlines, "due", lambda now: looks.append(len(fired)) or look(now))
    subject = firing(deadlines)
    eventually(lambda: not subject.step(fired.append), every=0)
    subject.stop()
    assert len(fired) == 1_000
    again = [so_far for so_far in looks[1:] if so_far < 1_000 - 2 * SIDE_BY_SIDE]
    assert not again, "looked again while many were still to be fired"


def test_silent_effects_hold_up_nobody_else(deadlines):
    """All places but one wait for a server that says nothing; what comes due meanwhile fires."""
    deadlines.apply([due(f"silent-{n}", "mail") for n in range(SIDE_BY_SIDE - 1)])
    answer, fired = Event(), []

    def fire(deadline):
        if deadline.stream.startswith("silent"):
            answer.wait(20)
        fired.append(deadline.stream)

    subject = firing(deadlines)
    subject.step(fire)
    deadlines.apply([due(f"quick-{n}", "close") for n in range(30)])
    since = monotonic()
    eventually(lambda: subject.step(fire) and len(fired) == 30, every=0)
    assert monotonic() - since < 5
    assert not any(stream.startswith("silent") for stream in fired)
    answer.set()
    eventually(lambda: subject.step(fire) == 0, every=0)
    assert Counter(fired).most_common(1)[0][1] == 1, "fired again while it was being fired"
    assert all_fired(deadlines)
    subject.stop()


def test_what_fails_is_put_off_and_the_others_fire(deadlines):
    """An outage or a fault of ours: later again, the rest now."""
    deadlines.apply([due("a-1", "away"), due("a-2", "broken"), due("a-3", "fine")])
    fired = []

    def fire(deadline):
        fired.append(deadline.name)
        match deadline.name:
            case "away":
                raise Unavailable("the mail server is away")
            case "broken":
                raise ValueError("cannot")

    subject = firing(deadlines)
    eventually(lambda: not subject.step(fire), every=0)
    assert sorted(fired) == ["away", "broken", "fine"]
    put_off = list(deadlines.due(NOON + timedelta(days=2)))
    assert sorted(d.name for d in put_off) == ["away", "broken"]
    subject.stop()


def test_what_fails_again_and_again_is_tried_ever_more_rarely(db, deadlines):
    """A fault of ours stays until somebody mends it; an outage is over any moment."""
    deadlines.apply([due("a-1", "away"), due("a-2", "broken")])
    waits = {"away": [], "broken": []}
    for _ in range(10):
        for each in deadlines.due(NOON + timedelta(days=2)):
            (deadlines.later if each.name == "away" else deadlines.failed)(each, NOON)
        for found in db["deadlines"].find({"name": {"$exists": True}}):
            waits[found["name"]].append((found["look_at"] - NOON).total_seconds())
    assert waits["away"] == [5] * 10
    assert waits["broken"] == [5, 10, 20, 40, 80, 160, 320, 640, 640, 640]
    deadlines.apply([replace(due("a-2", "broken"), sequence=2)])  # a new date of that name
    assert {d.name: d.failures for d in deadlines.due(NOON + timedelta(days=2))}["broken"] == 0


def test_change_of_leader_in_the_midst_of_firing_loses_no_date(deadlines):
    """The old one stops; what it had begun may fire twice, under the same command id."""
    dates = [due(f"a-{n}", "close") for n in range(60)]
    deadlines.apply(dates)
    leader, fired = ["old"], []

    def fire(deadline):
        if len(fired) == 20:
            leader[0] = "new"
        fired.append(deadline.command_id)
        Event().wait(0.01)

    old, new = (firing(deadlines, lambda name=name: leader[0] == name) for name in ("old", "new"))
    runs = [Thread(target=lambda each=each: repeat(each, fire, deadlines)) for each in (old, new)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert set(fired) == {d.command_id for d in dates}
    assert len(fired) <= len(dates) + SIDE_BY_SIDE
    assert all_fired(deadlines)
    old.stop()
    new.stop()


def repeat(subject, fire, deadlines):
    """Fire for as long as the service runs: here, until nothing is due."""
    give_up = monotonic() + 20
    while monotonic() < give_up and not all_fired(deadlines):
        if subject._leads():
            subject.step(fire)
        else:
            Event().wait(0.01)


def test_stopping_waits_for_what_is_being_fired_and_leaves_the_rest(deadlines):
    """Another process fires that."""
    deadlines.apply([due(f"a-{n}", "close") for n in range(40)])
    fired = []

    def fire(deadline):
        Event().wait(0.1)
        fired.append(deadline.stream)

    subject = firing(deadlines)
    subject.step(fire)
    subject.stop()
    left = [d.stream for d in deadlines.due(NOON + timedelta(days=1))]
    assert len(fired) + len(left) == 40
    assert left
    assert not set(fired) & set(left)
