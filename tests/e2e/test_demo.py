"""The guided tour, `make demo`: what a newcomer sees; all that it promises of the morning happens,
and its report is what was heard."""

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from deploy.demo.visitors import SEED, drawn
from tests.e2e.demo import COMMAND, demo, environment
from tests.support import ROOT, Person, Stack, meanwhile

MINUTE = timedelta(minutes=1)
A_LITTLE = timedelta(seconds=3)

Envelope = dict[str, Any]


@dataclass(frozen=True)
class Toured:
    """What the whole tour said, and what other systems heard of its morning meanwhile."""

    said: str
    events: list[Envelope]


@pytest.fixture(scope="module")
def toured(stack: Stack) -> Toured:
    """The tour, taken once from the first page to the last, while somebody listens."""
    stack.wait_ready()
    with stack.subscriber("1471.queue.*") as other:
        with meanwhile(other.drain, every=1.0):
            done = demo(stack.run_dir)
        assert done.returncode == 0, done.stdout + done.stderr
        told = [event for _, event in other.drain()]
    day = told[-1]["subject"].split(".")[1]
    return Toured(done.stdout, [e for e in told if day in e["subject"].replace("-", "")])


@pytest.fixture(scope="module")
def tour(toured: Toured) -> str:
    """What the whole tour says."""
    return toured.said


@pytest.fixture(scope="module")
def morning(toured: Toured) -> str:
    """What is said of it."""
    said = toured.said
    return said[said.index("── A morning") : said.index("── Where to go")]


@pytest.fixture(scope="module")
def report(morning: str) -> str:
    """How it ends."""
    return morning[morning.index("The waiting report") :]


@pytest.fixture(scope="module")
def events(toured: Toured) -> list[Envelope]:
    return toured.events


def named(events: list[Envelope], *names: str) -> list[Envelope]:
    """Return what there was of these, in order."""
    return [e for e in events if e["type"].split(".")[-2] in names]


def only(events: list[Envelope], name: str) -> Envelope:
    """Return the only one of a name."""
    (event,) = named(events, name)
    return event


def at(event: Envelope) -> datetime:
    """Return when it happened."""
    return datetime.fromisoformat(event["time"])


def numbers(events: list[Envelope]) -> dict[str, str]:
    """Return the numbers by ticket."""
    return {e["subject"]: e["data"]["number"] for e in named(events, "ticket_issued")}


def begun(events: list[Envelope]) -> list[dict[str, Any]]:
    """Return what was said of each visitor's beginning; of who was transferred, of the first."""
    later_first = reversed(named(events, "service_started"))
    return list({e["subject"]: e["data"] for e in later_first}.values())


def seconds(text: str) -> int:
    """Read `26 s` and `10 min 30 s`."""
    full, _, rest = text.rpartition(" min ")
    return 60 * int(full or 0) + int(rest.removesuffix(" s"))


def line(morning: str, number: str, text: str) -> str:
    """Return the one line in which this is said of a number."""
    (found,) = re.findall(rf"^ +\d\d\.\d\d\.\d\d  {number} +.*{text}.*$", morning, re.MULTILINE)
    return str(found)


def test_siti_is_answered(tour: str) -> None:
    """Four e-mails come to her, the note stays inside, the double click has one effect."""
    first = tour[tour.index("── Siti") : tour.index("── Rian")]
    subjects = re.findall(r"│ \[KS-1471-\d{4}-\d{6}\] (.*)", first)
    assert len(subjects) == 4
    assert first.count("┌ e-mail to Siti Rahma <siti@example.com>") == 4
    assert "Budi sees 3 messages" in first
    assert "Siti sees 2 messages" in first
    assert "limit met" in first
    assert "Idempotency-Replayed: true" in first


def test_limit_is_told_with_the_days_it_leaves_out(tour: str) -> None:
    """In Indonesian, by name."""
    assert re.search(r"due \w+, \d+ \w+ \d{4} pukul \d\d\.\d\d WIB", tour)
    assert "(Hari Raya Natal)" in " ".join(tour.split())


def test_rian_is_reminded_closed_by_silence_and_reopened(tour: str) -> None:
    """Reminders at nine on days 3, 5 and 6, the end at the last second of day 7."""
    second = tour[tour.index("── Rian") : tour.index("── Looking back")]
    assert re.findall(r"Day (\d) of silence: reminder (\d)", second) == [
        ("3", "1"),
        ("5", "2"),
        ("6", "3"),
    ]
    assert len(re.findall(r"→ 09\.00\.\d\d  silence_reminder_due", second)) == 3
    assert second.count("Menunggu balasan Anda") == 3
    assert re.search(r"consultation_closed, reason user_silent", second)
    assert "│ [KS-" in second[second.index("user_silent") :]
    assert re.search(r"KS-1471-\d{4}-\d{6}: in progress, turn: officer", second)


def test_published_events_are_shown_in_order(tour: str) -> None:
    """As the subscriber got them, each with the step that caused it or the clock."""
    second = tour[tour.index("── Rian") : tour.index("── Looking back")]
    rows = re.findall(r"^ {4}\d\d\.\d\d\.\d\d  (\S+) +\d* +(\w+)", second, re.MULTILINE)
    by_clock = [name for cause, name in rows if cause == "clock" and name[:5] != "notif"]
    assert by_clock == [*["silence_reminder_due"] * 3, "consultation_closed"]
    told = [name for cause, name in rows if cause != "clock" and name[:5] != "notif"]
    assert told[:2] == ["consultation_submitted", "request_accepted"]
    assert told[-2:] == ["consultation_reopened", "message_posted"]


def test_state_is_shown_as_it_stood(tour: str) -> None:
    """After each decision, from `?at=`; the log shows what is personal as sealed."""
    last = tour[tour.index("── Looking back") : tour.index("── A morning")]
    stood = re.findall(r"(?:user|officer) +(\S.* · .* · \d)$", last, re.MULTILINE)
    assert stood[0] == "submitted · not started · 1"
    assert stood[1] == "accepted · running · 1"
    assert stood[-1] == "closed · met · 5"
    assert '"question": "[sealed]"' in last


def test_tour_fits_the_page_and_has_no_colours_in_a_file(tour: str) -> None:
    """100 columns, but for paths and what is to be copied."""
    told = tour[: tour.index("── Where to go from here")]
    assert max(map(len, told.splitlines())) <= 100
    assert "\x1b" not in tour


def test_what_the_tour_offers_works_when_pasted(tour: str) -> None:
    """Rian gets his answer."""
    pasted = tour[tour.index("TOKEN=") :]
    answer = subprocess.run(
        ["bash", "-c", pasted], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert '"by":"officer"' in answer.stdout.replace(" ", "")


def test_all_visitors_come_and_are_served_but_the_one_who_gives_up(events: list[Envelope]) -> None:
    """Between eight and noon of one working day."""
    ends = Counter(e["subject"] for e in named(events, "service_finished", "ticket_cancelled"))
    assert set(ends) == set(numbers(events))
    assert len(ends) == len(drawn(SEED))
    assert len(named(events, "ticket_cancelled")) == 1
    assert at(events[-1]) - at(events[0]) < timedelta(hours=4)


def test_the_broken_promise_is_warned_of_and_told(morning: str, events: list[Envelope]) -> None:
    """At seven and at ten minutes, to the second, before anybody begins."""
    warned, broken = only(events, "start_limit_approaching"), only(events, "start_limit_breached")
    t0 = datetime.fromisoformat(broken["data"]["t0"])
    assert timedelta() <= at(warned) - t0 - 7 * MINUTE < A_LITTLE
    assert timedelta() <= at(broken) - t0 - 10 * MINUTE < A_LITTLE
    number = numbers(events)[broken["subject"]]
    ahead = numbers(events)[broken["data"]["ahead"]]
    assert line(morning, number, "7 of the 10 minutes")
    assert line(morning, number, f"10 minutes since {ahead} left")
    assert line(morning, number, "too late")
    late = [e for e in named(events, "service_started") if not e["data"]["within_limit"]]
    assert [e["subject"] for e in late] == [broken["subject"]]


def test_priority_overtakes(morning: str, events: list[Envelope]) -> None:
    """With its reason, which the report counts."""
    (number,) = (n for n in numbers(events).values() if n.startswith("P"))
    (desk,) = (
        e["data"]
        for e in named(events, "ticket_called")
        if e["data"]["number"] == number and e["data"]["stop"] == "desk"
    )
    assert desk["overtake_reason"] == "elderly"
    assert line(morning, number, f"before {desk['overtook']} who came earlier: elderly")


def test_no_show_is_missed_by_the_clock_and_comes_back(
    morning: str, events: list[Envelope]
) -> None:
    """After three calls; nobody pressed a button."""
    missed, back = only(events, "ticket_missed"), only(events, "ticket_reinstated")
    ticket = missed["subject"]
    assert (missed["actorkind"], missed["data"]["attempt"]) == ("system", 3)
    assert back["subject"] == ticket
    (started,) = (e for e in named(events, "service_started") if e["subject"] == ticket)
    assert at(missed) < at(back) < at(started)
    assert line(morning, numbers(events)[ticket], "nobody has come")
    assert line(morning, numbers(events)[ticket], "is here after all")


def test_mistake_is_undone(morning: str, events: list[Envelope]) -> None:
    """The second end counts the whole service."""
    undone = only(events, "service_finish_undone")
    first, second = (
        e for e in named(events, "service_finished") if e["subject"] == undone["subject"]
    )
    assert at(first) < at(undone) < at(second)
    assert second["data"]["duration_s"] > first["data"]["duration_s"]
    assert line(morning, numbers(events)[undone["subject"]], "by mistake: undone")


def test_power_cut_stops_the_service(morning: str, events: list[Envelope]) -> None:
    """For a quarter of an hour; somebody gives up meanwhile."""
    dark, light = only(events, "service_suspended"), only(events, "service_resumed")
    assert dark["data"]["reason_code"] == "power_cut"
    assert abs(at(light) - at(dark) - 15 * MINUTE) < A_LITTLE
    meanwhile = {e["type"].split(".")[-2] for e in events if at(dark) < at(e) < at(light)}
    assert "ticket_cancelled" in meanwhile
    assert not meanwhile & {"ticket_called", "service_started"}
    assert only(events, "ticket_cancelled")["actorkind"] == "user"
    gave_up = numbers(events)[only(events, "ticket_cancelled")["subject"]]
    assert line(morning, gave_up, "with the token")


def test_transferred_visitor_goes_first_at_the_other_desk(
    morning: str, events: list[Envelope]
) -> None:
    """And begins there anew."""
    moved = only(events, "ticket_transferred")
    starts = [e for e in named(events, "service_started") if e["subject"] == moved["subject"]]
    counters = [e["data"]["counter"] for e in starts]
    assert counters == [moved["data"]["counter"], moved["data"]["to_counter"]]
    assert line(morning, numbers(events)[moved["subject"]], "first there")


def test_missing_e_mail_is_written_down_with_its_reason(
    stack: Stack, morning: str, events: list[Envelope]
) -> None:
    """A deviation, not a refusal."""
    day = events[0]["subject"]
    found = [
        event["data"]
        for commit in stack.log_of("queue").find({"stream": f"day-{day}"})
        for event in commit["events"]
        if event["type"] == "guest_book_signed" and event["data"].get("no_email_reason")
    ]
    assert [each["no_email_reason"] for each in found] == ["has_none"]
    assert line(morning, numbers(events)[found[0]["ticket_id"]], "has no e-mail")


def test_report_says_what_was_heard(report: str, events: list[Envelope]) -> None:
    """Added up here once more, from another queue."""
    heard = begun(events)
    within, all_waits = sum(e["within_limit"] for e in heard), sorted(e["waited_s"] for e in heard)
    assert f"{len(numbers(events))} numbers given out: {len(heard)} finished, 1 cancelled" in report
    share = f"{100 * within / len(heard):.1f} %"
    assert f"{within} of {len(heard)} began within ten minutes: {share}" in report
    half, nine, longest = re.findall(
        r"half waited at most (.*), nine of ten (.*), the longest (.*)", report
    )[0]
    assert seconds(half) == all_waits[-(-len(heard) // 2) - 1]
    assert seconds(nine) == all_waits[-(-len(heard) * 9 // 10) - 1]
    assert seconds(longest) == all_waits[-1]
    assert "without an e-mail address, with the reason: 1" in report


def test_hours_of_the_report_add_up(report: str, events: list[Envelope]) -> None:
    """Eight to twelve."""
    rows = re.findall(r"^ +(\d\d)\.00–\d\d\.00 +(\d+) +(\d+) ", report, re.MULTILINE)
    assert [hour for hour, _, _ in rows] == ["08", "09", "10", "11"]
    assert sum(int(n) for _, n, _ in rows) == len(begun(events))
    assert sum(int(n) for _, _, n in rows) == sum(e["within_limit"] for e in begun(events))


def test_chart_has_a_bar_for_each_and_one_over_the_line(
    report: str, events: list[Envelope]
) -> None:
    """In eighty columns; the number above it is that of the broken promise."""
    chart = report[report.index("    min") : report.index("→ who listened")].splitlines()
    assert max(map(len, chart)) <= 80
    assert chart[0].split() == [
        "min",
        numbers(events)[only(events, "start_limit_breached")["subject"]],
    ]
    (limit,) = (row for row in chart if " 10 ┼" in row)
    assert limit.count("█") == 1
    (ground,) = (row for row in chart if "└" in row)
    assert ground.count("─") == 2 * len(begun(events)) - 1
    lowest = chart[chart.index(ground) - 1]
    bars = sum(e["waited_s"] > 0 for e in begun(events))
    assert sum(lowest.count(block) for block in "▁▂▃▄▅▆▇█") == bars


def test_queue_of_ten_is_what_the_board_showed(morning: str) -> None:
    """Asked at noon, by `?at=`."""
    board = re.search(r"10\.00\.\d\d  board (.*)   waiting (\S+)", morning)
    assert board
    asked = morning[morning.index("who was where at 10.00") :]
    shown = dict(zip(*[iter(board[1].split())] * 2, strict=True))
    at_counters = dict(re.findall(r"(FO-\d|K-\d): (\w+)", asked))
    assert at_counters == {c: "nobody" if n == "–" else n for c, n in shown.items()}
    assert set(at_counters.values()) != {"nobody"}
    waiting = re.findall(r"waiting for .*: (.*)", asked)
    assert len(re.findall(r"[AP]\d{3}", " ".join(waiting))) == len(board[2])


def test_morning_that_is_disturbed_says_why_and_how_to_go_on(stack: Stack, toured: Toured) -> None:
    """Somebody closes the day in the middle of it: the next working day this time."""
    sari = Person(stack.url, stack.token("supervisor", "sari"))
    with subprocess.Popen(
        (*COMMAND, "--story", "morning"),
        cwd=ROOT,
        env=environment(stack.run_dir, COLUMNS="80"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = ""
        while not re.search(r"\d  board ", said):
            said += process.stdout.readline()
        assert sari.post("/offices/1471/day/close").status_code == 200
        said += process.stdout.read()
        complaint = process.stderr.read()
    assert process.returncode == 1
    assert complaint.count("\n") == 1
    assert re.match(r"The morning stops on .* pukul 0[89]\.", complaint)
    assert re.search(r"was answered 409 \w+: .*`make demo STORY=morning` plays it anew", complaint)
    assert "Siti" not in said
    assert max(map(len, said.splitlines())) <= 80
    mornings = re.findall(r"in the office it is (\w+, .*) pukul", toured.said + said)
    assert mornings[-1] != mornings[-2]
    stack.travel_to(stack.now() + timedelta(hours=17))  # that day is closed: leave it to the past
