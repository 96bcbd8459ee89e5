"""`pst vault forget` on a running system: the words go, the numbers stay."""

import json
import subprocess
import time
import uuid
from datetime import timedelta

import pika
import pytest

from contracts.common import rfc3339
from contracts.errors import Code
from contracts.events import EVENTS, Envelope
from contracts.topology import EVENTS_EXCHANGE, parked_queue, retry_queue
from deploy import ports
from kernel.personal import FORGOTTEN
from pst.parked_messages import parked_messages
from tests.api import problem
from tests.markers import traces
from tests.support import ROOT, eventually

ASKED = 8
FORGOTTEN_AFTER_S = 60.0
"""As promised: no constant of the code, which may be wrong."""


def pst(stack, *words):
    """Run the tool, whatever comes of it."""
    return stack.tool(*words)


def conversation(stack, mark, name="Nama"):
    """Have somebody say and be told things that bear a mark; return path and subject."""
    resource = stack.submit(
        topic=f"topik {mark}",
        question=f"tanya {mark}",
        contact={"name": f"{name}{mark}", "email": f"a{mark}@example.com", "phone": f"08{mark}"},
    )
    officer, user = stack.officer(), stack.user(resource["subject_id"])
    path = f"/consultations/{resource['consultation_id']}"
    officer.post(f"{path}/accept")
    officer.post(f"{path}/messages", {"text": f"jawab {mark}"})
    user.post(f"{path}/messages", {"text": f"balas {mark}"}, Idempotency_Key=f"k-{mark}")
    return path, resource["subject_id"]


def numbers(stack, path):
    """Return what statistics are made of: all but the words."""
    officer = stack.officer()
    document = officer.get(path).json()
    history = officer.get(f"{path}/history").json()["items"]
    listed = officer.get("/consultations", office="1471", limit=200).json()["items"]
    own = [row for row in listed if row["consultation_id"] == document["consultation_id"]]
    words = ("topic", "text", "messages")
    return (
        {k: v for k, v in document.items() if k not in words},
        [{k: v for k, v in m.items() if k not in words} for m in document["messages"]],
        [(i["version"], i["type"], i["occurred_at"], i["actor"]) for i in history],
        [{k: v for k, v in row.items() if k not in words} for row in own],
    )


def test_forgotten_person_leaves_numbers_only(stack):
    """Nothing in clear or recoverable, anywhere; what is counted is counted as before."""
    mark, other = uuid.uuid4().hex[:12], uuid.uuid4().hex[:12]
    path, subject = conversation(stack, mark)
    neighbour, _ = conversation(stack, other)
    stack.officer().post(f"{path}/close", {"reason": "resolved"})
    eventually(lambda: len(stack.mails(f"a{mark}@")) == 4)
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
    before = numbers(stack, path)
    assert mark in pst(stack, "vault", "export", subject).stdout

    with stack.subscriber("1471.*.subject_erased") as subscriber:
        said = stack.pst("vault", "forget", subject, "--yes")
        assert f"{subject}: forgotten." in said
        assert "1471" in said
        eventually(lambda: len(subscriber.drain()) == 3)
        told = dict(subscriber.drain())
    for service in ("consultation", "queue", "notifier"):
        event = told[f"1471.{service}.subject_erased"]
        assert Envelope().validate(event) == {}
        assert EVENTS[service, "subject_erased", 1]().validate(event["data"]) == {}
        assert event["data"] == {"office": "1471", "subject_id": subject}

    officer = stack.officer()
    seen = officer.get(path).json()
    assert [m["text"] for m in seen["messages"]] == [FORGOTTEN] * 3
    assert seen["topic"] == FORGOTTEN
    assert mark not in officer.get(f"{path}/history").text
    assert mark not in officer.get("/consultations", office="1471", limit=200).text
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
    assert numbers(stack, path) == before
    exported = pst(stack, "vault", "export", subject).stdout
    assert mark not in exported
    assert FORGOTTEN in exported
    assert traces(stack, mark) == []
    keys = stack.mongo[f"{stack.settings.db_prefix}_vault"]["keys"]
    assert set(keys.find_one({"_id": subject})) == {"_id", "forgotten_at"}
    assert "head" in stack.pst("log", "verify")
    assert other in officer.get(neighbour).text

    again = stack.pst("vault", "forget", subject, "--yes")
    assert "had been forgotten" in again
    assert stack.log_of("consultation").count_documents({"stream": f"subject-1471-{subject}"}) == 1
    ledger = (stack.run_dir / "erasures.jsonl").read_text().splitlines()
    assert [json.loads(line)["subject_id"] for line in ledger].count(subject) == 1


def test_every_process_forgets_within_a_minute(stack):
    """Two processes know the key, and are asked all the time; then neither says a word."""
    with stack.another("consultation"):
        path, subject = conversation(stack, mark := uuid.uuid4().hex[:12])
        eventually(lambda: stack.caught_up("consultation"))
        officer, user = stack.officer(), stack.user(subject)

        def answers():
            """Ask each read often enough that both processes, in their turns, answer."""
            listed = "/consultations?office=1471&limit=200"
            asked = [(officer, path), (officer, f"{path}/history"), (officer, listed), (user, path)]
            found = [who.get(p) for who, p in asked for _ in range(ASKED)]
            assert {answer.status_code for answer in found} == {200}
            return [mark in answer.text for answer in found]

        assert all(answers()), "not warm"
        stack.pst("vault", "forget", subject, "--yes")
        since, last = time.monotonic(), 0.0
        while time.monotonic() < since + FORGOTTEN_AFTER_S:
            last = time.monotonic() - since if any(answers()) else last
            time.sleep(0.5)  # the other tests want the processor, too
        print(f"\nlast word {last:.0f} s after the person was forgotten")
        assert not any(answers())
        assert not any(answers())


def test_nothing_more_is_kept_of_a_forgotten_person(stack):
    """409 `subject_erased` for words; what needs none goes on, and what is open ends: whoever
    asked cannot be answered any more, which is no breach of the limit."""
    path, subject = conversation(stack, uuid.uuid4().hex[:12])
    stack.pst("vault", "forget", subject, "--yes")
    officer = stack.officer()

    def refused():
        answer = officer.post(f"{path}/messages", {"text": "masih ada?"})
        return (answer.status_code, answer.json().get("code")) == (409, "subject_erased")

    eventually(refused)
    eventually(lambda: officer.get(path).json()["close_reason"] == "withdrawn")
    assert officer.get(f"{path}/history").json()["items"][-1]["data"]["closed_by"] == "system"


def test_open_question_of_a_forgotten_person_ends(stack):
    """With its meeting, and without a breach of the limit; that of a neighbour goes on."""
    officer, asked = stack.officer(), []
    for mark in (uuid.uuid4().hex[:12], uuid.uuid4().hex[:12]):
        contact = {"name": f"N{mark}", "email": f"a{mark}@example.com"}
        resource = stack.submit(contact=contact)
        path = f"/consultations/{resource['consultation_id']}"
        officer.post(f"{path}/accept")
        start = rfc3339(stack.now() + timedelta(days=1))
        meeting = {"kind": "zoom", "join_url": "https://zoom.us/j/1", "start": start}
        assert officer.post(f"{path}/meetings", {**meeting, "duration_min": 30}).status_code == 201
        asked.append((path, resource["subject_id"]))
    (path, subject), (neighbour, _) = asked
    stack.pst("vault", "forget", subject, "--yes")
    eventually(lambda: officer.get(path).json()["status"] == "closed")
    seen = officer.get(path).json()
    assert (seen["close_reason"], seen["sla"]["state"]) == ("withdrawn", "paused")
    assert seen["meetings"][0]["status"] == "cancelled"
    problem(officer.post(f"{path}/reopen", {"reason": "Salah."}), Code.SUBJECT_ERASED)
    assert officer.get(neighbour).json()["status"] == "accepted"


def test_owed_email_to_a_forgotten_person_is_suppressed(stack):
    """Asked for before, due after: nobody gets a letter to "[dihapus]"."""
    mark = uuid.uuid4().hex[:12]
    stack.control.stop("mail")
    try:
        with stack.subscriber("1471.notifier.*") as subscriber:
            resource = stack.submit(contact={"name": f"N{mark}", "email": f"a{mark}@example.com"})
            about = resource["consultation_id"]
            intents = {"events.data.about": about, "events.type": "delivery_deferred"}
            eventually(lambda: stack.log_of("notifier").count_documents(intents))
            stack.pst("vault", "forget", resource["subject_id"], "--yes")
            stack.control.start("mail")
            stack.travel_to(stack.now() + timedelta(minutes=1))

            def outcome():
                told = [e for _, e in subscriber.drain() if e["data"].get("about") == about]
                return [(e["type"].split(".")[-2], e["data"].get("reason")) for e in told]

            withheld = ("notification_suppressed", "subject_erased")
            eventually(lambda: outcome() == [withheld] * 2)  # that it began, and that it ended
    finally:
        if not stack.control.pid("mail"):
            stack.control.start("mail")
    assert stack.mails(mark) == []
    assert stack.mails("dihapus") == []


def test_parked_message_that_names_a_forgotten_person_is_dropped(stack):
    """What came from elsewhere may say anything; what is as we publish may stay."""
    mark, (_, subject) = uuid.uuid4().hex[:12], conversation(stack, uuid.uuid4().hex[:12])
    golden = ROOT / "tests/fixtures/events/consultation.consultation_submitted.v1.json"
    ours = json.loads(golden.read_text())
    ours["data"]["subject_id"] = subject
    bodies = {
        f"asing-{mark}": json.dumps({"name": f"N{mark}", "who": subject}),
        f"lebih-{mark}": json.dumps({**ours, "data": {**ours["data"], "name": f"N{mark}"}}),
        f"kita-{mark}": json.dumps(ours),
        f"lain-{mark}": "orang lain",
    }
    # of a content type that is parked at once, whatever the body says
    key = "1471.consultation.consultation_submitted"
    publish(stack, EVENTS_EXCHANGE, key, bodies)
    worded = f"kepala-{mark}"  # as published, but for what its header says
    publish(stack, EVENTS_EXCHANGE, key, {worded: json.dumps(ours)}, {"x-name": f"N{mark}"})
    signed, own = f"sifat-{mark}", f"gaya-{mark}"  # but for a property, for a header like ours
    # as the broker parks what took its consumer down: with all its properties
    publish(stack, "", parked_queue("notifier"), {signed: json.dumps(ours)}, app_id=f"N{mark}")
    publish(stack, EVENTS_EXCHANGE, key, {own: json.dumps(ours)}, {"x-pst-name": f"N{mark}"})
    bodies |= dict.fromkeys((worded, signed, own), "")

    def parked():
        said = stack.pst("parked", "list", "notifier")
        return {message_id for message_id in bodies if message_id in said}

    eventually(lambda: parked() == set(bodies))
    said = stack.pst("vault", "forget", subject, "--yes")
    assert parked() == {f"kita-{mark}", f"lain-{mark}"}
    assert f"asing-{mark}" in said
    assert worded in said
    assert "kita" not in said


def test_message_to_be_tried_again_that_names_a_forgotten_person_is_dropped(stack):
    """On any step of the ladder; and it is said what could not be looked at."""
    mark, (_, subject) = uuid.uuid4().hex[:12], conversation(stack, uuid.uuid4().hex[:12])
    step, other = retry_queue("notifier", 600), f"lain-{mark}"
    publish(stack, "", step, {f"asing-{mark}": f"N{mark} {subject}", other: "orang lain"})
    publish(stack, "", retry_queue("notifier", 120), {f"juga-{mark}": f"N{mark} {subject}"})
    said = stack.pst("vault", "forget", subject, "--yes")
    assert f"Failed message asing-{mark} named them and was dropped." in said
    assert f"Failed message juga-{mark} named them and was dropped." in said
    assert other not in said
    assert "Not looked at: what notifier has yet to take in (waiting: 0)." in said
    with parked_messages(stack.settings.amqp_url, "notifier") as messages:
        assert [m.id for m in messages.climbing() if mark in m.id] == [other]
        for message in messages.climbing():
            messages.drop(message)


def publish(stack, exchange, routing_key, bodies, headers=None, **words):
    """Send messages as some other system would: id → body."""
    with pika.BlockingConnection(pika.URLParameters(stack.settings.amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for message_id, body in bodies.items():
            properties = pika.BasicProperties(
                message_id=message_id, content_type="text/plain", headers=headers, **words
            )
            channel.basic_publish(exchange, routing_key, body.encode(), properties, mandatory=True)


def test_forgetting_beside_a_broker_that_is_away_says_what_remains(stack):
    """Done is what protects the person; the same command again does the rest."""
    _, subject = conversation(stack, uuid.uuid4().hex[:12])
    words = ("vault", "forget", subject, "--yes")
    done = subprocess.run(
        [ROOT / ".venv/bin/pst", *words],
        env={**stack._environ, "PST_AMQP_URL": f"amqp://127.0.0.1:{ports.free()}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, f"{subject}: forgotten." in done.stdout) == (1, True)
    assert f"pst: {subject} is forgotten, but parked messages" in done.stderr
    assert "run this again" in done.stderr
    assert "had been forgotten; completed" in stack.pst(*words)


def test_export_is_everything_and_only_theirs(stack):
    """Every fact of every stream that concerns them, others' words sealed; the same each time."""
    mark, other = uuid.uuid4().hex[:12], uuid.uuid4().hex[:12]
    path, subject = conversation(stack, mark)
    conversation(stack, other)
    key = path.rpartition("/")[2]
    eventually(lambda: len(stack.mails(f"a{mark}@")) == 3)
    eventually(lambda: stack.caught_up("notifier"))
    done = pst(stack, "vault", "export", subject)
    assert done.returncode == 0
    held = json.loads(done.stdout)
    facts = held["services"]["consultation"][f"consultation-{key}"]
    assert len(facts) == len(stack.officer().get(f"{path}/history").json()["items"])
    assert facts[0]["data"]["contact_email"] == f"a{mark}@example.com"
    sent = [f["type"] for stream in held["services"]["notifier"].values() for f in stream]
    assert sent.count("notification_sent") == 3
    assert other not in done.stdout
    assert pst(stack, "vault", "export", subject).stdout == done.stdout
    nobody = pst(stack, "vault", "export", "tidak-ada")
    assert json.loads(nobody.stdout)["services"] == {}
    assert "nothing is held about tidak-ada" in nobody.stderr


@pytest.mark.parametrize("words", [("vault", "forget", "tidak-ada", "--yes")])
def test_unknown_person_is_not_forgotten(stack, words):
    """A slip of the pen is told, and nothing is done."""
    done = pst(stack, *words)
    assert done.returncode == 1
    assert "nobody is known as tidak-ada" in done.stderr


def test_forget_asks_first(stack):
    """And does nothing without a yes."""
    path, subject = conversation(stack, mark := uuid.uuid4().hex[:12])
    done = pst(stack, "vault", "forget", subject)
    assert done.returncode == 1
    assert mark in stack.officer().get(path).text
