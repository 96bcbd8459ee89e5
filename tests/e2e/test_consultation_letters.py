"""Letters and invitations of the online consultation, from the officer's click to the mailbox.

The meetings are made by Zoom, played by `tests/zoom/double.py`.
"""

import json
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import vobject

from contracts.events import CONTENT_TYPE
from contracts.topology import consumer_queue
from kernel.broker import Publisher
from tests.support import Person, Stack, eventually, running
from tests.zoom.double import LOST, SECRET, ZoomDouble, zoom

OFFICE = "bps1471@bps.go.id"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def double() -> Iterator[ZoomDouble]:
    with zoom() as there:
        yield there


@pytest.fixture(scope="module")
def zoomed(double: ZoomDouble, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system of its own, as its office has an account at Zoom."""
    with running(tmp_path_factory.mktemp("zoomed"), **double.settings) as system:
        yield system


@dataclass
class Case:
    """One consultation of one person."""

    stack: Stack
    double: ZoomDouble
    path: str
    number: str
    address: str
    user: Person

    @property
    def officer(self) -> Person:
        return self.stack.officer()

    def do(self, step: str, body: Any = None) -> dict[str, Any]:
        """Have the officer do something that must succeed."""
        answer = self.officer.post(f"{self.path}/{step}", body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def letters(self, words: str) -> list[EmailMessage]:
        """Return the e-mails to this person with these words in the subject."""
        found = self.stack.mails(self.address)
        return [m for m in found if words in m["Subject"].removeprefix(f"[{self.number}] ")]

    def meeting(self) -> dict[str, Any]:
        """Return the last meeting as officers see it."""
        found: dict[str, Any] = self.officer.get(self.path).json()["meetings"][-1]
        return found

    def in_two_days(self) -> dict[str, Any]:
        start = (self.stack.now() + timedelta(days=2)).replace(microsecond=0)
        return {"start": start.isoformat(), "duration_min": 45}

    def at_zoom(self) -> list[dict[str, Any]]:
        """Return what Zoom has of the last meeting."""
        agenda = f"pst-meeting {self.meeting()['meeting_id']}"
        return [m for m in list(self.double.meetings.values()) if m["agenda"] == agenda]


@pytest.fixture
def case(zoomed: Stack, double: ZoomDouble) -> Case:
    address = f"siti-{uuid.uuid4().hex[:10]}@example.com"
    resource = zoomed.submit(contact={"name": "Siti Rahma", "email": address})
    return Case(
        stack=zoomed,
        double=double,
        path=f"/consultations/{resource['consultation_id']}",
        number=resource["number"],
        address=address,
        user=zoomed.user(resource["subject_id"]),
    )


def plain(mail: EmailMessage) -> str:
    """Return its text on one line."""
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def event_in(mail: EmailMessage, method: str) -> Any:
    """Return the event in a letter's calendar, as another program reads it."""
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "undangan.ics"
    calendar = vobject.readOne(attached.get_content().decode())
    assert calendar.method.value == method
    (shown,) = (p for p in mail.walk() if p.get_content_type() == "text/calendar")
    assert shown["Content-Type"].params["method"] == method
    return calendar.vevent


def wait_and_look(stack: Stack, look: Any, step: timedelta = MINUTE) -> Any:
    """Let minutes pass until something is seen: what failed is tried again after a while."""

    def later() -> Any:
        stack.travel_to(stack.now() + step)
        return look()

    return eventually(later, within=60, every=0.5)


def test_clarification_is_one_letter_that_says_what_is_missing(case: Case) -> None:
    """With the officer's question, and until when it is waited for."""
    asked = {"text": "Bulanan atau tahunan?", "missing": ["period", "region"]}
    resource = case.do("clarifications", asked)
    assert resource["status"] == "needs_clarification"
    (letter,) = eventually(lambda: case.letters("Kami perlu keterangan dari Anda"))
    text = plain(letter)
    assert "> Bulanan atau tahunan?" in text
    assert "- periode atau tahun - wilayah" in text
    assert "batas 3 hari kerja untuk jawaban kami tidak berjalan" in text
    case.do("accept")
    eventually(lambda: case.letters("diterima"))  # comes after all that was asked for before
    assert case.letters("menjawab") == []


def test_decree_that_moves_the_limit_is_told(case: Case) -> None:
    """The new date; once."""
    before = case.do("accept")["sla"]["due_at"]
    day = datetime.fromisoformat(before).date()
    rina = Person(case.stack.url, case.stack.token("supervisor", "rina"))
    decree = {"date": str(day), "kind": "closure", "decree_no": "SK 1", "office": "1471"}
    assert rina.post(f"/calendar/{day.year}", decree).is_success
    due_at = eventually(lambda: moved(case, before))
    (letter,) = eventually(lambda: case.letters("Batas waktu jawaban kami bergeser"))
    assert f"{local_day(due_at).day} " in plain(letter).partition("paling lambat:")[2][:40]
    case.do("messages", {"text": "Ini jawabannya."})
    eventually(lambda: case.letters("menjawab"))
    assert len(case.letters("bergeser")) == 1


def moved(case: Case, before: str) -> str | None:
    due_at: str = case.officer.get(case.path).json()["sla"]["due_at"]
    return None if due_at == before else due_at


def local_day(moment: str) -> date:
    return (datetime.fromisoformat(moment) + timedelta(hours=7)).date()


def test_meeting_is_made_moved_and_cancelled_in_calendar_and_zoom(case: Case) -> None:
    """One UID, each change above the one before; Zoom has what the letters say."""
    made = case.do("meetings", {"kind": "zoom", **case.in_two_days()})
    assert (made["join_url"], made["link_state"]) == (None, "pending")
    (letter,) = eventually(lambda: case.letters("Undangan:"))
    invited = event_in(letter, "REQUEST")
    (there,) = case.at_zoom()
    assert invited.location.value == there["join_url"] == case.meeting()["join_url"]
    assert there["join_url"] in plain(letter)
    assert [a.value for a in invited.attendee_list] == [f"mailto:{case.address}"]
    assert there["topic"] == f"Konsultasi {case.number}"

    later = {**case.in_two_days(), "duration_min": 30}
    case.do(f"meetings/{made['meeting_id']}/reschedule", later)
    (letter,) = eventually(lambda: case.letters("Jadwal pertemuan:"))
    changed = event_in(letter, "REQUEST")
    eventually(lambda: case.at_zoom()[0]["duration"] == 30)
    assert changed.location.value == there["join_url"]
    assert changed.dtend.value - changed.dtstart.value == 30 * MINUTE

    case.do(f"meetings/{made['meeting_id']}/cancel", {"reason": "Petugas sakit."})
    (letter,) = eventually(lambda: case.letters("Pertemuan dibatalkan"))
    assert "> Petugas sakit." in plain(letter)
    off = event_in(letter, "CANCEL")
    eventually(lambda: not case.at_zoom())
    events = (invited, changed, off)
    assert {e.uid.value for e in events} == {f"{made['meeting_id']}@bps.go.id"}
    assert [e.sequence.value for e in events] == ["0", "1", "2"]
    again = case.officer.post(f"{case.path}/meetings/{made['meeting_id']}/reschedule", later)
    assert again.status_code == 409  # what was cancelled is not taken up again


def test_invitation_told_again_is_one_letter(case: Case) -> None:
    """The broker may deliver twice, also across the end of the notifier."""
    stack = case.stack
    with stack.subscriber("1471.consultation.meeting_scheduled") as subscriber:
        words = {"kind": "zoom", "join_url": "https://example.com/j/by-hand"}
        made = case.do("meetings", {**words, **case.in_two_days()})

        def told() -> list[dict[str, Any]]:
            return [e for _, e in subscriber.drain() if e["subject"] in case.path]

        (event,) = eventually(told)
    assert made["link_state"] == "none"
    eventually(lambda: case.letters("Undangan:"))
    publisher = Publisher(stack.settings.amqp_url)
    for _ in range(3):
        publisher.publish(
            json.dumps(event).encode(),
            exchange="",
            routing_key=consumer_queue("notifier"),
            content_type=CONTENT_TYPE,
            message_id=event["id"],
        )
    publisher.close()
    case.do("accept")
    eventually(lambda: case.letters("diterima"))
    assert len(case.letters("Undangan:")) == 1
    assert case.at_zoom() == []  # the link was given by hand


def test_zoom_that_is_away_makes_nobody_wait_and_nothing_is_lost(case: Case) -> None:
    """The officer sees it; when it is back the link is made, and the invitation leaves once."""
    with case.double.away():
        case.do("meetings", {"kind": "zoom", **case.in_two_days()})
        assert case.meeting()["link_state"] == "pending"
        wait_and_look(case.stack, lambda: case.meeting()["link_state"] == "failed")
        assert case.letters("Undangan:") == []
        alarm = f"[{case.number}] Pertemuan tanpa tautan"
        (told,) = eventually(lambda: [m for m in case.stack.mails(OFFICE) if m["Subject"] == alarm])
        assert case.address not in told.as_string()
    wait_and_look(case.stack, lambda: case.meeting()["link_state"] == "made", 5 * MINUTE)
    (letter,) = eventually(lambda: case.letters("Undangan:"))
    (there,) = case.at_zoom()
    assert event_in(letter, "REQUEST").location.value == there["join_url"]


def test_link_given_by_hand_after_a_failure_is_the_one_that_holds(case: Case) -> None:
    """And what Zoom made all the same is dropped there."""
    with case.double.away():
        made = case.do("meetings", {"kind": "zoom", **case.in_two_days()})
        wait_and_look(case.stack, lambda: case.meeting()["link_state"] == "failed")
        by_hand = {**case.in_two_days(), "join_url": "https://example.com/j/by-hand"}
        moved = case.do(f"meetings/{made['meeting_id']}/reschedule", by_hand)
        assert moved["link_state"] == "none"
    (letter,) = eventually(lambda: case.letters("Jadwal pertemuan:"))
    assert event_in(letter, "REQUEST").location.value == "https://example.com/j/by-hand"
    wait_and_look(case.stack, lambda: not dates(case), 5 * MINUTE)
    assert case.at_zoom() == []


def dates(case: Case) -> list[Any]:
    """Return the dates on which Zoom is still to be asked about this consultation."""
    stream = f"consultation-{case.path.rpartition('/')[2]}"
    found = case.stack.log_of("consultation").database["deadlines"].find({"stream": stream})
    return [each for each in found if each["name"].startswith("meeting_link_")]


def test_answer_that_was_lost_makes_no_second_meeting(case: Case) -> None:
    """Zoom had made it: it is found by our id."""
    case.double.faults.extend([0, LOST])  # the list, then the meeting
    case.do("meetings", {"kind": "zoom", **case.in_two_days()})
    wait_and_look(case.stack, lambda: case.meeting()["link_state"] == "made")
    (there,) = case.at_zoom()
    assert there["join_url"] == case.meeting()["join_url"]
    eventually(lambda: len(case.letters("Undangan:")) == 1)


def test_service_that_dies_before_it_recorded_the_link_makes_no_second_meeting(case: Case) -> None:
    """Between Zoom's work and our record of it."""
    case.double.lag_s = 3.0
    try:
        with case.stack.subscriber("1471.consultation.meeting_link_made") as subscriber:
            case.do("meetings", {"kind": "zoom", **case.in_two_days()})
            made = case.meeting()["meeting_id"]
            agenda = f"pst-meeting {made}"
            eventually(lambda: agenda in [m["agenda"] for m in case.double.meetings.values()])
            os.kill(case.stack.control.pid("consultation"), signal.SIGKILL)
            case.double.lag_s = 0.0
            case.stack.wait_ready("consultation")
            eventually(lambda: case.meeting()["link_state"] == "made", within=60)
            assert len(eventually(subscriber.drain)) == 1
    finally:
        case.double.lag_s = 0.0
    (there,) = case.at_zoom()
    assert there["join_url"] == case.meeting()["join_url"]


def test_meeting_called_off_before_its_link_was_made_is_dropped_at_zoom(case: Case) -> None:
    """It had been made, and we were not told; the person hears of neither."""
    case.double.faults.extend([0, LOST])
    made = case.do("meetings", {"kind": "zoom", **case.in_two_days()})
    eventually(case.at_zoom)
    case.do(f"meetings/{made['meeting_id']}/cancel")
    eventually(lambda: not case.at_zoom())
    case.do("accept")
    eventually(lambda: case.letters("diterima"))
    assert case.letters("Undangan:") == case.letters("Pertemuan dibatalkan") == []


def test_close_drops_the_meeting_at_zoom(case: Case) -> None:
    """And the person's calendar."""
    case.do("meetings", {"kind": "zoom", **case.in_two_days()})
    eventually(lambda: case.letters("Undangan:"))
    case.do("close", {"reason": "out_of_scope"})
    (letter,) = eventually(lambda: case.letters("Pertemuan dibatalkan"))
    assert event_in(letter, "CANCEL").sequence.value == "1"
    eventually(lambda: not case.at_zoom())


def test_who_missed_a_meeting_is_invited_to_another(case: Case) -> None:
    """Until the silence is over."""
    case.do("accept")
    case.do("messages", {"text": "Mari bertemu."})
    words = {"kind": "zoom", "join_url": "https://example.com/j/1", "duration_min": 30}
    start = case.stack.now() + 5 * MINUTE
    made = case.do("meetings", {**words, "start": start.isoformat()})
    case.stack.travel_to(start + MINUTE)
    case.do(f"meetings/{made['meeting_id']}/missed")
    (letter,) = eventually(lambda: case.letters("Kami belum bertemu Anda"))
    assert "Kami menunggu balasan Anda sampai" in plain(letter)


def test_referral_and_reopening_are_told(case: Case) -> None:
    """With the officer's reason; who reopens it themselves is told nothing."""
    words = {"target": "library", "url": "https://perpustakaan.bps.go.id", "reason": "Buku lama."}
    case.do("referrals", words)
    (letter,) = eventually(lambda: case.letters("Siapa lagi yang dapat membantu"))
    assert "Perpustakaan BPS https://perpustakaan.bps.go.id" in plain(letter)
    assert "> Buku lama." in plain(letter)
    case.do("close", {"reason": "out_of_scope"})
    case.do("reopen", {"reason": "Keliru."})
    eventually(lambda: case.letters("Konsultasi Anda dilanjutkan"))
    case.do("close", {"reason": "out_of_scope"})
    assert case.user.post(f"{case.path}/reopen", {"reason": "Masih perlu"}).is_success
    case.do("accept")
    eventually(lambda: case.letters("diterima"))
    assert len(case.letters("Konsultasi Anda dilanjutkan")) == 1


def test_duplicate_names_the_other_only_if_it_is_the_same_persons(case: Case) -> None:
    """An officer may know more than the person may."""
    eventually(lambda: case.stack.caught_up("consultation"))
    question = {"office": "1471", "type": "data", "topic": "Inflasi", "question": "Berapa?"}
    for other in (case.user.post("/consultations", question).json(), case.stack.submit()):
        mine = case.user.post("/consultations", question).json()
        eventually(lambda mine=mine: told_of(case, mine["number"], "diterima") or True)
        path = f"/consultations/{mine['consultation_id']}/close"
        body = {"reason": "duplicate", "duplicate_of": other["consultation_id"]}
        assert case.officer.post(path, body).is_success
        (letter,) = eventually(lambda mine=mine: told_of(case, mine["number"], "ditutup"))
        own = other["subject_id"] == mine["subject_id"]
        assert (other["number"] in plain(letter)) is own


def told_of(case: Case, number: str, words: str) -> list[EmailMessage]:
    mails = case.stack.mails(case.address)
    return [m for m in mails if number in m["Subject"] and words in m["Subject"]]


def test_office_is_told_once_of_a_limit_that_nears_and_passes(case: Case) -> None:
    """The number, the officer and the date; nothing of the person."""
    due_at = datetime.fromisoformat(case.do("accept")["sla"]["due_at"])

    def told(words: str) -> list[EmailMessage]:
        found = case.stack.mails(OFFICE)
        return [m for m in found if m["Subject"] == f"[{case.number}] {words}"]

    case.stack.travel_to(due_at - timedelta(hours=3))
    (near,) = eventually(lambda: told("Sisa satu hari kerja"))
    case.stack.travel_to(due_at)
    (passed,) = eventually(lambda: told("Batas waktu terlewati"))
    for mail in (near, passed):
        assert "Petugas: belum ada" in plain(mail)
        assert case.address not in mail.as_string()
        assert "Siti" not in mail.as_string()
    assert len(told("Sisa satu hari kerja")) == 1


def test_meeting_that_somebody_deleted_at_zoom_is_made_again_when_it_is_moved(case: Case) -> None:
    """The person gets the link that leads somewhere."""
    made = case.do("meetings", {"kind": "zoom", **case.in_two_days()})
    eventually(lambda: case.letters("Undangan:"))
    (gone,) = case.at_zoom()
    del case.double.meetings[gone["id"]]
    case.do(f"meetings/{made['meeting_id']}/reschedule", case.in_two_days())
    (there,) = eventually(case.at_zoom)
    assert there["join_url"] != gone["join_url"]
    told = "Tautan pertemuan Anda dengan petugas kami berubah"
    (letter,) = eventually(
        lambda: [m for m in case.letters("Jadwal pertemuan:") if told in plain(m)]
    )
    assert event_in(letter, "REQUEST").location.value == there["join_url"]
    assert event_in(letter, "REQUEST").sequence.value == "2"
    assert case.meeting()["sequence"] == 2
    assert len(case.letters("Undangan:")) == 1


def test_neither_links_nor_secrets_are_in_the_logs(case: Case) -> None:
    """Of no service, whatever goes wrong."""
    case.double.faults.append(500)
    case.do("meetings", {"kind": "zoom", **case.in_two_days()})
    wait_and_look(case.stack, lambda: case.letters("Undangan:"))
    logs = [p.read_text(errors="replace") for p in (case.stack.run_dir / "log").glob("*")]
    assert any("provider_has_not" in text for text in logs)
    for text in logs:
        for secret in (SECRET, "link-secret", "Bearer", "token-", "by-hand"):
            assert secret not in text, secret
