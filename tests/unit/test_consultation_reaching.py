"""What is written arrives, or does not: what the notifier tells, and what comes of it."""

import pytest

from services.consultation import commands, reaching, resource
from services.consultation.commands import ReportBounce, ReportReached
from services.consultation.events import (
    ClarificationEnded,
    ContactBounced,
    ContactReached,
    Party,
    SilenceStarted,
)
from services.consultation.state import Sla, Status
from tests.unit.consultation import BUDI, DAY, SITI
from tests.unit.test_consultation_stories import answered, clarifying

BOUNCE = {"what": ReportBounce, "channel": "email"}
REACHED = {"what": ReportReached, "channel": "email"}


def heard(event, template="consultation_answered", **more):
    return reaching.reported({"event": event, "data": {"template": template, **more}})


def kinds(facts):
    return [type(known.event) for known in facts]


@pytest.mark.parametrize(
    ("event", "more", "report"),
    [
        ("notification_sent", {}, ReportReached),
        ("notification_failed", {"error_code": "550"}, ReportBounce),
        ("notification_suppressed", {"reason": "no_address"}, ReportBounce),
        ("notification_suppressed", {"reason": "outdated"}, None),
        ("notification_suppressed", {"reason": "subject_erased"}, None),
    ],
)
def test_letter_that_awaits_an_answer_tells_whether_it_arrived(event, more, report):
    """One that is withheld on purpose tells nothing."""
    assert heard(event, **more) is report
    assert heard(event, "silence_reminder_due", **more) is report
    assert heard(event, "meeting_missed", **more) is report


@pytest.mark.parametrize("template", ["sla_breached", "erasure_done", "consultation_submitted"])
def test_other_letters_tell_nothing(template):
    """They go to the office, or await no answer."""
    for event in ("notification_sent", "notification_failed"):
        assert heard(event, template) is None


def test_bounce_is_one_whatever_the_letter():
    """It is the address that is refused."""
    envelope = {"event": "contact_point_bounced", "data": {"subject_id": "siti"}}
    assert reaching.reported(envelope) is ReportBounce


def test_clarification_that_bounces_is_waited_for_no_more():
    """They were never asked: the limit runs on, and an officer has to find a way."""
    world = clarifying()
    assert world.told(**BOUNCE)
    assert kinds(world.facts[-2:]) == [ContactBounced, ClarificationEnded]
    assert world.facts[-1].event.by is Party.SYSTEM
    state = world.state
    assert (state.status, state.turn) == (Status.IN_PROGRESS, Party.OFFICER)
    assert (state.sla, world.dates.keys()) == (Sla.RUNNING, {"limit", "limit_warning"})
    world.wait(world.now + 9 * DAY)
    assert world.state.sla is Sla.BREACHED


def test_clarification_asked_of_who_is_not_reached_ends_by_the_next_bounce():
    """Each letter tells anew."""
    world = clarifying()
    world.told(**BOUNCE)
    world.ask(commands.AskClarification, BUDI, message_id="m-2", text="?", missing=("topic",))
    assert world.told(**BOUNCE)
    assert kinds(world.facts[-1:]) == [ClarificationEnded]
    assert world.state.sla is Sla.RUNNING


def test_word_that_arrives_after_a_bounce_starts_the_silence():
    """The address was corrected, the officer wrote again; the silence counts from there."""
    world = answered()
    world.told(**BOUNCE)
    world.wait(world.now + 3 * DAY)
    world.ask(commands.PostMessage, BUDI, message_id="m-2", text="…")
    assert world.state.silence is None
    assert world.told(**REACHED)
    assert kinds(world.facts[-2:]) == [ContactReached, SilenceStarted]
    assert world.state.silence.since == world.now
    assert not resource.of(world.facts)["contact_bounced"]
    count = len(world.facts)
    assert world.told(**REACHED)
    assert len(world.facts) == count


def test_letter_that_arrives_starts_no_silence_when_the_office_owes_a_word():
    """The user wrote meanwhile, so they are reached already; nothing is told."""
    world = answered()
    world.told(**BOUNCE)
    world.ask(commands.PostMessage, SITI, message_id="m-2", text="…")
    count = len(world.facts)
    world.told(**REACHED)
    assert len(world.facts) == count
