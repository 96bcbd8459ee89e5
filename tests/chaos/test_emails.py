"""An e-mail is sent once, but for one in flight: whoever freezes, ends, or has no database."""

import uuid
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy import ports
from tests.integration.test_notifier_delivery import kinds, opened
from tests.integration.test_notifier_smtp import Server, serving
from tests.support import Stack, eventually, frozen

SUBMITTED = "consultation_submitted"

PATIENCE_S = 30
"""Who has not ended by then is ended hard by the supervisor."""


@pytest.fixture
def address() -> str:
    return f"siti-{uuid.uuid4().hex[:10]}@example.com"


def test_leader_frozen_before_the_message_leaves_it_to_the_next(stack, address):
    """Connected to a slow mail server, it stands still; awake, it sees that another has sent it."""
    port = ports.load(stack.run_dir)["mail"]
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
    with stack.another("notifier"), ExitStack() as standstill:
        leader = eventually(lambda: holder(stack))
        with frozen(stack.control.pid("mail")):
            about = opened(stack, address)["consultation_id"]
            eventually(lambda: connections(port))
            standstill.enter_context(frozen(leader))
        sent = ["notification_requested", "notification_sent"]
        eventually(lambda: kinds(stack, about, SUBMITTED) == sent, every=0.1)
        assert holder(stack) != leader
        assert len(stack.mails(address)) == 1
        assert len(connections(port)) == 1  # that of the frozen one
        standstill.close()
        eventually(lambda: not connections(port))
        assert len(stack.mails(address)) == 1
        assert kinds(stack, about, SUBMITTED) == sent


def test_process_told_to_end_does_not_wait_for_the_database_for_ever(stack, address):
    """What it could not record the next sends again at most: the same message, the same id."""
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
    stack.control.stop("notifier")
    handler = Freezing(stack)
    try:
        with serving(handler) as url, ExitStack() as last:
            last.callback(handler.standstill.close)
            with stack.another("notifier", PST_SMTP_URL=url):
                about = opened(stack, address)["consultation_id"]
                eventually(lambda: handler.taken)
                told_at = monotonic()
            assert monotonic() - told_at < PATIENCE_S
            handler.standstill.close()
            with stack.another("notifier", PST_SMTP_URL=url):
                eventually(lambda: "notification_sent" in kinds(stack, about, SUBMITTED))
        # the database may have got the outcome unawares, and have kept it after all
        assert len(handler.taken) in (1, 2)
        assert len({envelope.content for envelope in handler.taken}) == 1
        assert kinds(stack, about, SUBMITTED).count("notification_sent") == 1
    finally:
        stack.control.start("notifier")
        stack.wait_ready()


class Freezing(Server):
    """A mail server; the database stands still from the moment on at which it takes the first."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.standstill = ExitStack()
        self._stack = stack

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if not self.taken:
            self.standstill.enter_context(frozen(self._stack.control.pid("database")))
        return await super().handle_DATA(server, session, envelope)


def holder(stack: Stack) -> int | None:
    """Return the number of the process that leads the notifier."""
    lease: dict[str, Any] | None = stack.log_of("notifier").database["leases"].find_one("leader")
    return int(lease["holder"].split(":")[1]) if lease else None


def connections(port: int) -> list[str]:
    """Return those that have been opened to a port of this machine, seen from who opened them."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01"]
