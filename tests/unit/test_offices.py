"""The office file: 1471 as published, what is refused and how it is said."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.offices import OfficeDocumentSchema
from offices.office import Office, OfficeFileError, load_offices
from offices.opening_hours import HoursRow, OpeningHours, Span

ROOT = Path(__file__).parents[2]
FILES = ROOT / "deploy" / "offices"
PUBLISHED = ROOT / "tests" / "fixtures" / "offices" / "standar-pelayanan-1471.txt"
STOPS = ("walk_in", "online")


@pytest.fixture(scope="module")
def pekanbaru() -> Office:
    return load_offices(FILES)["1471"]


@pytest.fixture
def file_with(tmp_path):
    """Write the file of 1471 with some fields set (a dotted path) into its own directory."""

    def write(changes: dict[str, Any], name: str = "1471") -> Path:
        data = yaml.load((FILES / "1471.yaml").read_text(), yaml.BaseLoader)
        for path, value in changes.items():
            *parents, last = [int(p) if p.isdigit() else p for p in path.split(".")]
            target = data
            for parent in parents:
                target = target[parent]
            target[last] = value
        (tmp_path / f"{name}.yaml").write_text(json.dumps(data))
        return tmp_path

    return write


def test_domain_of_the_web_api_is_the_office_or_what_its_file_says(pekanbaru, file_with):
    """Four digits, under which BPS lists what it publishes."""
    assert pekanbaru.webapi_domain == "1471"
    (provincial,) = load_offices(file_with({"webapi_domain": "1400"})).values()
    assert provincial.webapi_domain == "1400"
    with pytest.raises(OfficeFileError, match="webapi_domain"):
        load_offices(file_with({"webapi_domain": "../key"}))


# What is published.


def test_the_office_file_holds_the_published_standard_word_for_word(pekanbaru):
    """Nothing added, nothing lost: each numbered sentence of the publication, in its order."""
    numbered = re.findall(r"^\d+\. (.+)$", PUBLISHED.read_text(), re.MULTILINE)
    standard = pekanbaru.document["standard"]
    ours = [
        *(line for way in STOPS for line in standard["requirements"][way]),
        *(line for way in STOPS for line in standard["procedures"][way]),
        *(standard["limits"][way] for way in STOPS),
        *standard["products"],
    ]
    assert ours == numbered


def test_every_text_of_the_document_stands_in_the_publication(pekanbaru):
    """Name, address, contact, decree, limits, cost and complaint channels too."""
    published = " ".join(PUBLISHED.read_text().split())
    standard = {**pekanbaru.document["standard"]}
    assert standard.pop("legal_basis") == "SK 0102067/1471 TAHUN 2023"
    assert "No. SK : 0102067/1471 TAHUN 2023" in published
    # The publication breaks this heading around the name of the service.
    assert standard.pop("unit").endswith(
        "BPS Provinsi Riau / Pelayanan Statistik Terpadu BPS Kota Pekanbaru"
    )
    assert standard.pop("service") == "Konsultasi Statistik"
    shown = [pekanbaru.document[key] for key in ("name", "address", "contact")]
    for text in texts([*shown, standard]):
        assert text in published


def test_both_ways_have_every_complaint_channel(pekanbaru):
    complaints = pekanbaru.document["standard"]["complaints"]
    assert complaints["walk_in"] == complaints["online"]
    assert set(complaints["online"]) == {"phone", "email", "website", "facebook", "instagram"}


def test_the_document_is_plain_json_and_fits_its_schema(pekanbaru):
    document = pekanbaru.document
    assert json.loads(json.dumps(document)) == document
    assert OfficeDocumentSchema().validate(document) == {}
    assert document["office"] == "1471"
    assert {counter["stop"] for counter in document["counters"]} == {"front_office", "desk"}


def test_the_document_shows_nothing_meant_for_the_services_only(pekanbaru):
    assert not {"policy", "mail_from", "recipients", "calendar"} & set(pekanbaru.document)


def test_the_hours_of_1471_wait_for_the_office_to_confirm_them(pekanbaru):
    assert all(row["to_be_confirmed"] for row in pekanbaru.document["opening_hours"])


def test_policy_of_1471(pekanbaru):
    policy = pekanbaru.policy
    assert (policy.limit_working_days, policy.silence_days, policy.reopen_days) == (3, 7, 14)
    assert policy.attachments_mb == 200
    assert policy.reminder_days == (3, 5, 6)
    assert policy.reminder_time == time(9)
    assert pekanbaru.mail_from == "bps1471@bps.go.id"


def test_the_office_is_told_where_its_file_says(file_with, pekanbaru):
    """Nobody, if it says so; the public address is not taken in place of one left out."""
    mailbox = ("bps1471@bps.go.id",)
    assert (pekanbaru.recipients.alarms, pekanbaru.recipients.summary) == (mailbox, mailbox)
    nobody = load_offices(file_with({"recipients.alarms": []}))["1471"].recipients
    assert (nobody.alarms, nobody.summary) == ((), mailbox)


def test_who_is_told_of_consultations_may_be_left_out(file_with, pekanbaru):
    """A file of before: the address from which the office writes."""
    assert pekanbaru.recipients.consultations == ("bps1471@bps.go.id",)
    before = {"alarms": [], "summary": []}
    recipients = load_offices(file_with({"recipients": before}))["1471"].recipients
    assert recipients.consultations == ("bps1471@bps.go.id",)
    nobody = load_offices(file_with({"recipients.consultations": []}))["1471"].recipients
    assert nobody.consultations == ()


def test_limits_of_1471_end_at_its_closing_time(pekanbaru):
    start = datetime(2026, 11, 20, 3, tzinfo=UTC)
    due_at = pekanbaru.calendar.due(start, pekanbaru.policy.limit_working_days).due_at
    assert due_at == datetime(2026, 11, 25, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-11-20T08:00", True),
        ("2026-11-20T11:29", True),
        ("2026-11-20T11:30", False),  # Friday prayer
        ("2026-11-20T15:59", True),
        ("2026-11-20T16:00", False),
        ("2026-11-23T12:30", False),  # Monday's break
        ("2026-11-23T15:30", False),
        ("2026-11-22T10:00", False),  # Sunday
    ],
)
def test_is_open(pekanbaru, local, is_open):
    at = datetime.fromisoformat(f"{local}+07:00")
    assert pekanbaru.is_open(at) is is_open


# A second office: nothing is Pekanbaru's by accident.


@pytest.fixture(scope="module")
def jayapura() -> Office:
    return load_offices(FILES)["9471"]


def test_the_second_office_waits_to_be_confirmed(jayapura):
    """It names no decree, and nothing that is known to be another office's."""
    assert "to be confirmed by the office" in " ".join(
        (FILES / "9471.yaml").read_text().lower().replace("#", "").split()
    )
    assert not re.search(r"\d", jayapura.document["standard"]["legal_basis"])
    assert all(row["to_be_confirmed"] for row in jayapura.document["opening_hours"])
    shown = ("office", "name", "address", "contact", "standard", "time_zone")
    for text in texts([jayapura.document[key] for key in shown]):
        assert not re.search("pekanbaru|riau|1471|0761|jakarta", text, re.IGNORECASE), text


def test_the_second_office_keeps_the_promises_of_the_standard(jayapura, pekanbaru):
    """Limits are the standard's; what it leaves open is the office's."""
    assert jayapura.queue.start_limit_min == pekanbaru.queue.start_limit_min == 10
    assert jayapura.policy.limit_working_days == 3
    assert (jayapura.queue.single_stop, jayapura.queue.at_close) == (True, "serve")
    assert set(jayapura.counters.values()) == {"desk"}


@pytest.mark.parametrize(("local", "is_open"), [("08:00", True), ("15:29", True), ("15:30", False)])
def test_the_second_office_opens_by_its_own_clock(jayapura, local, is_open):
    """Two hours before the first one does."""
    at = datetime.fromisoformat(f"2026-11-23T{local}+09:00")
    assert jayapura.is_open(at) is is_open


def test_limits_of_the_second_office_end_at_its_own_closing_time(jayapura):
    """Wednesday 15:30 in Jayapura, 6:30 in UTC."""
    start = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert jayapura.calendar.due(start, 3).due_at == datetime(2026, 11, 25, 6, 30, tzinfo=UTC)


# What the file can say.


def test_an_entry_of_the_file_changes_the_calendar(file_with, pekanbaru):
    entry = {"date": "2026-11-24", "kind": "closure", "decree_no": "B-7", "name": "Pindah gedung"}
    office = load_offices(file_with({"calendar": [entry]}))["1471"]
    assert not office.calendar.is_working_day(date(2026, 11, 24))
    assert office.calendar.version != pekanbaru.calendar.version


def test_an_unquoted_time_is_the_time_it_looks_like(tmp_path):
    """YAML alone would read 12:00 as 720."""
    text = re.sub(r'"(\d\d:\d\d)"', r"\1", (FILES / "1471.yaml").read_text())
    assert "start: 12:00" in text
    (tmp_path / "1471.yaml").write_text(text)
    assert load_offices(tmp_path)["1471"].hours == load_offices(FILES)["1471"].hours


def row(weekdays: set[int], start: int, end: int, **more: Any) -> HoursRow:
    return HoursRow(weekdays=frozenset(weekdays), intervals=(Span(time(start), time(end)),), **more)


def test_a_special_period_stands_above_the_ordinary_hours():
    """Ramadan shortens Tuesday while it lasts, and leaves Monday as it is."""
    ramadan = {"valid_from": date(2027, 2, 8), "valid_until": date(2027, 3, 9)}
    hours = OpeningHours((row({0, 1}, 8, 16), row({1}, 8, 14, special="Ramadan", **ramadan)))
    assert hours.closing_time(date(2027, 2, 9)) == time(14)
    assert hours.closing_time(date(2027, 2, 8)) == time(16)
    assert hours.closing_time(date(2027, 3, 16)) == time(16)


def test_of_ordinary_rows_the_latest_to_begin_holds():
    hours = OpeningHours((row({0}, 8, 15), row({0}, 9, 17, valid_from=date(2027, 1, 4))))
    assert hours.closing_time(date(2026, 12, 28)) == time(15)
    assert hours.closing_time(date(2027, 1, 4)) == time(17)


def test_breaks_cut_intervals():
    """Several intervals a day; a break that ends an interval leaves no empty rest."""
    day = HoursRow(
        weekdays=frozenset({0}),
        intervals=(Span(time(13), time(16)), Span(time(8), time(12))),
        breaks=(Span(time(15), time(16)), Span(time(9), time(10))),
    )
    assert OpeningHours((day,)).spans(date(2026, 11, 23)) == (
        Span(time(8), time(9)),
        Span(time(10), time(12)),
        Span(time(13), time(15)),
    )


# What is refused.

OPEN = {"start": "08:00", "end": "16:00"}
DAY = {"date": "2026-11-24", "kind": "closure", "decree_no": "B-7", "name": "Pindah"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"opening_hour": []}, "opening_hour: Unknown field"),
        ({"standard.fee": "0"}, "standard.fee: Unknown field"),
        ({"name": " "}, "name: Must not be blank"),
        ({"name": ["a"]}, "name: Not a valid string"),
        ({"standard": "free"}, "standard: Invalid input type"),
        ({"standard.requirements.online": []}, "standard.requirements.online: Shorter than"),
        ({"time_zone": "Asia/Pekanbaru"}, "time_zone: Not a time zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone: Not a time zone"),
        ({"time_zone": ""}, "time_zone: Not a time zone"),
        ({"time_zone": "Asia"}, "time_zone: Not a time zone"),
        ({"mail_from": "bps1471"}, "mail_from: Not a valid email"),
        ({"recipients.alarms": ["bps1471"]}, "recipients.alarms.0: Not a valid email"),
        (
            {"recipients.summary": ["a@bps.go.id", "a@bps.go.id"]},
            "recipients.summary: Must name each once",
        ),
        ({"recipients": {}}, "recipients.alarms: Missing data"),
        ({"counters.0.stop": "lobby"}, "counters.0.stop: Must be one of"),
        ({"opening_hours.0.weekdays": ["senin"]}, "opening_hours.0.weekdays.0: Must be one of"),
        (
            {"opening_hours.1.intervals.0.end": "4 pm"},
            "opening_hours.1.intervals.0.end: Not a time",
        ),
        ({"opening_hours.1.intervals.0.end": "07:00"}, "intervals.0.end: Must lie after start"),
        ({"opening_hours.0.intervals": [OPEN, OPEN]}, "intervals: Must not overlap"),
        ({"opening_hours.0.breaks.0.end": "17:00"}, "breaks: Istirahat: outside"),
        ({"opening_hours.0.valid_from": "1 Jan"}, "valid_from: Not a date"),
        (
            {
                "opening_hours.0.valid_from": "2027-02-01",
                "opening_hours.0.valid_until": "2027-01-01",
            },
            "valid_until: Must not lie before",
        ),
        ({"policy.reminder_days": ["3", "7"]}, "policy.reminder_days: Must rise and stay below"),
        ({"policy.reminder_days": ["1", "2", "3", "4"]}, "Longer than maximum length 3"),
        ({"policy.silence_days": "seven"}, "policy.silence_days: Not a valid integer"),
        ({"calendar": [DAY | {"kind": "party"}]}, "calendar.0.kind: Must be one of"),
        ({"calendar": [DAY, DAY]}, "calendar: More than one entry for 2026-11-24"),
        ({"office": "1400"}, "office: is 1400, but the file is named 1471"),
    ],
)
def test_a_wrong_field_is_named_in_one_line(file_with, changes, named):
    directory = file_with(changes)
    with pytest.raises(OfficeFileError) as refusal:
        load_offices(directory)
    message = str(refusal.value)
    assert message.startswith(f"{directory / '1471.yaml'}: ")
    assert named in message
    assert "\n" not in message


def test_a_missing_field_is_named(tmp_path):
    (tmp_path / "1471.yaml").write_text("office: '1471'\n")
    with pytest.raises(OfficeFileError, match="standard: Missing data"):
        load_offices(tmp_path)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name: [unfinished", "not YAML: "),
        ("name: a\nname: b\n", "name is given twice"),
        ("? [a, b]\n: c\n", "is no name"),
        ("- a\n- b\n", "the whole file: Invalid input type"),
        ("", "the whole file: "),
        ("name: !!python/object/apply:os.getcwd []\n", "name: "),
        ("name: \x07\n", "not YAML: "),
    ],
)
def test_what_is_not_an_office_file_is_said_in_one_line(tmp_path, text, named):
    (tmp_path / "1471.yaml").write_text(text)
    with pytest.raises(OfficeFileError) as refusal:
        load_offices(tmp_path)
    assert named in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "1471.yaml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(OfficeFileError, match="cannot be read"):
        load_offices(tmp_path)


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(OfficeFileError, match="nowhere: no such directory"):
        load_offices(tmp_path / "nowhere")


def test_a_directory_without_office_files_is_named(tmp_path):
    with pytest.raises(OfficeFileError, match="no office file"):
        load_offices(tmp_path)


def texts(part: Any) -> Iterator[str]:
    """Every string inside a document."""
    if isinstance(part, str):
        yield part
    else:
        for inner in part.values() if isinstance(part, dict) else part:
            yield from texts(inner)
