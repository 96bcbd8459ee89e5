"""Everything but the commits can be thrown away."""

from datetime import datetime
from typing import Any

from tests.e2e.test_consultation import answered, opened
from tests.support import Stack, eventually

KEPT = "commits"


def answers(stack: Stack, paths: list[str]) -> dict[str, Any]:
    """Ask every endpoint that reads."""
    officer = stack.officer()
    asked = [*paths, *(f"{p}/history" for p in paths)]
    lists = [
        "/consultations?limit=200",
        "/consultations?office=1471&status=closed&limit=200",
        "/consultations?overdue=true&limit=200",
        "/consultations?officer=budi",
        "/offices",
        "/offices/1471",
        "/calendar/2026?office=1471",
    ]
    return {path: officer.get(path).json() for path in [*asked, *lists]}


def test_same_answers_after_all_but_the_commits_is_dropped(stack):
    """Views, checkpoints, leases and deadlines come back by themselves; no e-mail twice."""
    closed, officer, _, _ = answered(stack)
    officer.post(f"{closed}/close", {"reason": "resolved"})
    silent, _, _, address = answered(stack)
    fresh, _, _, _ = opened(stack)
    officer.post(f"{silent}/claim")
    paths = [closed, silent, f"/consultations/{fresh['consultation_id']}"]
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
    eventually(lambda: len(stack.mails(address)) == 3)
    before, mails = answers(stack, paths), len(stack.mails())

    for service in ("consultation", "notifier"):
        stack.control.stop(service)
        db = stack.mongo[f"{stack.settings.db_prefix}_{service}"]
        for name in db.list_collection_names():
            if name != KEPT:
                db.drop_collection(name)
    for service in ("consultation", "notifier"):
        stack.control.start(service)
    stack.wait_ready()
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"), within=120)

    assert answers(stack, paths) == before
    assert len(stack.mails()) == mails
    closes_at = officer.get(silent).json()["silence"]["closes_at"]
    stack.travel_to(datetime.fromisoformat(closes_at))
    eventually(lambda: officer.get(silent).json()["close_reason"] == "user_silent")
