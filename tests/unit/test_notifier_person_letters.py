"""The e-mails about an account as they are read; each lies in `tests/fixtures/emails/` too."""

from pathlib import Path
from typing import Any

import pytest

from kernel.personal import FORGOTTEN
from services.notifier import commands
from services.notifier.channels.letters import Letter, Letters
from services.notifier.channels.message import compose, mailbox
from services.notifier.decider import reason_to_withhold
from services.notifier.events import TO_PERSON, ContactPointBounced, Template, WithheldBecause
from services.notifier.queries import Owners, dossier, person_of
from tests.support import NOON, given
from tests.unit.notification import NEVER, NOTIFICATION, OF, OFFICE, intent, owed, report, requested

GOLDEN = Path(__file__).parents[1] / "fixtures" / "emails"

CODE = "042117"
LETTER: dict[str, Any] = {
    "contact": {"name": "Siti Rahma", "email": "siti@example.com"},
    "subject_id": "s1",
    "code": CODE,
    "valid_until": "2026-11-23T05:10:00.000Z",
}
"""What the consultation service answers for a person."""

WITHOUT_CODE = {**LETTER, "code": None, "valid_until": None}


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters()


def write(letters: Letters, template: Template, **changes: Any) -> Letter:
    known = LETTER if template is Template.ONE_TIME_CODE else WITHOUT_CODE
    return letters.write(intent(template, challenge_id="c1"), {**known, **changes}, OFFICE)


@pytest.mark.parametrize("template", TO_PERSON)
@pytest.mark.parametrize("form", ["txt", "html"])
def test_the_email_to_a_person_reads_as_reviewed(letters, template, form):
    """Word for word, headers included."""
    letter = write(letters, template)
    to = mailbox("Siti Rahma", "siti@example.com")
    message = compose(owed(intent(template)), letter, to, OFFICE)
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    shown = f"{headers}\n{letter.text}" if form == "txt" else letter.html
    golden = GOLDEN / f"{template}.{form}"
    if not golden.exists():
        golden.write_text(shown)
        pytest.fail(f"{golden} was missing and has been written: read it, run again")
    assert shown == golden.read_text()


@pytest.mark.parametrize("template", TO_PERSON)
def test_every_email_to_a_person_says_where_to_complain(letters, template):
    """As the published standard of the office promises, in both forms; subjects stay plain."""
    letter = write(letters, template)
    channels = OFFICE.document["standard"]["complaints"]["online"].values()
    for promise in [*channels, OFFICE.document["standard"]["cost"]]:
        assert promise in letter.text
        assert promise in letter.html
    assert letter.subject.isascii()
    assert len(f"Subject: {letter.subject}") <= 78
    html = letter.html.lower()
    assert not any(word in html for word in ("<img", "<link", "<script", "url(", "@import"))


def test_the_code_stands_alone_on_a_line_and_not_in_the_subject(letters):
    """To be copied with one touch, and not to be read on a locked phone."""
    letter = write(letters, Template.ONE_TIME_CODE)
    assert [line for line in letter.text.splitlines() if CODE in line] == [f"    {CODE}"] * 2
    assert CODE not in letter.subject
    assert "12.10 WIB" in letter.text
    assert "12:10 WIB" in letter.text


def test_who_is_not_known_is_greeted_without_a_name(letters):
    """Else anybody could have us write their words to anybody."""
    contact = {"name": "", "email": "siti@example.com"}
    letter = write(letters, Template.ONE_TIME_CODE, contact=contact)
    assert letter.text.startswith("Halo,\n")
    assert "<p" in letter.html
    assert ">Halo,</p>" in letter.html


def test_a_name_is_never_markup(letters):
    """It is shown, not obeyed."""
    contact = {"name": "<b>Siti</b>", "email": "siti@example.com"}
    assert "&lt;b&gt;Siti" in write(letters, Template.ERASURE_DONE, contact=contact).html


def test_a_code_that_is_good_no_more_is_not_sent():
    """Used, too old, or there is a newer one."""
    request = intent(Template.ONE_TIME_CODE, challenge_id="c1")
    assert reason_to_withhold(request, LETTER, NOON) is None
    assert reason_to_withhold(request, WITHOUT_CODE, NOON) is WithheldBecause.OUTDATED
    gone = {**LETTER, "contact": {"name": FORGOTTEN, "email": FORGOTTEN}}
    assert reason_to_withhold(request, gone, NOON) is WithheldBecause.SUBJECT_ERASED
    nobody = {**LETTER, "contact": None}
    assert reason_to_withhold(request, nobody, NOON) is WithheldBecause.NO_ADDRESS


@pytest.mark.parametrize("template", TO_PERSON)
def test_the_consultation_service_is_asked_about_the_person(template):
    """And which challenge it is about, if any."""

    class Service:
        def account_letter(self, asked: dict[str, Any]) -> dict[str, Any]:
            return asked

    caller = {"role": "system", "id": "notifier", "correlation_id": "c-1"}
    found = dossier(intent(template, challenge_id="c1"), OFFICE, Owners(Service(), None), caller)
    assert found == {"caller": caller, "subject_id": "k1", "challenge_id": "c1"}


def test_a_refused_address_is_told_with_whose_it_is():
    """Once, beside the failure; not of an office's own, nor for any other refusal."""
    bounced = commands.Refused("smtp_550", permanent=True, of_recipient=True, subject_id="s1")
    told = ContactPointBounced(**OF, template=requested().event.template, subject_id="s1")
    when = given(NOTIFICATION, requested()).when(report(1, bounced))
    assert when.result[1:] == [told]
    for other in (
        NEVER,
        commands.Refused("smtp_550", permanent=True, of_recipient=True),
        commands.Refused("smtp_550", permanent=True, subject_id="s1"),
        commands.Refused("smtp_450", permanent=False, of_recipient=True, subject_id="s1"),
    ):
        after = given(NOTIFICATION, requested()).when(report(1, other))
        assert not [e for e in after.result if isinstance(e, ContactPointBounced)]


def test_whose_address_it_is():
    """The person's of the account or of the consultation; of an office's, nobody's."""
    assert person_of(LETTER) == "s1"
    assert person_of({"consultation": {"subject_id": "s2"}, "contact": {}}) == "s2"
    assert person_of({"contact": {}, "late": {}}) is None
