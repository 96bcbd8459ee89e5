"""Which files a consultation takes, and which messages may use them."""

from datetime import timedelta

import pytest

from contracts.errors import Code
from kernel.effects import Cancel, Schedule
from services.consultation.events import (
    CloseReason,
    ConsultationAnswered,
    MessagePosted,
    Party,
)
from services.consultation.reactions import react
from tests.support import NOON, fact, given
from tests.unit.attachments import (
    MB,
    attach,
    drop,
    dropped,
    dropped_event,
    sent_with,
    uploaded,
    uploaded_event,
)
from tests.unit.consultation import (
    ANI,
    BUDI,
    CONSULTATION,
    DAY,
    ELSEWHERE,
    SITI,
    STRANGER,
    accepted,
    closed,
    post,
    submitted,
)


def test_stored_file_becomes_an_attachment():
    """Its uploader and the person whose key seals it are recorded."""
    given(CONSULTATION, submitted()).when(attach()).then(uploaded_event())
    given(CONSULTATION, submitted()).when(attach(BUDI)).then(uploaded_event(officer="budi"))


@pytest.mark.parametrize(
    ("caller", "code"), [(STRANGER, Code.NOT_FOUND), (ELSEWHERE, Code.WRONG_OFFICE)]
)
def test_nobody_attaches_to_anothers_consultation(caller, code):
    """A stranger does not even learn that it exists."""
    given(CONSULTATION, submitted()).when(attach(caller)).then_refused(code)


def test_files_of_a_consultation_are_limited_together():
    """200 MB by the office's policy: the last byte fits, one more does not."""
    full = [uploaded(f"a{i}", size=10 * MB) for i in range(19)]
    room = given(CONSULTATION, submitted(), *full, sent_with(*(f"a{i}" for i in range(5))))
    room.when(attach(size=10 * MB)).then(uploaded_event(size=10 * MB))
    room.when(attach(size=10 * MB + 1)).then_refused(Code.ATTACHMENTS_FULL)


def test_consultation_closed_for_good_takes_no_files():
    """As it takes no message; what was sent in time, an officer enters with its files."""
    late = NOON + 15 * DAY
    silent = closed(CloseReason.USER_SILENT, by=Party.SYSTEM)
    for story, command in (
        ((submitted(), closed()), attach(at=late)),
        ((submitted(), closed(CloseReason.SPAM)), attach()),
        ((submitted(), silent), attach(at=late)),
    ):
        given(CONSULTATION, *story).when(command).then_refused(Code.CLOSED_FOR_GOOD)
    given(CONSULTATION, submitted(), closed()).when(attach()).then(uploaded_event())
    for story in ((submitted(), closed()), (submitted(), silent)):
        by_letter = given(CONSULTATION, *story).when(attach(BUDI, at=late))
        by_letter.then(uploaded_event(officer="budi"))


def test_dropped_files_make_room():
    """What is given up counts no more."""
    full = [uploaded(f"a{i}", size=10 * MB) for i in range(15)]
    rest = [uploaded(f"b{i}", size=10 * MB) for i in range(5)]
    used = sent_with(*(f"a{i}" for i in range(15)))
    begun = given(CONSULTATION, submitted(), *full, used, *rest, dropped("b0"))
    begun.when(attach(size=10 * MB)).then(uploaded_event(size=10 * MB))


def test_uploads_that_wait_for_a_message_are_limited():
    """Twenty; a message makes room."""
    waiting = [uploaded(f"a{i}") for i in range(20)]
    given(CONSULTATION, submitted(), *waiting).when(attach()).then_refused(Code.ATTACHMENTS_FULL)
    used = sent_with("a0")
    given(CONSULTATION, submitted(), *waiting, used).when(attach()).then(uploaded_event())


def test_message_uses_what_its_sender_uploaded():
    """It carries the ids."""
    begun = given(CONSULTATION, submitted(), uploaded("a1"), uploaded("a2"))
    message, *_ = begun.when(post(SITI, attachments=("a2", "a1"))).result
    assert message.attachments == ("a2", "a1")


@pytest.mark.parametrize(
    ("story", "caller"),
    [
        ([], SITI),  # never uploaded
        ([uploaded(), sent_with("a1")], SITI),  # used before
        ([uploaded(), sent_with("a1", internal=True)], SITI),  # in a note, too
        ([uploaded(), dropped()], SITI),  # a day has passed
        ([uploaded(officer="budi")], SITI),  # the office's own
        ([uploaded(officer="budi")], ANI),  # another officer's
        ([uploaded()], BUDI),  # the person's
    ],
)
def test_message_uses_nothing_else(story, caller):
    """Each id that cannot be used is named."""
    begun = given(CONSULTATION, submitted(), accepted(), *story)
    begun.when(post(caller, attachments=("a1",))).then_refused(Code.ATTACHMENT_UNUSABLE)
    assert begun.refusal.errors == {"attachments": ["a1"]}


def test_message_with_one_unusable_file_is_not_sent():
    """Nor is the good one used up."""
    begun = given(CONSULTATION, submitted(), uploaded("a1"))
    begun.when(post(SITI, attachments=("a1", "a9"))).then_refused(Code.ATTACHMENT_UNUSABLE)
    assert begun.refusal.errors == {"attachments": ["a9"]}


def test_officers_file_answers():
    """An answer is one with a file as without."""
    begun = given(CONSULTATION, submitted(), accepted(), uploaded(officer="budi"))
    kinds = [type(e) for e in begun.when(post(BUDI, attachments=("a1",))).result]
    assert kinds[:2] == [MessagePosted, ConsultationAnswered]


def test_file_may_be_attached_to_a_closed_consultation():
    """A message that reopens it may need one; the message is judged."""
    given(CONSULTATION, submitted(), closed()).when(attach()).then(uploaded_event())


def test_unused_file_is_dropped():
    """When its day is over."""
    given(CONSULTATION, submitted(), uploaded()).when(drop()).then(dropped_event())


@pytest.mark.parametrize("after", [sent_with("a1"), dropped("a1"), sent_with("a1", internal=True)])
def test_late_or_second_drop_is_pointless(after):
    """A file that a message has used stays, whenever the clock calls."""
    given(CONSULTATION, submitted(), uploaded(), after).when(drop()).then()


def test_upload_sets_its_day():
    """24 hours, by the clock of the system."""
    (effect,) = react(uploaded())
    at = NOON + timedelta(hours=24)
    assert effect == Schedule("unused_attachment_a1", at, {"attachment_id": "a1"})


def test_message_ends_the_day_of_its_files():
    """Of a note's, too, which is published to nobody."""
    for message in (sent_with("a1", "a2"), sent_with("a1", "a2", officer="budi", internal=True)):
        effects = react(message)
        assert Cancel("unused_attachment_a1") in effects
        assert Cancel("unused_attachment_a2") in effects


def test_facts_of_files_are_no_facts_of_the_conversation():
    """They change neither its state nor whose turn it is."""
    before = given(CONSULTATION, submitted(), accepted())
    assert fact(uploaded_event()).event == uploaded().event
    state = CONSULTATION.initial()
    for known in before.facts:
        state = CONSULTATION.evolve(state, known)
    after = CONSULTATION.evolve(CONSULTATION.evolve(state, uploaded()), dropped())
    assert after == state
