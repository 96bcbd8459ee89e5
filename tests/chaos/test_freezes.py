"""What stands still is an outage; what is lost while the system runs is made again."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import httpx
from pymongo.database import Database

from services.consultation.commands import SILENCE_CLOSE, SILENCE_REMINDER
from tests.chaos.test_kills import PUBLISHED
from tests.chaos.test_outages import SERVICES, refused
from tests.e2e.test_consultation import answered, opened
from tests.support import Stack, eventually, frozen

CALLS = 12
BURST = 16
WAVES = 2
"""The first finds connections that stay silent, the second cannot open new ones."""


@contextmanager
def standstill(stack: Stack, part: str, within: float):
    """Freeze a part: calls are refused in time; awake again, all goes on as it was."""
    pids = {name: stack.control.pid(name) for name in SERVICES}
    calls = [partial(call, stack, n % 2, uuid.uuid4().hex) for n in range(CALLS)]
    calls = [partial(c, f"/consultations/{stack.submit()['consultation_id']}") for c in calls]
    with frozen(stack.control.pid(part)):
        for _ in range(WAVES):
            answers = at_once(calls)
            assert all(refused(a) for a in answers), [a.text for a in answers]
            slowest = max(a.elapsed.total_seconds() for a in answers)
            assert slowest < within
        yield
    eventually(lambda: all(a.is_success for a in at_once(calls)), within=60)
    stack.wait_ready()
    assert {name: stack.control.pid(name) for name in SERVICES} == pids


def call(stack: Stack, changing: bool, key: str, path: str) -> httpx.Response:
    """Read a consultation, or accept it: with the same key it is the same wish."""
    officer = stack.officer()
    if changing:
        return officer.post(f"{path}/accept", Idempotency_Key=key)
    return officer.get(path)


def at_once(calls: list[Any]) -> list[httpx.Response]:
    """Make all calls at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda c: c(), calls))


def test_frozen_broker_is_an_outage(stack):
    """Also what the clock brings about meanwhile is told afterwards, once."""
    path, officer, _, reminded = answered(stack)
    eventually(lambda: stack.caught_up("consultation"))
    eventually(lambda: len(stack.mails(reminded)) == 3)
    with standstill(stack, "broker", within=8):
        stack.travel_to(date(stack, path, f"{SILENCE_REMINDER}1"))
        eventually(lambda: facts(stack, path)[-1] == "silence_reminder_due")
    _, _, _, address = opened(stack)
    eventually(lambda: len(stack.mails(address)) == 1, within=60)
    eventually(lambda: len(stack.mails(reminded)) == 4, within=60)
    assert officer.get(path).json()["silence"]["reminders_sent"] == 1


def test_frozen_database_is_an_outage(stack):
    """Nobody waits for it longer than for an answer."""
    with standstill(stack, "database", within=10):
        pass
    _, _, _, address = opened(stack)
    eventually(lambda: len(stack.mails(address)) == 1, within=60)


def test_lost_leases_are_taken_anew(stack):
    """The next leader is one whom the checkpoint obeys: nothing is told for ever."""
    stack.submit()
    eventually(lambda: stack.caught_up("consultation"))
    before = head(stack)
    with stack.subscriber("*.consultation.*") as subscriber:
        data(stack)["leases"].drop()
        for _ in range(3):
            answered(stack)
        eventually(lambda: stack.caught_up("consultation"))
        led = {"_id": "leader", "holder": {"$exists": True}}
        eventually(lambda: data(stack)["leases"].find_one(led))
        again = head(stack)
        answered(stack)  # under the new lease
        eventually(lambda: stack.caught_up("consultation"))
        told = [event["id"] for _, event in subscriber.drain()]
    assert data(stack)["deadlines"].find_one("_checkpoint")["position"] == head(stack) > before
    ids = [id for ids in publishable(stack, after=before).values() for id in ids]
    assert set(told) == set(ids)  # what was in hand when the lease went may be told again
    late = [id for ids in publishable(stack, after=again).values() for id in ids]
    assert sorted(id for id in told if id in late) == sorted(late)


def test_lost_view_is_made_again(stack):
    """All rows, and the indexes; a consultation opened meanwhile is among them."""
    stack.submit()
    eventually(lambda: stack.caught_up("consultation"))
    rows = stack.view("consultation", "consultations")
    before, indexes = listed(stack), rows.index_information()
    rows.drop()
    new = stack.submit()["consultation_id"]

    def complete() -> bool:
        newest, *others = listed(stack)
        assert newest["consultation_id"] == new
        assert others == before
        return True

    eventually(complete, within=30)
    assert rows.index_information() == indexes


def test_lost_dates_are_set_again(stack):
    """Those that have passed decide nothing anew; those to come remind and close."""
    path, officer, _, address = answered(stack)
    eventually(lambda: stack.caught_up("consultation"))
    eventually(lambda: len(stack.mails(address)) == 3)
    before, known = dates(stack), head(stack)
    data(stack)["deadlines"].drop()
    eventually(lambda: stack.caught_up("consultation") and dates(stack) == before, within=150)
    assert head(stack) == known

    stack.travel_to(date(stack, path, f"{SILENCE_REMINDER}1"))
    eventually(lambda: officer.get(path).json()["silence"]["reminders_sent"] == 1)
    eventually(lambda: len(stack.mails(address)) == 4)
    stack.travel_to(date(stack, path, SILENCE_CLOSE))
    eventually(lambda: officer.get(path).json()["close_reason"] == "user_silent")


def test_what_is_lost_in_the_midst_of_work_is_made_again(stack):
    """Followers with older positions in hand do not go on from there."""
    earlier, before = answered(stack)[0], head(stack)
    with ThreadPoolExecutor(4) as pool:
        later = [pool.submit(answered, stack) for _ in range(BURST)]
        eventually(lambda: head(stack) > before + BURST)
        data(stack)["deadlines"].drop()
        stack.view("consultation", "consultations").drop()
        paths = [earlier, *(done.result()[0] for done in later)]
    eventually(lambda: stack.caught_up("consultation"), within=150)
    assert {path for path in paths if not date(stack, path, SILENCE_CLOSE)} == set()
    assert set(paths) <= {f"/consultations/{row['consultation_id']}" for row in listed(stack)}


def data(stack: Stack) -> Database[Any]:
    """Return the consultation service's database."""
    database: Database[Any] = stack.log_of("consultation").database
    return database


def head(stack: Stack) -> int:
    """Return the newest position of the consultation service's log."""
    newest = stack.log_of("consultation").find().sort("position", -1).limit(1)
    return max((commit["position"] for commit in newest), default=0)


def publishable(stack: Stack, after: int) -> dict[str, list[str]]:
    """Subject → the ids, in order, of what is to be published of the log beyond `after`."""
    found: dict[str, list[str]] = {}
    for commit in stack.log_of("consultation").find({"position": {"$gt": after}}).sort("position"):
        category, _, key = commit["stream"].partition("-")
        for event in commit["events"]:
            if event["type"] in PUBLISHED:
                subject = event["data"]["subject_id"] if category == "account" else key
                found.setdefault(subject, []).append(event["event_id"])
    return found


def facts(stack: Stack, path: str) -> list[str]:
    """Return the types of a consultation's facts, without asking the service."""
    stream = f"consultation-{path.rpartition('/')[2]}"
    commits = stack.log_of("consultation").find({"stream": stream}).sort("version")
    return [event["type"] for commit in commits for event in commit["events"]]


def dates(stack: Stack) -> dict[str, datetime]:
    """Return the dates that have yet to come due."""
    found = data(stack)["deadlines"].find({"due_at": {"$exists": True}})
    return {document["_id"]: document["due_at"] for document in found}


def date(stack: Stack, path: str, name: str) -> datetime | None:
    """Return one date of a consultation."""
    return dates(stack).get(f"consultation-{path.rpartition('/')[2]}/{name}")


def listed(stack: Stack) -> list[dict[str, Any]]:
    """Return the whole list, page by page."""
    officer, items, more = stack.officer(), [], {}
    while True:
        answer = officer.get("/consultations", office="1471", limit="200", **more)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        more = {"cursor": page["next_cursor"]}
