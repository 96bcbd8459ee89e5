"""The e-mails to an office as they are read; each lies in `tests/fixtures/emails/` too."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.queue import PRIORITY_REASONS
from services.notifier.channels.letters import Letter, Letters
from services.notifier.channels.message import compose, mailbox
from services.notifier.channels.office_words import REASONS
from services.notifier.channels.wording import clock, day, share, short_day, span
from services.notifier.events import Template
from services.notifier.state import Owed
from services.queue.events import Lane
from tests.support import NOON
from tests.unit.office_letters import (
    JAYAPURA,
    alarm,
    day_of,
    full_day,
    judged,
    late_morning,
    request_of,
    summary,
)
from tests.unit.service_day import ANI, MONDAY, Day

GOLDEN = Path(__file__).parents[1] / "fixtures" / "emails"

EMAILS: dict[str, tuple[Callable[[], Day], Callable[..., dict[str, Any]]]] = {
    Template.START_LIMIT_BREACHED: (late_morning, alarm),
    Template.DAY_SUMMARY: (full_day, summary),
}


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters()


def write(letters: Letters, template: Template, day: Day, dossier: dict[str, Any]) -> Letter:
    return letters.write(request_of(template, day), dossier, JAYAPURA)


def told(letters: Letters, day: Day) -> Letter:
    """Return the alarm about a day."""
    return write(letters, Template.START_LIMIT_BREACHED, day, alarm(day))


def reported(letters: Letters, day: Day) -> Letter:
    """Return the summary of a day."""
    return write(letters, Template.DAY_SUMMARY, day, summary(day))


@pytest.mark.parametrize("template", EMAILS)
@pytest.mark.parametrize("form", ["txt", "html"])
def test_the_email_to_the_office_reads_as_reviewed(letters, template, form):
    """Word for word, headers included."""
    play, answer = EMAILS[template]
    played = play()
    request = request_of(template, played)
    letter = letters.write(request, answer(played), JAYAPURA)
    to = mailbox(JAYAPURA.name, "bps9471@bps.go.id")
    message = compose(Owed(request=request, since=NOON), letter, to, JAYAPURA)
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    shown = f"{headers}\n{letter.text}" if form == "txt" else letter.html
    golden = GOLDEN / f"{template}.{form}"
    if not golden.exists():
        golden.write_text(shown)
        pytest.fail(f"{golden} was missing and has been written: read it, run again")
    assert shown == golden.read_text()


@pytest.mark.parametrize("template", EMAILS)
def test_the_subject_fits_a_locked_phone(letters, template):
    """What matters within some forty characters, in ASCII."""
    play, answer = EMAILS[template]
    played = play()
    subject = write(letters, template, played, answer(played)).subject
    assert subject.isascii()
    assert len(subject) <= 45, subject


@pytest.mark.parametrize("template", EMAILS)
def test_nothing_of_pekanbaru_is_told_in_jayapura(letters, template):
    """Neither its clock nor its name."""
    play, answer = EMAILS[template]
    played = play()
    letter = write(letters, template, played, answer(played))
    for form in (letter.subject, letter.text, letter.html):
        assert "WIB" not in form
        assert "Pekanbaru" not in form
        assert "1471" not in form
        assert "None" not in form


# The alarm.


def test_alarm_says_who_waits_since_when_and_what_the_desks_do(letters):
    """In the clock of the office: 09.41 in Jayapura is 07.41 in Jakarta."""
    letter = told(letters, late_morning())
    assert letter.subject == "A002 belum dilayani, sejak 09.31 WIT"
    for form in (" ".join(letter.text.split()), " ".join(letter.html.split())):
        assert "Keadaan pukul 09.41 WIT" in form
        assert "Nomor sebelumnya: A001." in form
        assert "Meja kosong: K-1" in form
        assert "Meja terisi: K-2 (P001)" in form
        assert "Belum dipakai hari ini: 1 meja" in form
        assert "Menunggu: 2 reguler, 0 prioritas" in form
        assert "Batas terlewati hari ini: 1 kali" in form
        assert "At 09:41 WIT" in form


def test_alarm_tells_of_both_lanes_at_once(letters):
    """The longest wait of them is in the subject."""
    day = day_of()
    day.issue()
    day.later(minutes=2).issue(Lane.PRIORITY, "elderly")
    judged(day.at("09:13"))
    letter = told(letters, day)
    assert letter.subject == "A001, P001 belum dilayani, sejak 09.00 WIT"
    assert "P001 (prioritas)" in letter.text
    assert "since 09:02 WIT" in " ".join(letter.text.split())
    assert "Nomor sebelumnya" not in letter.text  # nobody has been served yet
    assert "- Meja kosong: tidak ada\n- Meja terisi: tidak ada\n" in letter.text
    for form in (letter.text, letter.html):
        assert "Belum ada meja yang dipakai: minta petugas memanggil nomor berikutnya." in form
        assert "No desk is in use yet: have an officer call the next number." in form


def test_alarm_while_all_desks_in_use_are_busy_says_to_open_another(letters):
    """One that nobody was at today."""
    day = late_morning()
    day.call("K-1")
    judged(day.at("09:52"))
    text = told(letters, day).text
    assert "- Meja kosong: tidak ada\n- Meja terisi: K-1 (A002), K-2 (P001)\n" in text
    assert "- Buka meja lain: semua yang dipakai terisi.\n" in text
    assert "- Open another desk: all in use are busy.\n" in text


def test_alarm_about_who_was_called_names_the_counter(letters):
    """Called is not begun."""
    day = day_of()
    day.issue()
    day.call("K-2", ANI)
    judged(day.at("09:10"))
    text = told(letters, day).text
    assert "Sudah dipanggil ke K-2, tetapi layanannya belum dimulai." in " ".join(text.split())
    assert "- Petugas K-2: mulai layanan A001, atau catat bahwa ia tidak datang.\n" in text


def test_alarm_of_a_large_office_names_a_few_desks(letters):
    """A phone shows few lines; the others are counted."""
    day = day_of(desks=50)
    for n in range(1, 10):
        day.issue()
        day.served(f"K-{n}", minutes=0)
    day.issue()
    judged(day.at("09:10"))
    text = told(letters, day).text
    assert "- Meja kosong: K-1, K-2, K-3, K-4, K-5, K-6, +3 lainnya\n" in text
    assert "- Belum dipakai hari ini: 41 meja\n" in text


def test_alarm_says_the_limit_of_its_office(letters):
    """Not ten, where it is twelve."""
    office = replace(JAYAPURA, queue=replace(JAYAPURA.queue, start_limit_min=12))
    day = late_morning(office=office)
    day.at("09:44")
    request = request_of(Template.START_LIMIT_BREACHED, day)
    letter = letters.write(request, alarm(day), office)
    assert "lebih dari 12 menit" in letter.text
    assert "10 menit" not in letter.text


# The summary.


def test_summary_holds_every_figure_of_the_report(letters):
    """By hand from the day that was played."""
    letter = reported(letters, full_day())
    assert letter.subject == "Antrean 23 Nov: 6 nomor, 75% dalam 10 menit"
    lines = letter.text.splitlines()
    for line in (
        "Senin, 23 November 2026",
        "Nomor diambil: 6",
        "Selesai dilayani: 3",
        "Dirujuk: 1",
        "Tidak datang: 1",
        "Batal: 1",
        "Hangus saat tutup: 0",
        "Dimulai dalam 10 menit: 3 dari 4 (75%)",
        "Batas 10 menit terlewati: 1 kali",
        "- terlama 12 menit",
        "Tanpa alamat email: 1",
        "Dilayani tanpa buku tamu: 3",
        "- ibu hamil: 1 panggilan, melewati 3 nomor",
        "Monday, 23 November 2026",
        "Begun within 10 minutes: 3 of 4 (75%)",
        "- pregnant: 1 calls, passing 3 numbers",
    ):
        assert line in lines, line


def test_summary_of_a_day_without_service_says_so(letters):
    """Not zero per cent of nothing."""
    day = day_of()
    day.issue()
    judged(day.at("09:12"))
    letter = reported(letters, day)
    assert letter.subject == "Antrean 23 Nov: 1 nomor, tidak ada yang dilayani"
    assert "Tidak ada layanan yang dimulai." in letter.text
    assert "Batas 10 menit terlewati: 1 kali" in letter.text
    assert "Lama menunggu" not in letter.text
    assert "Tidak ada yang didahulukan." in letter.html


def test_summary_ignores_what_a_newer_queue_service_adds(letters):
    """Unknown fields, unknown reasons."""
    day = full_day()
    answer = summary(day)
    answer["report"] |= {"visitors": 2}
    answer["report"]["overtakes"][0] |= {"reason": "blind", "new": 1}
    letter = write(letters, Template.DAY_SUMMARY, day, answer)
    assert "- blind: 1 panggilan" in letter.text


def test_every_reason_has_its_word():
    """In Indonesian, all of them; English codes read well enough, but for two."""
    assert set(REASONS["id"]) == {*PRIORITY_REASONS, "recall"}


def test_words_of_time():
    """As people say them, in both languages."""
    assert (clock(NOON, "Asia/Jayapura"), clock(NOON, "Asia/Makassar")) == (
        "14.00 WIT",
        "13.00 WITA",
    )
    assert clock(NOON, "Asia/Jakarta", "en") == "12:00 WIB"
    assert (day(MONDAY), day(MONDAY, "en")) == (
        "Senin, 23 November 2026",
        "Monday, 23 November 2026",
    )
    assert short_day(MONDAY) == "23 Nov"
    assert [span(n) for n in (0, 59, 60, 725)] == [
        "0 detik",
        "59 detik",
        "1 menit",
        "12 menit 5 detik",
    ]
    assert span(725, "en") == "12 min 5 s"
    assert (share(0.9434), share(0.9434, "en"), share(1.0)) == ("94,3%", "94.3%", "100%")
