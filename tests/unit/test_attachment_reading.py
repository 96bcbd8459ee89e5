"""Who sees which attachment: the uploader alone, until a message shows it."""

import pytest

from services.consultation.attachments import reading
from services.consultation.attachments.views import FILES
from tests.unit.attachments import dropped, sent_with, uploaded
from tests.unit.consultation import ANI, BUDI, SITI, submitted

POSTED = sent_with("a1", officer="budi")
NOTED = sent_with("a1", officer="budi", internal=True)


@pytest.mark.parametrize(
    ("story", "seen_by"),
    [
        ([uploaded()], {"siti"}),
        ([uploaded(officer="budi")], {"budi"}),
        ([uploaded(), sent_with("a1")], {"siti", "budi", "ani"}),
        ([uploaded(officer="budi"), POSTED], {"siti", "budi", "ani"}),
        ([uploaded(officer="budi"), NOTED], {"budi", "ani"}),
    ],
)
def test_attachment_is_seen_by_who_sees_its_message(story, seen_by):
    """A note's files are the office's, those of no message their uploader's."""
    known = reading.attachments([submitted(), *story])["a1"]
    assert {who.id for who in (SITI, BUDI, ANI) if known.may_see(who)} == seen_by


@pytest.mark.parametrize("caller", [SITI, ANI])
def test_history_is_silent_about_what_may_not_be_seen(caller):
    """Not even that there is a file, or that it was dropped."""
    facts = [submitted(), uploaded(officer="budi"), dropped()]
    assert reading.visible(facts, caller) == facts[:1]
    assert reading.visible(facts, BUDI) == facts


def test_facts_that_begin_in_the_middle_are_read():
    """As who follows a conversation has them; what cannot be judged is not shown."""
    for later in (dropped(), sent_with("a1")):
        assert reading.attachments([later]) == {}
    assert reading.visible([dropped(), POSTED], SITI) == [POSTED]


def test_messages_tell_what_their_files_are():
    """Names instead of ids, in the order in which they were sent."""
    known = reading.attachments([uploaded("a1"), uploaded("a2"), sent_with("a2", "a1")])
    message = {"attachments": ("a2", "a1")}
    reading.named([message], known)
    assert [each["attachment_id"] for each in message["attachments"]] == ["a2", "a1"]
    assert {each["name"] for each in message["attachments"]} == {"tabel.pdf"}


def test_view_knows_every_file_by_its_place():
    """Also after it was dropped: its bytes may still lie there."""
    facts = [uploaded(size=7), sent_with("a1"), dropped()]
    assert [FILES.key(f) for f in facts] == ["f-a1", None, "f-a1"]
    document = FILES.project(None, facts[0])
    assert document == {"subject_id": "siti", "size": 7, "dropped": False}
    assert FILES.project(document, facts[2])["dropped"]
