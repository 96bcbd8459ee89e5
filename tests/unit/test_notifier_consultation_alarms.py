"""The e-mails to an office about its consultations, as they are read."""

from pathlib import Path
from typing import Any

import pytest

from services.notifier.channels.letters import Letter, Letters
from services.notifier.channels.message import compose, mailbox
from services.notifier.events import Template
from tests.support import NOON
from tests.unit.notification import DUE, OFFICE, dossier, intent, owed

GOLDEN = Path(__file__).parents[1] / "fixtures" / "emails"

ALARMS: dict[Template, dict[str, Any]] = {
    Template.SLA_APPROACHING: {"due_at": DUE},
    Template.SLA_BREACHED: {"due_at": DUE},
    Template.SILENCE_LAPSED: {"silent_since": NOON},
    Template.MEETING_LINK_FAILED: {"meeting_id": "meet-1", "sequence": 0},
}


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters()


def write(letters: Letters, template: Template, **changes: Any) -> Letter:
    request = intent(template, address_no=0, **ALARMS[template])
    return letters.write(request, dossier(**changes), OFFICE)


@pytest.mark.parametrize("template", ALARMS)
@pytest.mark.parametrize("form", ["txt", "html"])
def test_the_alarm_reads_as_reviewed(letters, template, form):
    """Word for word, headers included."""
    letter = write(letters, template)
    request = intent(template, address_no=0, **ALARMS[template])
    message = compose(owed(request), letter, mailbox(OFFICE.name, "bps1471@bps.go.id"), OFFICE)
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    shown = f"{headers}\n{letter.text}" if form == "txt" else letter.html
    golden = GOLDEN / f"{template}.{form}"
    if not golden.exists():
        golden.write_text(shown)
        pytest.fail(f"{golden} was missing and has been written: read it, run again")
    assert shown == golden.read_text()


@pytest.mark.parametrize("template", ALARMS)
def test_the_subject_of_an_alarm_fits_a_locked_phone(letters, template):
    """The number first, within some forty characters, in ASCII."""
    subject = write(letters, template).subject
    assert subject.startswith("[KS-1471-2026-000001] ")
    assert subject.isascii()
    assert len(subject) <= 45, subject


@pytest.mark.parametrize("template", ALARMS)
def test_no_word_of_the_person_goes_to_the_office(letters, template):
    """A mailbox of the office may be read by many: a number, an officer, a date."""
    letter = write(letters, template, contact={"name": "Siti Rahma", "email": "siti@example.com"})
    for form in (letter.subject, letter.text, letter.html):
        for word in ("Siti", "siti@", "nflasi", "bulanan", "Tabelnya", "perpustakaan", "example"):
            assert word not in form, word


@pytest.mark.parametrize("template", ALARMS)
def test_alarm_without_an_officer_says_so(letters, template):
    """Somebody is to take it."""
    letter = write(letters, template, officer_id=None)
    assert "Petugas: belum ada" in letter.text
    assert "Officer: nobody yet" in letter.text
    assert "None" not in letter.html
    assert "Petugas: budi" in write(letters, template).text
