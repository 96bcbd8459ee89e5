"""What is done every so often is done where the service leads, and soon again when it failed."""

from types import SimpleNamespace

import pytest

from contracts.errors import Unavailable
from host import entrypoints
from host.entrypoints import Repeatedly
from tests.support import NOON


class Hour:
    """An entrypoint whose time stands still, and what it did."""

    def __init__(self, monkeypatch):
        self.now, self.leads, self.fails, self.done = 0.0, True, False, 0
        monkeypatch.setattr(entrypoints, "monotonic", lambda: self.now)
        monkeypatch.setattr(entrypoints, "_run", self._run)
        clock = SimpleNamespace(now=lambda: NOON)
        runtime = SimpleNamespace(leads=lambda: self.leads, clock=clock)
        self.entrypoint = Repeatedly(3600)
        self.entrypoint.shared = SimpleNamespace(runtime=runtime)

    def _run(self, entrypoint, argument):
        assert (entrypoint, argument) == (self.entrypoint, NOON)
        if self.fails:
            raise Unavailable
        self.done += 1

    def step(self, later=0.0):
        self.now += later
        return self.entrypoint._step()


@pytest.fixture
def hour(monkeypatch):
    return Hour(monkeypatch)


def test_it_is_done_at_once_and_then_every_so_often(hour):
    """However often it is looked at."""
    for later in (0, 10, 3580):
        hour.step(later)
    assert hour.done == 1
    hour.step(10)
    assert hour.done == 2


def test_who_does_not_lead_leaves_it(hour):
    """Until it leads."""
    hour.leads = False
    hour.step()
    assert hour.done == 0
    hour.leads = True
    hour.step(10)
    assert hour.done == 1


def test_what_failed_is_done_again_soon(hour):
    """Not at once: what is wrong takes a while to be put right."""
    hour.fails = True
    with pytest.raises(Unavailable):
        hour.step()
    hour.fails = False
    hour.step(1)
    assert hour.done == 0
    hour.step(30)
    assert hour.done == 1
