"""Invitations as a calendar reads them, parsed by a library that did not write them."""

import email
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.consultation.commands import CancelMeeting, RescheduleMeeting, ScheduleMeeting
from services.notifier.channels.invitation import invitation
from services.notifier.channels.letters import Letters
from services.notifier.channels.message import compose, mailbox, sender_of
from services.notifier.commands import wanted
from services.notifier.events import Template
from tests.support import NOON, fact
from tests.support import given as rules
from tests.unit.consultation import (
    CONSULTATION,
    DAY,
    HOUR,
    accepted,
    answered,
    by,
    submitted,
)
from tests.unit.notification import MEETING, OFFICE, dossier, intent, meeting, owed
from tests.unit.office_letters import JAYAPURA

TO = mailbox("Siti Rahma", "siti@example.com")
METHODS = [
    (Template.MEETING_SCHEDULED, "REQUEST"),
    (Template.MEETING_RESCHEDULED, "REQUEST"),
    (Template.MEETING_CANCELLED, "CANCEL"),
]
OF_MEETING = [template for template, _ in METHODS]


def written(template: Template, sequence: int = 0, office=OFFICE, to=TO, **changes: Any):
    """Return what goes with a letter."""
    request = intent(template, meeting_id="meet-1", sequence=sequence)
    return invitation(request, meeting(**changes), office, sender_of(office), to)


def parsed(*args: Any, **changes: Any) -> Any:
    """Return the calendar as vobject reads and checks it."""
    calendar = vobject.readOne(written(*args, **changes).text)
    assert calendar.validate(raiseException=True)
    return calendar


def sent(template: Template, **changes: Any) -> EmailMessage:
    """Return the e-mail as a mail program reads it."""
    request = intent(template, meeting_id="meet-1", sequence=0)
    found = meeting(**changes)
    letter = Letters().write(request, found, OFFICE)
    with_it = invitation(request, found, OFFICE, sender_of(OFFICE), TO)
    raw = compose(owed(request), letter, TO, OFFICE, with_it).as_bytes(policy=SMTP)
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize(("template", "method"), METHODS)
def test_calendar_reads_the_meeting(template, method):
    """Who, when, where; from the office to the user and nobody else."""
    calendar = parsed(template, 3)
    event = calendar.vevent
    assert (calendar.method.value, calendar.version.value) == (method, "2.0")
    assert event.uid.value == "meet-1@bps.go.id"
    assert event.sequence.value == "3"
    assert event.dtstamp.value == NOON
    assert event.dtstart.value == datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=45)
    assert event.organizer.value == "mailto:bps1471@bps.go.id"
    assert [a.value for a in event.attendee_list] == ["mailto:siti@example.com"]
    assert event.attendee.params["CN"] == ["Siti Rahma"]
    assert event.location.value == event.url.value == MEETING["join_url"]
    assert "KS-1471-2026-000001" in event.description.value
    assert event.status.value == ("CONFIRMED" if method == "REQUEST" else "CANCELLED")


def test_times_are_the_offices_with_their_zone():
    """10.00 in Pekanbaru; noon in Jayapura for the same moment. No summer time anywhere."""
    makassar = replace(OFFICE, time_zone="Asia/Makassar")
    for office, name, offset, hour in (
        (makassar, "WITA", timedelta(hours=8), 11),
        (OFFICE, "WIB", timedelta(hours=7), 10),
        (JAYAPURA, "WIT", timedelta(hours=9), 12),
    ):
        text = written(Template.MEETING_SCHEDULED, office=office).text
        calendar = icalendar.Calendar.from_ical(text)
        (zone,) = calendar.walk("VTIMEZONE")
        (rule,) = zone.subcomponents
        assert (rule.name, rule["TZNAME"]) == ("STANDARD", name)
        assert (rule["TZOFFSETFROM"].td, rule["TZOFFSETTO"].td) == (offset, offset)
        (event,) = calendar.walk("VEVENT")
        assert event["DTSTART"].params["TZID"] == zone["TZID"] == office.time_zone
        assert event["DTSTART"].dt.hour == hour
        read = vobject.readOne(text).vevent.dtstart.value
        assert read == datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def test_meeting_at_the_office_says_where():
    """The room, the office and its address; no link."""
    onsite = {"kind": "onsite", "join_url": None, "link_state": "none"}
    event = parsed(Template.MEETING_SCHEDULED, place="Ruang 2, lantai 1", **onsite).vevent
    assert event.location.value == (
        "Ruang 2, lantai 1, Pelayanan Statistik Terpadu BPS Kota Pekanbaru, "
        "Jl. Rawa Indah Pekanbaru 28125"
    )
    assert "url" not in event.contents
    without = parsed(Template.MEETING_SCHEDULED, place=None, **onsite).vevent
    assert without.location.value.startswith(OFFICE.name)


def test_changes_keep_the_uid_and_raise_the_sequence():
    """As Outlook and Google compare them: the same UID, each number above the one before."""
    steps = [parsed(template, number).vevent for number, template in enumerate(OF_MEETING, start=0)]
    assert {event.uid.value for event in steps} == {"meet-1@bps.go.id"}
    assert [event.sequence.value for event in steps] == ["0", "1", "2"]


def test_cancellation_of_a_meeting_that_was_moved_is_the_last_of_its_changes():
    """From the rules to the calendar: each step has a higher number, under one name."""
    story = (submitted(), accepted(), *answered())
    at = {"meeting_id": "meet-1", "start": NOON + 2 * DAY, "end": NOON + 2 * DAY + HOUR}
    steps = (
        by(ScheduleMeeting, kind="zoom", join_url="https://example.com/j/1", **at),
        by(RescheduleMeeting, **{**at, "end": NOON + 2 * DAY + 2 * HOUR}),
        by(CancelMeeting, meeting_id="meet-1"),
    )
    calendars = []
    for name, command in zip(("scheduled", "rescheduled", "cancelled"), steps, strict=True):
        event = rules(CONSULTATION, *story).when(command).result[0]
        story = (*story, fact(event))
        template, params = wanted(f"meeting_{name}", vars(event), NOON)
        calendars.append(parsed(template, params.sequence))
    assert [c.method.value for c in calendars] == ["REQUEST", "REQUEST", "CANCEL"]
    assert {c.vevent.uid.value for c in calendars} == {"meet-1@bps.go.id"}
    assert [c.vevent.sequence.value for c in calendars] == ["0", "1", "2"]


def test_letter_carries_the_invitation_twice():
    """As a form of the letter, which mail programs show with buttons, and as a file to open."""
    message = sent(Template.MEETING_SCHEDULED)
    assert message.get_content_type() == "multipart/mixed"
    alternative, attached = message.iter_parts()
    plain, html, calendar = alternative.iter_parts()
    assert [p.get_content_type() for p in (plain, html, calendar)] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert dict(calendar["Content-Type"].params) == {"charset": "utf-8", "method": "REQUEST"}
    assert (attached.get_content_type(), attached.get_filename()) == (
        "application/ics",
        "undangan.ics",
    )
    text = attached.get_content().decode()
    assert calendar.get_content().splitlines() == text.splitlines()
    assert vobject.readOne(text).vevent.uid.value == "meet-1@bps.go.id"
    assert "\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert message["References"] == "<consultation-k1@bps.go.id>"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Lewat Zoom" in body.get_content()


def test_second_copy_of_an_invitation_is_the_same_message():
    """Byte for byte, boundaries too, and none begins like another."""
    first, second = (sent(Template.MEETING_SCHEDULED).as_bytes() for _ in range(2))
    assert first == second
    message = sent(Template.MEETING_SCHEDULED)
    bounds = [p.get_boundary() for p in message.walk() if p.is_multipart()]
    assert len(bounds) == 2
    assert not any(a != b and a.startswith(b) for a in bounds for b in bounds)


def test_other_letters_carry_none():
    """A missed meeting is no appointment."""
    for template in set(Template) - set(OF_MEETING):
        request = intent(template, meeting_id="meet-1")
        assert invitation(request, dossier(), OFFICE, sender_of(OFFICE), TO) is None


NASTY = st.text(alphabet='ab.,;:<>@"\\()[]=^ \r\n\t\0é王\u202e\u2028😀', max_size=120)


@settings(max_examples=60, deadline=None)
@given(NASTY, NASTY)
@example('Siti"\r\nATTENDEE:mailto:x@evil.id', "a")
@example("Siti;X=1:mailto:x@evil.id", "Ruang\nATTENDEE:mailto:x@evil.id")
@example('"Siti", Rahma\\n', "END:VEVENT\r\nBEGIN:VEVENT")
def test_no_name_or_place_can_add_a_line(name, place):
    """One event, one guest, whatever is in the names."""
    to = mailbox(name, "siti@example.com")
    onsite = {"kind": "onsite", "join_url": None, "place": place}
    text = written(Template.MEETING_SCHEDULED, to=to, **onsite).text
    for line in text.split("\r\n"):
        assert not set(line) & {"\r", "\n", "\0"}
    event = vobject.readOne(text).vevent
    assert [a.value for a in event.attendee_list] == ["mailto:siti@example.com"]
    (again,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert str(again["ATTENDEE"]) == "mailto:siti@example.com"
    assert sorted(again) == sorted(set(again))
