"""What an operator sees: health, metrics, logs, and the `pst` tool."""

import json
import subprocess
import uuid

import httpx
import pytest

from deploy import ports
from tests.e2e.test_consultation import answered
from tests.support import QUESTION, ROOT, Stack, eventually

SERVICES = ("gateway", "consultation", "queue", "notifier")


def ops(stack: Stack, service: str, path: str) -> httpx.Response:
    """Ask the operators' port of a process."""
    return httpx.get(f"http://127.0.0.1:{ports.load(stack.run_dir)[service]}{path}", timeout=10)


@pytest.mark.parametrize("service", SERVICES)
def test_healthy_process_says_so(stack, service):
    """Live and ready, check by check."""
    assert ops(stack, service, "/health/live").json() == {"status": "live"}
    ready = ops(stack, service, "/health/ready")
    assert ready.status_code == 200
    assert set(ready.json()["checks"].values()) == {"ok"}


def test_broker_away_is_unready_not_dead(stack):
    """An operator sees which part is missing; the process goes on."""
    stack.control.stop("broker")
    try:
        for service in SERVICES:
            eventually(lambda s=service: ops(stack, s, "/health/ready").status_code == 503)
            assert ops(stack, service, "/health/live").status_code == 200
        words = ops(stack, "consultation", "/health/ready").json()["checks"]
        assert words["broker"] == "cannot connect"
        assert words["database"] == "ok"
    finally:
        stack.control.start("broker")
    stack.wait_ready()


def test_metrics_count_commands_and_lag(stack):
    """By what they came to."""
    answered(stack)
    text = ops(stack, "consultation", "/metrics").text
    assert 'pst_commands_total{command="accept",result="ok",service="consultation"}' in text
    ops(stack, "consultation", "/health/ready")
    text = ops(stack, "consultation", "/metrics").text
    assert "pst_relay_lag_commits" in text
    assert 'pst_deadlines_late_seconds{service="consultation"}' in text


def test_correlation_id_is_in_every_log(stack):
    """One id from the call through all processes that have to do with it."""
    trace = f"lacak-{uuid.uuid4().hex[:8]}"
    stack.officer().post("/consultations", QUESTION, X_Correlation_ID=trace)

    def seen_by(service):
        lines = (stack.run_dir / f"log/{service}.log").read_text().splitlines()
        entries = [json.loads(line) for line in lines if trace in line and line[0] == "{"]
        return [e for e in entries if e["correlation_id"] == trace]

    for service in ("gateway", "consultation", "notifier"):
        eventually(lambda s=service: seen_by(s))


def test_log_show_tells_the_story_sealed(stack):
    """Facts in order; personal texts only with --clear."""
    path, _, _, address = answered(stack)
    stream = f"consultation-{path.rpartition('/')[2]}"
    shown = stack.pst("log", "show", stream)
    assert [line.split()[3] for line in shown.splitlines()][:2] == [
        "consultation_submitted",
        "request_accepted",
    ]
    assert address not in shown
    assert "[sealed]" in shown
    assert address in stack.pst("log", "show", "--clear", stream)


def test_parked_messages_are_listed_shown_and_sent_back(stack):
    """From the tool, by the operator."""
    from kernel.broker import Publisher

    name = f"buruk-{uuid.uuid4().hex[:8]}"
    publisher = Publisher(stack.settings.amqp_url)
    publisher.publish(
        b"{not json",
        exchange="pst.events",
        routing_key="1471.consultation.broken",
        content_type="application/cloudevents+json",
        message_id=name,
    )
    publisher.close()
    eventually(lambda: name in stack.pst("parked", "list", "notifier"), every=0.5)
    assert "{not json" in stack.pst("parked", "show", "notifier", name)
    assert "sent back" in stack.pst("parked", "retry", "notifier", name)
    eventually(lambda: name in stack.pst("parked", "list", "notifier"), every=0.5)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["log", "show", "consultation-none"], "no stream named consultation-none"),
        (["log", "show", "x", "--service", "nothing"], "no service named 'nothing'"),
        (["parked", "show", "notifier", "none"], "no message none is parked"),
        (["parked", "retry", "notifier"], "name one message, or say --all"),
        (["clock", "advance", "soon"], "no duration"),
        (["token", "--role", "king", "--sub", "x"], "king"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_tool_says_what_is_wrong(stack, words, says):
    """One line, and an exit code that a script can see."""
    done = subprocess.run(
        [ROOT / ".venv/bin/pst", *words],
        env={"PST_RUN_DIR": str(stack.run_dir), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_clock_does_not_travel_unless_told(stack):
    """Without the setting the command is refused."""
    env = {"PST_RUN_DIR": str(stack.run_dir), "PATH": "/usr/bin:/bin", "PST_TIME_TRAVEL": "0"}
    command = [ROOT / ".venv/bin/pst", "clock", "advance", "1d"]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "time travel is off" in done.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"PST_MASTER_KEY": ""}, "PST_MASTER_KEY is not set"),
        ({"PST_MASTER_KEY": "kurz"}, "PST_MASTER_KEY is wrong"),
        ({"PST_AMQP_URL": "http://x"}, "PST_AMQP_URL is wrong"),
        ({"PST_OPS_PORT": "many"}, "PST_OPS_PORT is wrong"),
        ({"PST_OFFICES": "/nowhere"}, "/nowhere"),
        ({"PST_FILES_URL": "s3://bucket"}, "PST_FILES_URL is wrong"),
        ({"PST_FILES_URL": ""}, "PST_FILES_URL is not set"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_wrong_setting_is_one_line_and_exit_2(stack, change, says):
    """Named, with what was expected; no secret is printed."""
    env = {**stack.env, "PST_OPS_PORT": "0", **change, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "host.serve", "consultation"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "kurz" not in done.stderr
