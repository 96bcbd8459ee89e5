"""The operator's tool over what is parked and what is pending, on the real broker and database."""

import os
import signal
import subprocess
import uuid
from datetime import UTC, datetime, timedelta

import pika
import pytest
from click.testing import CliRunner

from contracts.topology import parked_queue
from kernel.broker import Publisher
from kernel.consumer import ERROR
from pst import cli, parked_messages
from pst.parked_messages import parked_messages as opened
from tests.support import ROOT, eventually

SERVICE = "notifier"


@pytest.fixture
def parked(stack):
    """Three messages that the notifier could not take in, and nothing else."""
    url = stack.settings.amqp_url
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().queue_purge(parked_queue(SERVICE))
    names = [f"buruk-{n}-{uuid.uuid4().hex[:6]}" for n in range(3)]
    publisher = Publisher(url)
    for name in names:
        publisher.publish(
            b"{not json",
            exchange="",
            routing_key=parked_queue(SERVICE),
            content_type="text/plain",
            message_id=name,
            headers={ERROR: "cannot be read"},
        )
    publisher.close()
    yield names
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().queue_purge(parked_queue(SERVICE))


@pytest.fixture
def pst(stack, monkeypatch):
    """Run the tool with somebody at the keyboard."""
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)

    def run(*words, answer=None):
        return CliRunner().invoke(cli.cli, list(words), input=answer)

    return run


def waiting(stack):
    """Return the ids of what is parked, the oldest first."""
    with opened(stack.settings.amqp_url, SERVICE) as messages:
        return [message.id for message in messages.all()]


def test_one_is_dropped_and_the_others_stay(stack, parked, pst):
    """After a yes; it is said what was dropped."""
    done = pst("parked", "drop", SERVICE, parked[1], answer="y\n")
    assert done.exit_code == 0, done.output
    assert f"{parked[1]}  cannot be read" in done.output
    assert "Drop 1 for good?" in done.output
    assert f"{parked[1]}  dropped" in done.output
    assert eventually(lambda: waiting(stack)) == [parked[0], parked[2]]


def test_nothing_is_dropped_without_a_yes(stack, parked, pst):
    """No is no, and so is the end of the input."""
    for answer in ("n\n", None):
        assert pst("parked", "drop", SERVICE, "--all", answer=answer).exit_code == 1
        eventually(lambda: waiting(stack) == parked)


def test_all_are_dropped_at_once(stack, parked, pst):
    """In a script nobody is asked."""
    said = pst("parked", "drop", SERVICE, "--all", "--yes").output
    assert said.splitlines() == [f"{name}  dropped" for name in parked]
    assert waiting(stack) == []
    assert "Nothing is parked" in pst("parked", "drop", SERVICE, "--all").output
    assert "Nothing is parked" in pst("parked", "list", SERVICE).output


def test_what_is_shown_stays(stack, parked, pst):
    """To look takes nothing away."""
    for name in parked:
        assert "cannot be read" in pst("parked", "show", SERVICE, name).output
        assert name in pst("parked", "list", SERVICE).output
    assert waiting(stack) == parked


def test_hostile_message_does_nothing_to_the_terminal(stack, parked, pst):
    """Its id is shown with the escapes written out, and is found again by what was shown."""
    publisher = Publisher(stack.settings.amqp_url)
    publisher.publish(
        '["\x9b2J"]'.encode(),
        exchange="",
        routing_key=parked_queue(SERVICE),
        content_type="application/json",
        message_id="jahat\x1b[2J\nx",
        headers={ERROR: "\x1b]0;title\x07"},
    )
    publisher.close()
    name = r"jahat\x1b[2J\nx"
    last = eventually(
        lambda: (said := pst("parked", "list", SERVICE).output.splitlines())[3:] and said[-1]
    )
    assert last == name + r"  \x1b]0;title\x07"
    shown = pst("parked", "show", SERVICE, name).output
    assert r"\x9b2J" in shown
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert pst("parked", "drop", SERVICE, name, "--yes").output == f"{name}  dropped\n"
    assert waiting(stack) == parked


def test_erasure_is_said_to_be_done_while_the_broker_is_away(stack, pst, monkeypatch):
    """Only what is parked is left to be looked through, when it is run again."""
    subject = stack.submit()["subject_id"]
    monkeypatch.setenv("PST_AMQP_URL", "amqp://127.0.0.1:1")
    done = pst("vault", "forget", subject, "--yes")
    assert done.exit_code == 1
    assert f"{subject} is forgotten, but parked messages" in str(done.exception)
    monkeypatch.setenv("PST_AMQP_URL", stack.settings.amqp_url)
    again = pst("vault", "forget", subject, "--yes")
    assert f"{subject}: had been forgotten; completed." in again.output


def test_which_to_drop_must_be_said(pst):
    """Neither or both is no answer."""
    for words in ([], ["some-id", "--all"]):
        done = pst("parked", "drop", SERVICE, *words)
        assert done.exit_code == 2
        assert "name one message, or say --all" in done.output


def test_tool_that_dies_before_the_answer_loses_nothing(stack, parked):
    """It held all of them."""
    tool = subprocess.Popen(
        [ROOT / ".venv/bin/pst", "parked", "drop", SERVICE, "--all"],
        env={**stack.env, "PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert tool.stdout.readline().decode().startswith(parked[0])
    tool.send_signal(signal.SIGKILL)
    tool.communicate()
    eventually(lambda: waiting(stack) == parked)


def test_tool_that_dies_between_sending_back_and_removing_loses_nothing(stack, parked, monkeypatch):
    """The message is then in both places, under one id."""

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(parked_messages.ParkedMessages, "drop", die)
    with pytest.raises(KeyboardInterrupt), opened(stack.settings.amqp_url, SERVICE) as messages:
        messages.retry(next(messages.all()))
    monkeypatch.undo()
    # the notifier cannot take it in this time either, and parks it again
    eventually(lambda: sorted(waiting(stack)) == sorted([*parked, parked[0]]), every=0.5)


def test_pending_dates_are_listed(stack, pst):
    """The next first, with a line on how many there are."""
    stack.submit()
    key = stack.submit()["consultation_id"]
    officer = stack.officer()
    assert officer.post(f"/consultations/{key}/accept").is_success
    stream = f"consultation-{key}"
    done = eventually(
        lambda: (
            stream in (said := pst("deadlines", "list", "consultation", "--limit", "999").output)
            and said
        )
    )
    head, *rows, total = done.splitlines()
    assert head.split() == ["due", "stream", "name"]
    assert [row.split()[0] for row in rows] == sorted(row.split()[0] for row in rows)
    assert total == f"{len(rows)} of {len(rows)} pending."
    own = [row.split() for row in rows if stream in row]
    assert [name for _, _, name in own] == ["limit_warning", "limit"]
    due = own[0][0]
    moment = datetime.fromisoformat(due)

    def listed(when):
        return pst(
            "deadlines", "list", "consultation", "--limit", "999", "--due-before", when
        ).output

    assert stream not in listed(due)
    assert stream in listed((moment + timedelta(seconds=1)).isoformat())
    assert stream in listed("30d")
    assert stream not in listed("1h")
    first = pst("deadlines", "list", "consultation", "--limit", "1").output.splitlines()
    # the column is as wide as the longest stream shown
    assert first[1].split() == rows[0].split()
    assert first[2:] == [f"1 of {len(rows)} pending."]
    assert moment > datetime.now(UTC)


def test_no_pending_dates_are_said_to_be_none(pst):
    """And what is no time is refused."""
    long_ago = pst("deadlines", "list", "consultation", "--due-before", "2020-01-01")
    assert long_ago.output == "No date of consultation is pending before 2020-01-01.\n"
    wrong = pst("deadlines", "list", "consultation", "--due-before", "soon")
    assert wrong.exit_code == 2
    assert "'soon' is no time" in wrong.output
