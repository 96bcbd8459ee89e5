"""Everything but the commits can be thrown away."""

from datetime import datetime
from functools import partial
from typing import Any

from tests.e2e.test_consultation import answered, opened
from tests.e2e.test_operations import ops
from tests.support import Stack, eventually, meanwhile

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


def test_views_are_rebuilt_while_people_work(stack):
    """Readers see no error and nothing less; who asks `pst` sees what there is."""
    paths = [answered(stack)[0] for _ in range(3)]
    eventually(lambda: stack.caught_up("consultation"))
    reader = stack.officer("pembaca")
    newest = partial(reader.get, "/consultations", office="1471", limit="200")
    with meanwhile(newest, every=0.01) as answers:
        for _ in range(3):
            said = stack.pst("views", "rebuild", "consultation")
            paths.append(f"/consultations/{stack.submit()['consultation_id']}")
    assert "consultations: rebuilt, " in said
    assert "people: rebuilt, " in said
    assert {a.status_code for a in answers} == {200}
    sizes = [len(a.json()["items"]) for a in answers]
    assert sizes == sorted(sizes)
    assert len(sizes) > 20
    eventually(lambda: stack.caught_up("consultation"))
    shown = {f"/consultations/{row['consultation_id']}" for row in listed(stack)}
    assert set(paths) <= shown
    lines = [line for line in stack.pst("views", "list", "consultation").splitlines() if line]
    assert [line.split()[0] for line in lines if line.endswith("  live")] == [
        "consultations",
        "people",
        "held",
        "files",
        "published_answers",
        "searches",
    ]


def test_row_edited_by_hand_is_healed(stack):
    """`pst views rebuild` of one view; the log alone is the truth."""
    path = answered(stack)[0]
    eventually(lambda: stack.caught_up("consultation"))
    before, key = listed(stack), path.removeprefix("/consultations/")
    stack.view("consultation", "consultations").update_one(
        {"_id": key}, {"$set": {"status": "closed"}}
    )
    assert listed(stack) != before
    said = stack.pst("views", "rebuild", "consultation", "consultations")
    assert said.startswith("consultations: rebuilt, ")
    assert listed(stack) == before


def test_lag_and_building_are_metrics(stack):
    """One of each a view."""
    eventually(lambda: stack.caught_up("consultation"))
    ops(stack, "consultation", "/health/ready")
    text = ops(stack, "consultation", "/metrics").text
    for view in ("consultations", "people"):
        assert f'pst_view_lag_commits{{service="consultation",view="{view}"}} 0.0' in text
        assert f'pst_view_building{{service="consultation",view="{view}"}} 0.0' in text


def listed(stack: Stack) -> list[dict[str, Any]]:
    """Return the newest page of the list."""
    answer = stack.officer().get("/consultations", office="1471", limit="200")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
