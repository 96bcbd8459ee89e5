"""What is away comes back, and nobody restarts anything else."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.e2e.test_consultation import opened
from tests.support import QUESTION, Stack, eventually

SERVICES = ("consultation", "queue", "notifier", "gateway")


@contextmanager
def away(stack: Stack, part: str):
    """Have a part stopped for a while; the processes of the others stay the same."""
    others = {name: stack.control.pid(name) for name in SERVICES if name != part}
    stack.control.stop(part)
    try:
        yield
    finally:
        stack.control.start(part)
    stack.wait_ready()
    assert {name: stack.control.pid(name) for name in others} == others


def refused(answer) -> bool:
    """Tell whether the answer is the one for an outage."""
    return (
        answer.status_code == 503
        and answer.json()["code"] == "unavailable"
        and int(answer.headers["Retry-After"]) >= 1
    )


@pytest.mark.parametrize("part", ["broker", "database", "consultation"])
def test_outage_is_answered_as_such(stack, part):
    """503 with `Retry-After`, nothing done; afterwards it works again without a restart."""
    path = f"/consultations/{stack.submit()['consultation_id']}"
    officer = stack.officer()
    version = officer.get(path).json()["version"]
    key = uuid.uuid4().hex
    with away(stack, part):
        assert refused(officer.post(f"{path}/accept", Idempotency_Key=key))
        assert refused(officer.get(path))
        assert officer.get("/offices/1471").status_code == 200
    assert officer.get(path).json()["version"] == version
    answer = officer.post(f"{path}/accept", Idempotency_Key=key)
    assert answer.status_code == 200, answer.text
    assert "Idempotency-Replayed" not in answer.headers


def test_what_was_refused_in_an_outage_is_not_done_later(stack):
    """The request expires in the broker when its caller stops waiting."""
    marker = uuid.uuid4().hex
    with away(stack, "consultation"):
        body = {**QUESTION, "contact": {"name": "Siti"}}
        answer = stack.officer().post("/consultations", body, X_Correlation_ID=marker)
        assert refused(answer)
    stack.submit()
    assert stack.log_of("consultation").count_documents({"correlation_id": marker}) == 0


def test_nothing_is_lost_on_connections_that_died_with_the_broker(stack):
    """Nobody confirms replies; those to the first requests after an outage come all the same."""
    path, officer = f"/consultations/{stack.submit()['consultation_id']}", stack.officer()

    def read_at_once() -> list[int]:
        with ThreadPoolExecutor(20) as pool:
            return [each.status_code for each in pool.map(officer.get, [path] * 20)]

    assert read_at_once() == [200] * 20  # over connections that are kept
    with away(stack, "broker"):
        pass
    assert read_at_once() == [200] * 20


def test_mail_waits_for_its_server(stack):
    """Tried again with growing pauses, then sent: once."""
    with away(stack, "mail"):
        _, _, _, address = opened(stack)
        eventually(lambda: deferred(stack, address))
    eventually(lambda: len(stack.mails(address)) == 1, within=60)


def test_mail_that_cannot_be_sent_is_seen_as_failed(stack):
    """After the last try it is given up, and the operators are told."""
    with stack.subscriber("*.notifier.notification_failed") as subscriber, away(stack, "mail"):
        resource, _, _, address = opened(stack)
        mine = resource["consultation_id"]

        def given_up():
            stack.pst("clock", "advance", "4h")
            return [e for _, e in subscriber.drain() if e["data"]["about"] == mine]

        (event,) = eventually(given_up, within=60, every=1)
        assert event["data"]["template"] == "consultation_submitted"
        assert event["data"]["error_code"]
    assert stack.mails(address) == []


def deferred(stack: Stack, address: str) -> bool:
    """Tell whether a delivery has been put off."""
    return stack.log_of("notifier").count_documents({"events.type": "delivery_deferred"}) > 0
