"""E-mails to an office about its queue, from the clock to the mail server; told in its own time."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.events import CONTENT_TYPE
from contracts.topology import consumer_queue
from kernel.broker import Publisher
from services.notifier.channels.wording import share, span
from tests.e2e.walk_in import JAYAPURA, Office, next_nine
from tests.support import ROOT, Stack, eventually

MINUTE = timedelta(minutes=1)
SUPERVISOR = "bps9471@bps.go.id"


@pytest.fixture
def jayapura(stack: Stack) -> Iterator[Office]:
    """The second office as deployed, at nine o'clock of a day on which nobody has come yet."""
    stack.travel_to(next_nine(stack, ROOT / "deploy/offices", JAYAPURA))
    office = Office(stack, JAYAPURA)
    yield office
    if office.budi.get(f"/offices/{JAYAPURA}/queue").json()["day_status"] != "closed":
        office.clear()
        office.sari.post(f"/offices/{JAYAPURA}/day/close")


def arrived(office: Office, words: str) -> list[EmailMessage]:
    """Return today's e-mails to the office whose subject has these words."""
    found = [m for m in office.stack.mails(SUPERVISOR) if words in m["Subject"]]
    return [m for m in found if today(office) in m["References"].replace("-", "")]


def facts(office: Office, template: str) -> list[str]:
    """Return what the notifier has recorded of today's e-mails of one kind, in the log's order."""
    commits = office.stack.log_of("notifier").find({"events.data.template": template})
    events = [e for c in sorted(commits, key=lambda c: c["position"]) for e in c["events"]]
    mine = [e for e in events if today(office) in e["data"]["about"].replace("-", "")]
    return [e["data"].get("reason") or e["type"] for e in mine]


def today(office: Office) -> str:
    """Return which day it is there, as the ids of tickets and of days name it."""
    return f"{office.stack.now().astimezone(ZoneInfo('Asia/Jayapura')):%Y%m%d}"


def tell_again(stack: Stack, event: dict[str, Any]) -> None:
    """Deliver an event to the notifier three more times."""
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


def kill_notifier(stack: Stack) -> None:
    """End it hard; the supervisor starts it again."""
    os.kill(stack.control.pid("notifier"), signal.SIGKILL)
    stack.wait_ready("notifier")


def plain(mail: EmailMessage) -> str:
    """Return its text, each paragraph and point on one line."""
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def test_breaches_are_told_once_and_kept_apart(jayapura: Office) -> None:
    """Ten minutes pass, and nobody begins: one e-mail; a quarter of an hour later the next."""
    stack = jayapura.stack
    jayapura.issue()
    with stack.subscriber("9471.queue.start_limit_breached") as subscriber:
        stack.travel_to(stack.now() + 10 * MINUTE)
        (mail,) = eventually(lambda: arrived(jayapura, "belum dilayani"))
        ((_, event),) = eventually(subscriber.drain)
    assert mail["Subject"] == "A001 belum dilayani, sejak 09.00 WIT"
    assert "Menunggu: 1 reguler, 0 prioritas - Batas terlewati hari ini: 1 kali" in plain(mail)

    tell_again(stack, event)
    kill_notifier(stack)
    jayapura.issue(lane="priority", priority_reason="elderly")
    stack.travel_to(stack.now() + 10 * MINUTE)  # 09.20: five more minutes of quiet
    told_of_first = ["notification_requested", "notification_sent"]
    told_of_second = ["notification_requested", "delivery_deferred"]
    template = "start_limit_breached"
    eventually(lambda: facts(jayapura, template) == told_of_first + told_of_second)
    assert len(arrived(jayapura, "belum dilayani")) == 1

    stack.travel_to(stack.now() + 6 * MINUTE)
    (both,) = eventually(lambda: arrived(jayapura, "belum dilayani")[1:])
    assert both["Subject"] == "A001, P001 belum dilayani, sejak 09.00 WIT"
    assert mail["Message-ID"] != both["Message-ID"]


def test_alarm_about_who_was_served_meanwhile_is_not_sent(jayapura: Office) -> None:
    """The notifier was away; the breach is in the summary."""
    stack = jayapura.stack
    stack.control.stop("notifier")
    ticket = jayapura.issue()
    with stack.subscriber("9471.queue.start_limit_breached") as subscriber:
        stack.travel_to(stack.now() + 11 * MINUTE)
        eventually(subscriber.drain)
    jayapura.call_next("K-1")
    jayapura.step(ticket, "start")
    stack.control.start("notifier")
    told = ["notification_requested", "outdated"]
    eventually(lambda: facts(jayapura, "start_limit_breached") == told, within=60)
    assert arrived(jayapura, "belum dilayani") == []


def test_summary_of_the_day_holds_the_figures_of_the_report(jayapura: Office) -> None:
    """While the queue service is away it waits; told again, it is one."""
    stack = jayapura.stack
    first, urgent, _ = (
        jayapura.issue(),
        jayapura.issue(lane="priority", priority_reason="pregnant"),
        jayapura.issue(),
    )
    for ticket in (urgent, first):
        assert jayapura.call_next("K-1").json()["ticket_id"] == ticket["ticket_id"]
        jayapura.step(ticket, "start")
        stack.travel_to(stack.now() + 4 * MINUTE)
        jayapura.step(ticket, "finish")
    jayapura.clear()  # the third goes home
    eventually(lambda: stack.caught_up("queue") and stack.caught_up("notifier"))
    stack.control.stop("notifier")
    with stack.subscriber("9471.queue.service_day_closed") as subscriber:
        closed = jayapura.sari.post(f"/offices/{JAYAPURA}/day/close").json()
        ((_, event),) = eventually(subscriber.drain)
    day = closed["service_date"]
    place = f"/offices/{JAYAPURA}/reports/waiting"
    report = jayapura.budi.get(place, **{"from": day, "to": day}).json()
    stack.control.stop("queue")
    try:
        stack.control.start("notifier")
        requested = ["notification_requested"]
        eventually(lambda: facts(jayapura, "day_summary") == requested, within=60)
    finally:
        stack.control.start("queue")
        stack.wait_ready()
    (mail,) = eventually(lambda: arrived(jayapura, "Antrean"), within=60)
    for words in figures(report):
        assert words in plain(mail), words

    tell_again(stack, event)
    kill_notifier(stack)
    tell_again(stack, event)
    about = stack.submit()["consultation_id"]  # comes after them in the queue
    sent = {"events.type": "notification_sent", "events.data.about": about}
    eventually(lambda: stack.log_of("notifier").find_one(sent), within=60)
    assert facts(jayapura, "day_summary") == ["notification_requested", "notification_sent"]
    assert len(arrived(jayapura, "Antrean")) == 1


def test_summary_told_at_once_lacks_nobody(jayapura: Office) -> None:
    """The report is read from a view, which follows the log; the summary waits for it."""
    for _ in range(4):
        jayapura.issue()
    jayapura.clear()
    assert jayapura.sari.post(f"/offices/{JAYAPURA}/day/close").is_success
    (mail,) = eventually(lambda: arrived(jayapura, "Antrean"))
    assert mail["Subject"].endswith(": 4 nomor, tidak ada yang dilayani")
    assert "Batal: 4 Hangus saat tutup: 0" in plain(mail)


def figures(report: dict[str, Any]) -> list[str]:
    """Return every figure of a report as the summary writes it."""
    tickets, wait = report["tickets"], report["wait"]
    assert (tickets["issued"], tickets["finished"], tickets["cancelled"]) == (3, 2, 1)
    (overtaken,) = report["overtakes"]
    part = share(report["share_within_limit"])
    return [
        f"Nomor diambil: {tickets['issued']}",
        f"Selesai dilayani: {tickets['finished']}",
        f"Dirujuk: {tickets['referred']}",
        f"Tidak datang: {tickets['no_show']}",
        f"Batal: {tickets['cancelled']}",
        f"Hangus saat tutup: {tickets['expired']}",
        f"Dimulai dalam 10 menit: {report['within_limit']} dari {report['started']} ({part})",
        f"Batas 10 menit terlewati: {report['breached']} kali",
        f"separuhnya paling lama {span(wait['p50_s'])}",
        f"9 dari 10 paling lama {span(wait['p90_s'])}",
        f"terlama {span(wait['max_s'])}",
        f"Tanpa alamat email: {report['without_email']}",
        f"Dilayani tanpa buku tamu: {report['without_guest_book']}",
        f"ibu hamil: {overtaken['calls']} panggilan, melewati {overtaken['overtaken']} nomor",
    ]
