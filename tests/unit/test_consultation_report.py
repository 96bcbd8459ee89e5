"""The report, from the rows of the list, which are made of facts."""

from datetime import timedelta

from contracts.consultation import CLOSE_REASONS
from contracts.consultation_report import ConsultationReportSchema
from services.consultation import commands, report
from services.consultation.events import CloseReason
from services.consultation.views import LIST
from tests.unit.consultation import BUDI, OFFICE, SITI
from tests.unit.consultation_world import World

HOUR = timedelta(hours=1)


def row_of(world):
    """Fold the facts as the view does."""
    row = None
    for fact in world.facts:
        row = LIST.project(row, fact)
    return row


def say(world, who, text="…"):
    assert world.ask(commands.PostMessage, who, message_id="m", text=text)


def answered_after(hours, *, asked=0):
    """A consultation that was answered so late, the user having been asked for so long."""
    world = World()
    assert world.ask(commands.Accept, BUDI)
    if asked:
        assert world.ask(
            commands.AskClarification, BUDI, message_id="m", text="?", missing=("topic",)
        )
        world.wait(world.now + asked * HOUR)
        say(world, SITI)
    world.wait(world.now + hours * HOUR)
    say(world, BUDI)
    return world


def test_nothing_is_nothing():
    """No answers are no result, not zero."""
    found = report.of(OFFICE, [])
    assert (found["submitted"], found["limit"]["share_within"]) == (0, None)
    assert (found["first_answer"], found["paused_share"]) == (None, None)


def test_limits_waits_and_pauses():
    """Two in time, one late; a pause is counted apart from the wait."""
    worlds = [answered_after(1), answered_after(3, asked=21), answered_after(200)]
    found = report.of(OFFICE, [row_of(world) for world in worlds])
    limit = found["limit"]
    assert (limit["judged"], limit["met"], limit["breached"]) == (3, 2, 1)
    assert limit["share_within"] == 0.6667
    assert found["first_answer"] == {
        "n": 3,
        "p50_s": 3 * 3600,
        "p90_s": 200 * 3600,
        "max_s": 200 * 3600,
    }
    assert found["clarification"]["max_s"] == 21 * 3600
    assert found["paused_share"] == round(21 / (1 + 24 + 200), 4)


def test_silences_that_closed_and_those_that_were_undone():
    """A close that was reversed is no closure by silence."""
    silent, undone, resolved = answered_after(1), answered_after(1), answered_after(1)
    for world in (silent, undone):
        world.wait(world.state.silence.closes_at)
        assert world.state.close_reason is CloseReason.USER_SILENT
    sent = undone.now - HOUR
    assert undone.ask(commands.PostMessage, SITI, message_id="m", text="…", sent_at=sent)
    assert resolved.ask(commands.Close, BUDI, reason=CloseReason.RESOLVED)
    assert resolved.ask(commands.Reopen, SITI, reason="…")
    found = report.of(OFFICE, [row_of(world) for world in (silent, undone, resolved)])
    assert found["silence_closures"] == 1
    assert (found["reversed_closes"], found["reopened"]) == (1, 1)
    assert found["closed"] == dict.fromkeys(CLOSE_REASONS, 0) | {"user_silent": 1}
    assert found["open"] == 2


def test_groups_add_up():
    """By type and by month; the shape is the published one."""
    rows = [row_of(answered_after(1)), {**row_of(answered_after(2)), "type": "metadata"}]
    found = report.of(OFFICE, rows)
    assert [(g["type"], g["submitted"]) for g in found["by_type"]] == [("data", 1), ("metadata", 1)]
    assert [(g["month"], g["submitted"]) for g in found["by_month"]] == [("2026-11", 2)]
    words = {"office": "1471", "from_": "2026-11-01", "to": "2026-11-30"}
    known = set(ConsultationReportSchema().fields) - set(words)
    assert set(found) == known


def test_limit_that_stands_still_is_not_overdue():
    """However long the user takes; it is again once they have replied."""
    world = World()
    assert world.ask(commands.Accept, BUDI)
    due = row_of(world)["waits_until"]
    assert due is not None
    assert world.ask(commands.AskClarification, BUDI, message_id="m", text="?", missing=("topic",))
    assert row_of(world)["waits_until"] is None
    world.wait(world.now + 30 * HOUR)
    say(world, SITI)
    assert row_of(world)["waits_until"] > due
