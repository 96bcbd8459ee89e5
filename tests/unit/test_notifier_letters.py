"""The e-mails as they are read: each lies in `tests/fixtures/emails/`, to be reviewed by people.

After a wanted change of words: delete the files, run the test twice, read the difference.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.consultation import MISSING, REFERRED_TO
from kernel.personal import FORGOTTEN
from services.notifier.channels.consultation_words import MISSING as MISSING_WORDS
from services.notifier.channels.consultation_words import REFERRED_TO as REFERRED_WORDS
from services.notifier.channels.letters import Letter, Letters
from services.notifier.channels.message import compose, mailbox
from services.notifier.channels.wording import (
    days_ahead,
    file_size,
    moment,
    one_line,
    quoted,
    wrapped,
)
from services.notifier.commands import CONFIRMED, NEW_LINK, REPLIED_IN_TIME
from services.notifier.events import IN_ENGLISH_TOO, TO_PERSON, Template
from tests.unit.notification import (
    ANSWER,
    CLOSES,
    DUE,
    MEETING,
    NOON,
    OFFICE,
    dossier,
    intent,
    message,
    owed,
)
from tests.unit.test_notifier_consultation_alarms import ALARMS
from tests.unit.test_notifier_office_letters import EMAILS as TO_OFFICE

GOLDEN = Path(__file__).parents[1] / "fixtures" / "emails"

MEETING_0 = {"meeting_id": "meet-1", "sequence": 0}

EMAILS: dict[str, tuple[Template, dict[str, Any]]] = {
    "consultation_submitted": (Template.CONSULTATION_SUBMITTED, {}),
    "request_accepted": (Template.REQUEST_ACCEPTED, {"due_at": DUE}),
    "consultation_answered": (Template.CONSULTATION_ANSWERED, {"message_id": "m2"}),
    "silence_reminder_due": (
        Template.SILENCE_REMINDER_DUE,
        {"closes_at": CLOSES, "happened_at": datetime(2026, 11, 26, 2, 0, tzinfo=UTC)},
    ),
    "closed_by_officer": (Template.CLOSED_BY_OFFICER, {"reason": "resolved"}),
    "closed_by_silence": (
        Template.CLOSED_BY_SILENCE,
        {"silent_since": NOON, "happened_at": CLOSES},
    ),
    "consultation_withdrawn": (Template.CONSULTATION_WITHDRAWN, {}),
    "clarification_requested": (Template.CLARIFICATION_REQUESTED, {"message_id": "m2"}),
    "deadline_recalculated": (Template.DEADLINE_RECALCULATED, {"due_at": DUE}),
    "consultation_reopened": (Template.CONSULTATION_REOPENED, {}),
    "consultation_reopened_in_time": (
        Template.CONSULTATION_REOPENED,
        {"reason": REPLIED_IN_TIME},
    ),
    "referral_given": (Template.REFERRAL_GIVEN, {}),
    "meeting_scheduled": (Template.MEETING_SCHEDULED, MEETING_0),
    "meeting_rescheduled": (Template.MEETING_RESCHEDULED, MEETING_0),
    "meeting_cancelled": (Template.MEETING_CANCELLED, MEETING_0),
    "meeting_link_made_anew": (
        Template.MEETING_RESCHEDULED,
        {**MEETING_0, "sequence": 1, "reason": NEW_LINK},
    ),
    "closed_as_spam": (Template.CLOSED_BY_OFFICER, {"reason": "spam"}),
    "closed_by_confirmed_silence": (
        Template.CLOSED_BY_SILENCE,
        {"silent_since": NOON, "happened_at": CLOSES, "reason": CONFIRMED},
    ),
    "meeting_missed": (Template.MEETING_MISSED, {"meeting_id": "meet-1"}),
}


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters()


def write(letters: Letters, name: str, **changes: Any) -> Letter:
    template, params = EMAILS[name]
    return letters.write(intent(template, **params), dossier(**changes), OFFICE)


def test_every_template_has_its_example():
    """None is left unreviewed."""
    to_users = {template for template, _ in EMAILS.values()}
    to_others = {*TO_OFFICE, *ALARMS, *TO_PERSON}
    assert to_users | to_others == set(Template)


@pytest.mark.parametrize("name", EMAILS)
@pytest.mark.parametrize("form", ["txt", "html"])
def test_the_email_reads_as_reviewed(letters, name, form):
    """Word for word, headers included."""
    template, params = EMAILS[name]
    request = intent(template, **params)
    letter = letters.write(request, dossier(), OFFICE)
    to = mailbox("Siti Rahma", "siti@example.com")
    message = compose(owed(request), letter, to, OFFICE)
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    shown = f"{headers}\n{letter.text}" if form == "txt" else letter.html
    golden = GOLDEN / f"{name}.{form}"
    if not golden.exists():
        golden.write_text(shown)
        pytest.fail(f"{golden} was missing and has been written: read it, run again")
    assert shown == golden.read_text()


@pytest.mark.parametrize("name", EMAILS)
def test_every_email_says_where_to_complain_and_what_it_costs(letters, name):
    """As the published standard of the office promises, in both forms."""
    letter = write(letters, name)
    channels = OFFICE.document["standard"]["complaints"]["online"].values()
    promises = [*channels, OFFICE.document["standard"]["cost"], "KS-1471-2026-000001"]
    for promise in promises:
        assert promise in letter.text
        assert promise in letter.html


@pytest.mark.parametrize("name", EMAILS)
def test_the_subject_carries_the_number_and_stays_plain(letters, name):
    """The token threads replies; long or beyond ASCII, it would be folded or unreadable."""
    subject = write(letters, name).subject
    assert subject.startswith("[KS-1471-2026-000001] ")
    assert subject.isascii()
    assert len(f"Subject: {subject}") <= 78


@pytest.mark.parametrize("name", EMAILS)
def test_nothing_is_loaded_from_elsewhere(letters, name):
    """No picture, style or script tells anybody that the e-mail was opened."""
    html = write(letters, name).html.lower()
    assert not any(word in html for word in ("<img", "<link", "<script", "url(", "@import"))


@pytest.mark.parametrize("name", EMAILS)
def test_what_people_wrote_is_never_markup(letters, name):
    """A name, a topic and a message with tags are shown, not obeyed."""
    evil = "<script>alert(1)</script><img src=x>"
    messages = [
        message(
            f"m{n}",
            by,
            f'{evil} https://x.id/"onclick="a',
            attachments=[{"attachment_id": "a", "name": f"{evil}.pdf", "size": 1}],
        )
        for n, by in enumerate(("user", "officer", "officer"))
    ]
    contact = {"name": evil, "email": "siti@example.com"}
    html = write(letters, name, topic=evil, messages=messages, contact=contact).html
    assert "<script>alert" not in html
    assert "<img" not in html
    assert '"onclick="' not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_names_and_topics_cannot_add_lines(letters):
    """Else a topic could pretend to be the office's own words."""
    contact = {"name": "Siti\n\nPalsu", "email": "siti@example.com"}
    text = write(letters, "request_accepted", topic="Inflasi\r\nPalsu", contact=contact).text
    assert "Halo Siti Palsu,\n" in text
    assert "Topik: Inflasi Palsu\n" in text


def test_a_forgotten_text_reads_as_forgotten(letters):
    """Who kept the address but had a text erased gets no error instead of an e-mail."""
    messages = [message("m1", "user", FORGOTTEN)]
    assert f"> {FORGOTTEN}" in write(letters, "consultation_submitted", messages=messages).text


@pytest.mark.parametrize("reason", ["resolved", "out_of_scope", "duplicate", "spam", "unheard_of"])
def test_an_officers_close_says_why(letters, reason):
    """In words of its own for each reason; one of a newer release gets the plain ones."""
    request = intent(Template.CLOSED_BY_OFFICER, reason=reason)
    letter = letters.write(request, dossier(), OFFICE)
    said = {
        "resolved": "sudah selesai",
        "out_of_scope": "di luar layanan",
        "duplicate": "pertanyaan yang sama",
        "spam": "tidak mengenalinya",
        "unheard_of": "Petugas kami menutup konsultasi ini.",
    }[reason]
    assert said in " ".join(letter.text.split())
    assert said in " ".join(letter.html.split())


def test_close_as_a_duplicate_names_the_persons_own_other_one(letters):
    """Whose else it may be is not said."""
    request = intent(Template.CLOSED_BY_OFFICER, reason="duplicate")
    own = {**dossier(), "duplicate_number": "KS-1471-2026-000007"}
    for number, said in (
        (own, "dalam konsultasi Anda yang lain, nomor KS-1471-2026-000007."),
        (dossier(), "sudah ditangani dalam konsultasi lain."),
    ):
        letter = letters.write(request, number, OFFICE)
        assert said in " ".join(letter.text.split())
        assert said in " ".join(letter.html.split())


def test_letter_says_only_dates_that_hold(letters):
    """No silence runs while a meeting is to come; a limit that does not run has no end."""
    none = {"closes_at": None, "lapsed_at": None}
    for name in ("clarification_requested", "meeting_missed", "consultation_answered"):
        assert "Kami menunggu" in write(letters, name).text
        for form in (
            write(letters, name, silence=none).text,
            write(letters, name, silence=none).html,
        ):
            assert "ditutup otomatis" not in form
            assert "closes by itself" not in form
    paused = {"state": "not_started", "due_at": None, "rejudged": None}
    assert "paling lambat" not in write(letters, "consultation_reopened", sla=paused).text


CONFIRMING = replace(OFFICE, policy=replace(OFFICE.policy, silence_close="officer_confirms"))


@pytest.mark.parametrize(
    "name",
    ["clarification_requested", "meeting_missed", "consultation_answered", "silence_reminder_due"],
)
def test_letter_says_who_closes(letters, name):
    """By itself, or an officer, as is the office's policy."""
    template, params = EMAILS[name]
    for office, said, unsaid in (
        (OFFICE, "ditutup otomatis", "dapat ditutup oleh petugas"),
        (CONFIRMING, "dapat ditutup oleh petugas", "ditutup otomatis"),
    ):
        letter = letters.write(intent(template, **params), dossier(), office)
        for form in (letter.text, letter.html):
            words = " ".join(form.split())
            assert said in words
            assert unsaid not in words
        assert ("closes by itself" in " ".join(letter.text.split())) is (office is OFFICE)
        assert "ditutup 4 hari" not in letter.subject or office is OFFICE


def test_confirmed_close_of_a_silence_is_not_called_automatic(letters):
    """An officer looked at it."""
    letter = write(letters, "closed_by_confirmed_silence")
    for form in (letter.text, letter.html):
        assert "otomatis" not in form
        assert "ditutup oleh petugas kami" in " ".join(form.split())


def test_letter_about_spam_promises_no_reopening(letters):
    """The rules would refuse it to a reply; the office can be called."""
    letter = write(letters, "closed_as_spam")
    for form in (letter.text, letter.html):
        for promise in ("Balas email", "dibuka kembali", "paling lambat"):
            assert promise not in form
        assert f"telepon {OFFICE.document['contact']['phone']}" in " ".join(form.split())


@pytest.mark.parametrize("name", ["consultation_answered", "silence_reminder_due"])
def test_files_of_an_answer_are_named(letters, name):
    """With their sizes, and where they are to be had."""
    letter = write(letters, name)
    for form in (letter.text, letter.html):
        assert "inflasi 2020-2025.xlsx (34 kB)" in form
        assert "unduh di aplikasi" in form
    without = write(letters, name, messages=[message("m2", "officer", ANSWER)])
    assert "unduh" not in without.text + without.html


def test_reminder_quotes_no_internal_note_and_no_machine(letters):
    """What officers note among themselves never leaves the office."""
    messages = [
        message("m1", "officer", "Ini tabelnya."),
        message("m2", "officer", "Orang ini sulit.", internal=True),
        message("m3", "officer", "Saya sedang cuti.", automatic=True),
    ]
    letter = write(letters, "silence_reminder_due", messages=messages)
    assert "> Ini tabelnya." in letter.text
    assert "sulit" not in letter.text + letter.html
    assert "cuti" not in letter.text + letter.html


def test_cancellation_says_why(letters):
    """In the officer's words, if they gave any."""
    found = [{**MEETING, "status": "cancelled", "cancel_reason": "Petugas sakit."}]
    letter = write(letters, "meeting_cancelled", meetings=found)
    assert "> Petugas sakit." in letter.text
    assert "Petugas sakit." in letter.html
    assert "Kata petugas" not in write(letters, "meeting_cancelled").text


@pytest.mark.parametrize("name", EMAILS)
def test_letter_with_a_part_in_english_says_so_in_its_header(letters, name):
    """And the other way round; in both forms."""
    template, _ = EMAILS[name]
    letter = write(letters, name)
    for form in (letter.text, letter.html):
        assert ("In English: " in form) is (template in IN_ENGLISH_TOO)


def test_sizes_read_as_people_say_them():
    """In decimal units, as browsers do."""
    sizes = [1, 999, 1000, 34_210, 999_499, 999_500, 1_540_000, 10_485_760]
    assert [file_size(size) for size in sizes] == [
        "1 B",
        "999 B",
        "1 kB",
        "34 kB",
        "999 kB",
        "1 MB",
        "1,5 MB",
        "10,5 MB",
    ]


def test_every_code_has_its_word():
    """Of what is missing, and of who else can help."""
    assert set(MISSING_WORDS) == set(MISSING)
    assert set(REFERRED_WORDS) == set(REFERRED_TO)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Jakarta", "Rabu, 25 November 2026 pukul 15.30 WIB"),
        ("Asia/Pontianak", "Rabu, 25 November 2026 pukul 15.30 WIB"),
        ("Asia/Makassar", "Rabu, 25 November 2026 pukul 16.30 WITA"),
        ("Asia/Jayapura", "Rabu, 25 November 2026 pukul 17.30 WIT"),
    ],
)
def test_dates_read_as_people_say_them(letters, zone, shown):
    """In the time of the office, by its name."""
    at = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    assert moment(at, zone) == shown
    request = intent(Template.REQUEST_ACCEPTED, due_at=at)
    letter = letters.write(request, dossier(), replace(OFFICE, time_zone=zone))
    assert shown in letter.text
    assert shown in letter.html


def test_a_date_near_midnight_is_the_offices_date():
    """18:30 UTC is tomorrow already in Pekanbaru."""
    at = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
    assert moment(at, "Asia/Jakarta") == "Kamis, 26 November 2026 pukul 01.30 WIB"


def test_a_reminder_tells_the_days_left():
    """Counted in dates, not in hours."""
    assert [days_ahead(n) for n in (4, 2, 1, 0)] == [
        "4 hari lagi",
        "2 hari lagi",
        "besok",
        "hari ini",
    ]


def test_one_line_drops_what_turns_or_hides():
    """Bidirectional marks could show a name that is not there."""
    assert one_line("Siti\u202e \x00\t Rahma\u2028\u200b") == "Siti Rahma"
    assert one_line("Ñuñez 王 😀") == "Ñuñez 王 😀"


def test_quotes_keep_the_writers_lines_and_whole_links():
    """Long lines break between words only."""
    link = "https://contoh.id/" + "a-b" * 40
    assert quoted(f"satu\n\ndua {link}") == f"> satu\n>\n> dua\n> {link}"


def test_paragraphs_are_broken_into_lines():
    """What templates write over several lines is one paragraph."""
    assert wrapped("\nsatu\ndua\n\ntiga\n") == "satu dua\n\ntiga\n"
    assert all(len(line) <= 72 for line in wrapped("kata " * 100).splitlines())
