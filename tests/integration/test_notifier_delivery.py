"""From a published event to an e-mail, through the real broker, log and mail server."""

import json
import socket
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from contracts.events import CONTENT_TYPE
from contracts.topology import consumer_queue
from kernel.broker import Publisher
from tests.support import Person, Stack, eventually


@pytest.fixture
def address() -> str:
    return f"siti-{uuid.uuid4().hex[:10]}@example.com"


def opened(stack: Stack, email: str | None) -> dict[str, Any]:
    """Open a consultation for a person of its own."""
    return stack.submit(contact={"name": "Siti Rahma", "email": email})


def answered(stack: Stack, address: str) -> tuple[dict[str, Any], Person]:
    """Open, accept and answer one; return it and its officer."""
    resource, officer = opened(stack, address), stack.officer()
    path = f"/consultations/{resource['consultation_id']}"
    assert officer.post(f"{path}/accept").status_code == 200
    answer = officer.post(f"{path}/messages", {"text": "Tabelnya ada di situs kami."})
    assert answer.status_code == 201
    return resource, officer


def told(stack: Stack, about: str) -> list[dict[str, Any]]:
    """Return the facts of all notifications about one consultation, in the log's order."""
    commits = stack.log_of("notifier").find({"events.data.about": about})
    return [e for c in sorted(commits, key=lambda c: c["position"]) for e in c["events"]]


def kinds(stack: Stack, about: str, template: str) -> list[str]:
    """Return what happened to one notification."""
    return [e["type"] for e in told(stack, about) if e["data"]["template"] == template]


def takes_mail(stack: Stack) -> bool:
    """Tell whether the mail server takes connections."""
    server = urlsplit(stack.settings.smtp_url)
    try:
        socket.create_connection((server.hostname, server.port or 25), timeout=1).close()
    except OSError:
        return False
    return True


def test_the_intent_comes_before_the_outcome(stack, address):
    """Written down first, sent, then written down as sent."""
    about = opened(stack, address)["consultation_id"]
    eventually(
        lambda: (
            kinds(stack, about, "consultation_submitted")
            == ["notification_requested", "notification_sent"]
        )
    )
    (mail,) = stack.mails(address)
    assert mail["Message-ID"].startswith(f"<{told(stack, about)[0]['data']['notification_id']}@")


def test_an_event_delivered_again_is_no_second_email(stack, address):
    """The log is the inbox: what an event called for is found there."""
    with stack.subscriber("*.consultation.consultation_submitted") as subscriber:
        resource = opened(stack, address)
        about = resource["consultation_id"]

        def mine() -> list[dict[str, Any]]:
            return [e for _, e in subscriber.drain() if e["subject"] == about]

        (event,) = eventually(mine)
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
    stack.officer().post(f"/consultations/{about}/accept")  # comes after them in the queue
    eventually(lambda: "notification_sent" in kinds(stack, about, "request_accepted"))
    assert kinds(stack, about, "consultation_submitted").count("notification_requested") == 1
    assert len(stack.mails(address)) == 2


def test_who_has_no_address_is_served_without_emails(stack):
    """Seen as suppressed, with the reason, by whoever listens."""
    with stack.subscriber("*.notifier.notification_suppressed") as subscriber:
        about = opened(stack, None)["consultation_id"]

        def mine() -> list[dict[str, Any]]:
            return [e["data"] for _, e in subscriber.drain() if e["data"]["about"] == about]

        (data,) = eventually(mine)
    assert data["reason"] == "no_address"
    assert data["template"] == "consultation_submitted"


def test_the_correlation_id_of_the_request_reaches_the_outcome(stack, address):
    """From the HTTP call to the published end of the notification."""
    mark = uuid.uuid4().hex
    about = opened(stack, address)["consultation_id"]
    with stack.subscriber("*.notifier.notification_sent") as subscriber:
        stack.officer().post(f"/consultations/{about}/accept", X_Correlation_ID=mark)

        def mine() -> list[dict[str, Any]]:
            return [e for _, e in subscriber.drain() if e["correlationid"] == mark]

        (event,) = eventually(mine)
    assert event["data"]["template"] == "request_accepted"


def test_a_reminder_overtaken_by_a_reply_is_not_sent(stack, address):
    """It waited for the mail server; meanwhile the person wrote."""
    resource, officer = answered(stack, address)
    about = resource["consultation_id"]
    path = f"/consultations/{about}"
    eventually(lambda: len(stack.mails(address)) == 3)
    stack.control.stop("mail")
    try:
        closes_at = officer.get(path).json()["silence"]["closes_at"]
        stack.travel_to(datetime.fromisoformat(closes_at) - timedelta(days=4, hours=1))
        eventually(lambda: "delivery_deferred" in kinds(stack, about, "silence_reminder_due"))
        user = stack.user(resource["subject_id"])
        assert user.post(f"{path}/messages", {"text": "Terima kasih"}).status_code == 201
    finally:
        stack.control.start("mail")
        eventually(lambda: takes_mail(stack))
    stack.pst("clock", "advance", "1h")
    ends = eventually(lambda: kinds(stack, about, "silence_reminder_due")[2:])
    assert ends[-1] == "notification_suppressed"
    assert len(stack.mails(address)) == 3
