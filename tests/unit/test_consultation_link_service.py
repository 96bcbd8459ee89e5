"""What is done at the provider when two are at it, or somebody was there in between."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.errors import Code, Rejected
from kernel.config import SettingsError, load
from kernel.deadlines import Deadline
from services.consultation import commands
from services.consultation.channels.provider import Made, MeetingGone, NoProvider, ProviderError
from services.consultation.channels.zoom import Zoom
from services.consultation.events import MeetingLinkFailed, MeetingLinkMade
from services.consultation.link_service import (
    TRIES,
    LinkService,
    check_provider,
    provider_of,
)
from tests.support import NOON, fact
from tests.unit.consultation import CONSULTATION, OFFICE, by
from tests.unit.test_consultation_links import LINKED, MADE, PENDING, record

DATE = Deadline(
    stream="consultation-k1",
    sequence=5,
    name="meeting_link_meet-1",
    due_at=NOON,
    data={"meeting_id": "meet-1"},
    office="1471",
    correlation_id="c-1",
    causation_id="e-1",
)


def nothing() -> None:
    """Nobody is there in between."""


@dataclass
class Provider:
    """Has some meetings; `meanwhile` happens after one was made, before it is answered."""

    ids: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] = nothing
    fails: ProviderError | None = None
    makes_links = True

    def find(self, _meeting_id: str) -> list[Made]:
        if self.fails:
            raise self.fails
        return [Made(each, f"https://example.com/{each}") for each in self.ids]

    def create(self, _plan: Any) -> Made:
        self.ids.append(f"new-{len(self.ids)}")
        self.meanwhile()
        return Made(self.ids[-1], "https://example.com/new")

    def update(self, provider_meeting_id: str, _plan: Any) -> None:
        if provider_meeting_id not in self.ids:
            raise MeetingGone("zoom_404")

    def delete(self, provider_meeting_id: str) -> None:
        if provider_meeting_id in self.ids:
            self.ids.remove(provider_meeting_id)


class Log:
    """The stream of one consultation, in memory."""

    def __init__(self, *story: Any) -> None:
        self.known = list(story)
        self.refusal: Rejected | None = None

    @property
    def folded(self) -> Any:
        state = CONSULTATION.initial()
        for each in self.known:
            state = CONSULTATION.evolve(state, each)
        return state

    def state(self, _aggregate: Any, _key: str) -> Any:
        return SimpleNamespace(state=self.folded)

    def handle(self, _aggregate: Any, _key: str, command: Any, _meta: Any) -> Any:
        if self.refusal:
            raise self.refusal
        self.decide(command)
        return SimpleNamespace(state=self.folded)

    def decide(self, command: Any) -> None:
        self.known += [fact(e) for e in CONSULTATION.decide(command, self.folded)]

    def kinds(self) -> list[type]:
        return [type(each.event) for each in self.known]


def service(log: Log, provider: Any) -> LinkService:
    made = LinkService()
    made.provider = provider
    made.offices = {"1471": OFFICE}
    clock = SimpleNamespace(now=lambda: NOON)
    made.core = SimpleNamespace(commands=log, clock=clock, facts=lambda _stream: log.known)
    return made


def test_of_several_at_the_provider_one_is_kept():
    """Made by processes that were cut off; the others are dropped."""
    log, provider = Log(*PENDING), Provider(ids=["a", "b", "c"])
    service(log, provider).link_came_due(DATE)
    assert provider.ids == ["a"]
    assert log.known[-1].event.provider_meeting_id == "a"


def test_second_look_keeps_what_was_recorded():
    """Whatever came after it is dropped."""
    log, provider = Log(*LINKED), Provider(ids=["late", "z-1"])
    service(log, provider).link_came_due(DATE)
    assert provider.ids == ["z-1"]
    assert log.kinds().count(MeetingLinkMade) == 1


def test_who_was_slower_drops_its_own():
    """Another process recorded one while ours was made."""
    log, provider = Log(*PENDING), Provider()
    provider.meanwhile = lambda: log.decide(record(provider_meeting_id="theirs"))
    service(log, provider).link_came_due(DATE)
    assert provider.ids == []
    assert log.known[-1].event.provider_meeting_id == "theirs"


def test_called_off_while_it_was_made_is_dropped():
    """The cancellation has its own date; this one does not wait for it."""
    log, provider = Log(*PENDING), Provider()
    provider.meanwhile = lambda: log.decide(by(commands.CancelMeeting, meeting_id="meet-1"))
    service(log, provider).link_came_due(DATE)
    assert provider.ids == []
    assert MeetingLinkMade not in log.kinds()


def test_meeting_of_a_person_who_was_forgotten_is_dropped():
    """Nothing of theirs can be written down, and nobody is to come."""
    log, provider = Log(*PENDING), Provider()
    log.refusal = Rejected(Code.SUBJECT_ERASED)
    service(log, provider).link_came_due(DATE)
    assert provider.ids == []


def test_meeting_that_is_gone_is_made_again():
    """Deleted there by hand."""
    log, provider = Log(*LINKED), Provider()
    service(log, provider).link_came_due(DATE)
    assert [each.event for each in log.known if isinstance(each.event, MeetingLinkMade)] == [
        MADE,
        replace(
            MADE,
            sequence=1,
            provider_meeting_id="new-0",
            join_url="https://example.com/new",
            anew=True,
        ),
    ]
    assert provider.ids == ["new-0"]


@pytest.mark.parametrize(
    ("failures", "permanent", "told"),
    [(0, False, False), (TRIES - 2, False, False), (TRIES - 1, False, True), (0, True, True)],
)
def test_failure_is_told_after_some_tries_or_when_somebody_must_mend_it(failures, permanent, told):
    """And raised each time, so that it is tried again."""
    log = Log(*PENDING)
    provider = Provider(fails=ProviderError("zoom_503", permanent=permanent))
    with pytest.raises(ProviderError):
        service(log, provider).link_came_due(replace(DATE, failures=failures))
    assert (MeetingLinkFailed in log.kinds()) is told


def test_link_that_was_awaited_when_the_account_was_taken_away_is_told():
    """An officer gives one."""
    log = Log(*PENDING)
    with pytest.raises(ProviderError):
        service(log, NoProvider()).link_came_due(DATE)
    assert MeetingLinkFailed in log.kinds()


ZOOM = {"PST_ZOOM_ACCOUNT_ID": "a", "PST_ZOOM_CLIENT_ID": "c", "PST_ZOOM_CLIENT_SECRET": "geheim"}


def test_provider_is_the_one_of_the_settings():
    """None without an account."""
    assert isinstance(provider_of(load({})), NoProvider)
    assert isinstance(provider_of(load(ZOOM)), Zoom)
    check_provider(load({}))
    check_provider(load(ZOOM))


@pytest.mark.parametrize("name", ZOOM)
def test_half_an_account_is_refused_at_start(name):
    """In one line that names what is missing, and no secret."""
    with pytest.raises(SettingsError, match=f"{name} is not set") as error:
        check_provider(load({**ZOOM, name: ""}))
    assert "geheim" not in str(error.value)
    assert "geheim" not in repr(load(ZOOM))
