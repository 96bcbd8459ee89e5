"""Zoom as it is spoken to: against a server that answers as Zoom's documents say."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate

import pytest

from services.consultation.channels import zoom as channel
from services.consultation.channels.provider import (
    Made,
    MeetingGone,
    NoProvider,
    Plan,
    ProviderError,
)
from services.consultation.channels.zoom import Account, Zoom
from tests.support import NOON
from tests.zoom.double import ACCOUNT, CLIENT, LOST, SECRET, ZoomDouble, zoom

PLAN = Plan(
    meeting_id="meet-1",
    topic="Konsultasi KS-1471-2026-000001",
    start=NOON,
    end=NOON + timedelta(minutes=45),
    time_zone="Asia/Jakarta",
)


class Watch:
    """Time that passes when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def double() -> Iterator[ZoomDouble]:
    with zoom() as there:
        yield there


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def ours(double: ZoomDouble, watch: Watch) -> Zoom:
    return Zoom(Account(ACCOUNT, CLIENT, SECRET), f"{double.url}/v2", double.url, watch)


def tokens(double: ZoomDouble) -> int:
    return sum(path == "/oauth/token" for _, path, _ in double.asked)


def test_meeting_is_made_as_planned(ours, double):
    """At its time, in the zone of the office; nothing of the person is said."""
    made = ours.create(PLAN)
    (there,) = double.meetings.values()
    assert made == Made(str(there["id"]), there["join_url"])
    (body,) = double.calls("POST")
    assert body == {
        "topic": "Konsultasi KS-1471-2026-000001",
        "agenda": "pst-meeting meet-1",
        "type": 2,
        "start_time": "2026-11-23T05:00:00Z",
        "duration": 45,
        "timezone": "Asia/Jakarta",
        "settings": {"join_before_host": False, "waiting_room": True},
    }


def test_ours_is_found_among_others_on_every_page(ours, double):
    """By our id in its agenda."""
    double.page = 2
    for n in range(5):
        ours.create(replace(PLAN, meeting_id=f"meet-{n}"))
    (found,) = ours.find("meet-4")
    assert double.meetings[int(found.provider_meeting_id)]["agenda"] == "pst-meeting meet-4"
    assert ours.find("meet-9") == []


def test_pages_that_never_end_are_an_error(ours, double):
    """Not a search that never ends, nor half of what there is taken for all."""
    double.page, double.turns_in_circles = 2, True
    for n in range(5):
        ours.create(replace(PLAN, meeting_id=f"meet-{n}"))
    with pytest.raises(ProviderError) as refused:
        ours.find("meet-1")
    assert refused.value.code == "zoom_unreadable"
    assert len(double.calls("GET")) <= 5


def test_meeting_is_moved_and_keeps_its_link(ours, double):
    """As Zoom does."""
    made = ours.create(PLAN)
    ours.update(made.provider_meeting_id, replace(PLAN, start=NOON - timedelta(hours=1)))
    assert double.meetings[int(made.provider_meeting_id)]["start_time"] == "2026-11-23T04:00:00Z"
    assert ours.find("meet-1") == [made]


def test_meeting_that_is_gone_is_told_when_moved_and_no_error_when_dropped(ours, double):
    """Somebody deleted it by hand; or we did, and our answer was lost."""
    made = ours.create(PLAN)
    ours.delete(made.provider_meeting_id)
    assert double.meetings == {}
    ours.delete(made.provider_meeting_id)
    with pytest.raises(MeetingGone):
        ours.update(made.provider_meeting_id, PLAN)


def test_token_is_kept_until_shortly_before_its_end(ours, double, watch):
    """One a process and hour."""
    ours.find("meet-1")
    watch.now += 3500
    ours.find("meet-1")
    assert tokens(double) == 1
    watch.now += 60
    ours.find("meet-1")
    assert tokens(double) == 2


def test_token_that_is_refused_is_replaced_once(ours, double):
    """Zoom may end one early; refused again, something else is wrong."""
    ours.find("meet-1")
    double.tokens.clear()
    assert ours.create(PLAN)
    assert tokens(double) == 2
    double.faults.extend([401, 401])
    with pytest.raises(ProviderError, match="zoom_401") as refused:
        ours.create(PLAN)
    assert refused.value.permanent
    assert len(double.meetings) == 1


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (403, True), (302, True), (500, False), (503, False)]
)
def test_error_tells_its_status_and_whether_to_mend_something(ours, double, status, permanent):
    """What Zoom wrote stays there."""
    double.faults.append(status)
    with pytest.raises(ProviderError) as error:
        ours.create(PLAN)
    assert (str(error.value), error.value.permanent) == (f"zoom_{status}", permanent)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (lambda: "7", 7),
        (lambda: formatdate(time.time() + 30, usegmt=True), 30),
        (lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30)), 30),
        (lambda: "later", channel.QUIET_S),
    ],
    ids=["seconds", "date", "date as Zoom writes it", "unreadable"],
)
def test_zoom_is_left_alone_for_as_long_as_it_asks(ours, double, watch, retry_after, seconds):
    """Meanwhile it is not even asked."""
    double.faults.append(429)
    double.headers = {"Retry-After": retry_after()}
    for wait in (0, seconds - 3):
        watch.now += wait
        with pytest.raises(ProviderError, match="zoom_429") as busy:
            ours.create(PLAN)
        assert not busy.value.permanent
    assert len(double.calls("POST")) == 1
    watch.now += 5
    assert ours.create(PLAN)


def test_slow_and_absent_are_told_apart_and_tried_later(ours, double, monkeypatch):
    """Neither holds up for long what else comes due."""
    monkeypatch.setattr(channel, "TIMEOUT_S", (0.2, 0.2))
    double.slow_s = 1.0
    with pytest.raises(ProviderError, match="zoom_timeout"):
        ours.create(PLAN)
    double.slow_s = 0.0
    ours.find("meet-1")
    with double.away(), pytest.raises(ProviderError, match="zoom_unreachable") as away:
        ours.create(PLAN)
    assert not away.value.permanent


def test_answer_that_was_lost_leaves_one_that_is_found(ours, double):
    """It is made, though we were not told."""
    double.faults.append(LOST)
    with pytest.raises(ProviderError, match="zoom_unreachable"):
        ours.create(PLAN)
    (found,) = ours.find("meet-1")
    assert int(found.provider_meeting_id) in double.meetings


def test_wrong_account_is_for_somebody_to_mend(double):
    """The code alone; neither the secret nor what Zoom wrote."""
    wrong = Zoom(Account(ACCOUNT, CLIENT, "wrong"), f"{double.url}/v2", double.url)
    with pytest.raises(ProviderError, match=r"\Azoom_400\Z") as error:
        wrong.find("meet-1")
    assert error.value.permanent


def test_answer_of_another_shape_is_not_guessed_at(ours, double, monkeypatch):
    """A page of a proxy, or a link that is none."""
    monkeypatch.setattr(double, "handle", lambda *_: (201, {"id": 1, "join_url": "javascript:1"}))
    with pytest.raises(ProviderError, match="zoom_unreadable") as error:
        ours.create(PLAN)
    assert "javascript" not in repr(error.value.__cause__)


def test_secrets_are_not_in_the_repr():
    """Neither of the account nor of a token."""
    shown = repr((Account(ACCOUNT, CLIENT, SECRET), channel._Bearer("token-1")))
    assert SECRET not in shown
    assert "token-1" not in shown


def test_without_a_provider_no_link_is_made():
    """And there is nobody to be told of the others."""
    nobody = NoProvider()
    assert nobody.find("meet-1") == []
    nobody.update("1", PLAN)
    nobody.delete("1")
    with pytest.raises(ProviderError, match="no_provider"):
        nobody.create(PLAN)
